"""The public registry of businesses as this service knows it (a stand-in): status and representative by USCC."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import StringConstraints

from partners.documents.checks import Registered
from partners.kit import Connection, Here, Name, Payload, Queries, Refusal, refusals

SQL = Queries(Path(__file__).with_name("queries.sql"))
Uscc = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$"), InPath()]

routes = APIRouter(tags=["registry"])


class Entry(Payload):
    """A business in the registry: 存续 stands, 注销 is dissolved, 吊销 revoked, 异常 listed as irregular."""

    name: Name
    representative: Name
    status: Literal["存续", "注销", "吊销", "异常"] = "存续"


@routes.put("/registry/{uscc}", response_model=Entry, summary="Say what the registry shows")
async def set_entry(uscc: Uscc, entry: Entry, here: Here) -> Entry:
    """The latest word counts."""
    async with here.connection() as connection:
        await connection.execute(SQL["set_registered"], {"uscc": uscc, **entry.model_dump()})
    return entry


@routes.get("/registry/{uscc}", response_model=Entry, responses=refusals(404), summary="What the registry shows")
async def get_entry(uscc: Uscc, here: Here) -> Entry:
    """404 `not-registered` for a code it does not know."""
    async with here.connection() as connection:
        known = await registered(connection, uscc)
    if known is None:
        raise Refusal(404, "not-registered", "The registry shows no business of this code.")
    return Entry(name=known.name, representative=known.representative, status=known.status)


async def registered(connection: Connection, uscc: str | None) -> Registered | None:
    """The business of this code; None where the registry shows none."""
    row = await (await connection.execute(SQL["registered"], {"uscc": uscc})).fetchone()
    return Registered(**row) if row else None
