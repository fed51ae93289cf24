"""Things that take a course: begun under a key, moved on by a table of moves, told of by callbacks.

    COURSES = Courses("visit", "V", {"assign": {"requested": "assigned"}, "complete": {"on_site": "done"}})

    course = await COURSES.begin(connection, effect.key, body.case_id, "requested", asked, subjects=[sn])
    course = await COURSES.go(connection, await COURSES.lock(connection, ref), "assign", {"technician": "T7"})

A move that is not in the table is refused with `impossible-move`. A course is open while a move is possible from its
state; about one subject (a terminal, a notice) there is one open course at a time. `plan` lets the stand-in move it by
itself later, by the partner's clock; `do_due` is the round that carries plans out.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from partners.kit.clock import SQL
from partners.kit.database import Connection
from partners.kit.problems import Refusal
from partners.kit.rounds import IDLE_SECONDS

if TYPE_CHECKING:
    from partners.kit.app import Partner

Asked = TypeVar("Asked")
Facts = TypeVar("Facts")

Table = Mapping[str, Mapping[str, str]]
"""By move, from which state it leads to which."""


class CourseBody(BaseModel, Generic[Asked, Facts]):
    """A course as it stands. `asked` is what it was begun with, `facts` what came of it so far."""

    ref: str
    key: str = Field(description="The Idempotency-Key it was begun under; callbacks name it as `step_key`.")
    case_id: str
    state: str
    possible_moves: list[str]
    asked: Asked
    facts: Facts
    begun_at: datetime
    changed_at: datetime


class MoveBody(BaseModel):
    """A move that was made, and the facts it brought."""

    move: str
    from_state: str
    to_state: str
    facts: dict[str, Any]
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Course:
    """A course's row."""

    ref: str
    key: str
    case_id: str
    subjects: list[str]
    state: str
    open: bool
    asked: dict[str, Any]
    facts: dict[str, Any]
    begun_at: datetime
    changed_at: datetime


Perform = Callable[[Connection, Course, str, dict[str, Any]], Awaitable[None]]
"""Makes a planned move; Refusal when it is impossible by now, and then it is dropped."""


class Courses:
    """All courses of one kind. `thing` is how refusals name it, `prefix` begins its references."""

    def __init__(self, thing: str, prefix: str, moves: Table) -> None:
        self.thing = thing
        self.prefix = prefix
        self.moves = moves

    def possible(self, state: str) -> list[str]:
        """The moves that are possible from a state."""
        return [move for move, ways in self.moves.items() if state in ways]

    async def begin(
        self,
        connection: Connection,
        key: str,
        case_id: str,
        state: str,
        asked: BaseModel,
        *,
        subjects: Sequence[str] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> Course:
        """A new course. Refusal 409 `already-open` while one of its subjects is in another."""
        values: dict[str, Any] = {"subjects": list(subjects)}
        await connection.execute(SQL["one_at_a_time"], values)
        other = await self.open_about(connection, subjects)
        if other is not None:
            both = sorted(set(other.subjects) & set(subjects))
            raise Refusal(409, "already-open", f"There is an open {self.thing} about it.", ref=other.ref, subjects=both)
        values |= {
            "ref": f"{self.prefix}-{secrets.token_hex(8)}", "key": key, "case_id": case_id, "state": state,
            "asked": Jsonb(asked.model_dump(mode="json")), "facts": Jsonb(dict(facts or {})),
        }  # fmt: skip
        return _course(await (await connection.execute(SQL["begin"], values)).fetchone())

    async def lock(self, connection: Connection, ref: str) -> Course:
        """The course, held until the transaction ends; Refusal 404 `no-such-…`."""
        return self._known(await (await connection.execute(SQL["lock"], {"ref": ref})).fetchone())

    async def find(self, connection: Connection, ref: str) -> Course:
        """The course as it is; Refusal 404 `no-such-…`."""
        return self._known(await (await connection.execute(SQL["find"], {"ref": ref})).fetchone())

    async def open_about(self, connection: Connection, subjects: Sequence[str]) -> Course | None:
        """The open course that one of the subjects is in, if there is one."""
        found = await connection.execute(SQL["open_about"], {"subjects": list(subjects)})
        row = await found.fetchone()
        return _course(row) if row else None

    async def of_case(self, connection: Connection, case_id: str) -> list[Course]:
        """A case's courses, oldest first."""
        rows = await (await connection.execute(SQL["of_case"], {"case_id": case_id})).fetchall()
        return [_course(row) for row in rows]

    async def go(self, connection: Connection, course: Course, move: str, facts: Mapping[str, Any]) -> Course:
        """Make a move and keep its facts; Refusal 409 `impossible-move` when the table has none from here."""
        to_state = self.moves.get(move, {}).get(course.state)
        if to_state is None:
            raise Refusal(
                409,
                "impossible-move",
                f"A {self.thing} that is {course.state} cannot make the move {move}.",
                state=course.state,
                possible_moves=self.possible(course.state),
            )
        step = {
            "ref": course.ref, "move": move, "from_state": course.state, "to_state": to_state, "state": to_state,
            "facts": Jsonb(dict(facts)), "open": bool(self.possible(to_state)),
        }  # fmt: skip
        await connection.execute(SQL["note_move"], step)
        return _course(await (await connection.execute(SQL["move"], step)).fetchone())

    async def moves_of(self, connection: Connection, ref: str) -> list[MoveBody]:
        """Every move the course made, oldest first; Refusal 404."""
        await self.find(connection, ref)
        rows = await (await connection.execute(SQL["moves_of"], {"ref": ref})).fetchall()
        return [MoveBody(**row) for row in rows]

    def shown(self, course: Course) -> dict[str, Any]:
        """What a `CourseBody` shows of it."""
        names = ("ref", "key", "case_id", "state", "asked", "facts", "begun_at", "changed_at")
        return {name: getattr(course, name) for name in names} | {"possible_moves": self.possible(course.state)}

    def _known(self, row: dict[str, Any] | None) -> Course:
        if row is None:
            raise Refusal(404, f"no-such-{self.thing}", f"There is no {self.thing} of this reference.")
        return _course(row)


async def plan(
    connection: Connection, course: Course, move: str, after_seconds: float, details: Mapping[str, Any] | None = None
) -> None:
    """Have the stand-in make a move by itself, so many seconds from now by the partner's clock."""
    values = {"ref": course.ref, "move": move, "after_s": after_seconds, "details": Jsonb(dict(details or {}))}
    await connection.execute(SQL["plan"], values)


async def do_due(partner: Partner, courses: Courses, perform: Perform) -> float:
    """Carry out every plan whose time has come, each in its own transaction; the seconds until the next is due."""
    done = 0
    while await _do_one(partner, courses, perform):
        done += 1
    if done:
        partner.wake()
    async with partner.connection() as connection:
        row = await (await connection.execute(SQL["seconds_to_next_plan"])).fetchone()
    seconds = row["seconds"] if row else None
    return IDLE_SECONDS if seconds is None else max(seconds, 0.01)


async def _do_one(partner: Partner, courses: Courses, perform: Perform) -> bool:
    async with partner.connection() as connection:
        due = await (await connection.execute(SQL["take_due_plan"])).fetchone()
        if due is None:
            return False
        course = await courses.lock(connection, due["ref"])
        try:
            async with connection.transaction():
                await perform(connection, course, due["move"], due["details"])
        except Refusal:  # someone moved it on meanwhile: the plan is no longer one
            return True
    return True


def _course(row: dict[str, Any] | None) -> Course:
    assert row is not None, "an INSERT or UPDATE of a locked row gives it back"
    return Course(**row)
