"""How courses are read over HTTP, alike for every kind: those of a case, one as it stands, and the moves it made."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from partners.kit.app import Here
from partners.kit.courses import Course, Courses, MoveBody
from partners.kit.payloads import Name
from partners.kit.problems import refusals


def add_readings(
    routes: APIRouter,
    path: str,
    courses: Courses,
    body: type[BaseModel],
    shown: Callable[[Course], BaseModel],
    *,
    one: str,
    with_: str,
) -> None:
    """Adds `GET path`, `GET path/{ref}` and `GET path/{ref}/moves`. `shown` makes the `body` of a course; `one` is what
    people call it (`A visit`), `with_` what is worth knowing of one that is read."""
    many = f"{path.strip('/')} of a case"

    @routes.get(path, response_model=list[body], summary=f"The {many}")  # type: ignore[valid-type]  # made at run time
    async def of_case(case_id: Annotated[Name, Query()], here: Here) -> list[BaseModel]:
        """Oldest first; empty when there are none."""
        async with here.connection() as connection:
            return [shown(course) for course in await courses.of_case(connection, case_id)]

    @routes.get(
        f"{path}/{{ref}}",
        response_model=body,
        responses=refusals(404),
        summary=f"{one} as it stands",
        description=with_,
    )
    async def read(ref: Name, here: Here) -> BaseModel:
        async with here.connection() as connection:
            return shown(await courses.find(connection, ref))

    @routes.get(
        f"{path}/{{ref}}/moves", response_model=list[MoveBody], responses=refusals(404), summary="What happened"
    )
    async def moves(ref: Name, here: Here) -> list[MoveBody]:
        """Every move, oldest first."""
        async with here.connection() as connection:
            return await courses.moves_of(connection, ref)
