"""The case list and the controls, as they stand after the last append."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from journal.pages import Page, after, position, size
from journal.searching import part_of, search
from journal.statements import Pool, load

SQL = load("cases")
FIND, PAGE, FOUND, ON_TERMINAL = (
    SQL[name].replace(b"{filters}", SQL["filters"]).replace(b"{assignee}", SQL["assignee"])
    for name in ("find", "page", "found", "open_on_terminal")
)


@dataclass(frozen=True, slots=True)
class Case:
    """A case's row of the list. Amounts are integer fen; `position` counts its entries, `version` is the business's,
    `assignee` holds a task of the case now."""

    case_id: str
    kind: str
    status: str
    version: int
    position: int
    open: bool
    started: bool
    merchant_no: str | None
    terminal_sn: str | None
    reason_code: str | None
    public_reason_code: str | None
    tier: str | None
    held_fen: int
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    waiting_on: str | None
    waiting_since: datetime | None
    sentence_zh: str | None
    sentence_en: str | None
    assignee: str | None


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A control. `attached`: it stands since intake, and its case's workflow has not yet taken it up."""

    control_id: str
    case_id: str
    terminal_sn: str
    merchant_no: str
    kind: str
    reason_code: str
    scope: list[str]
    held_fen: int
    blocking: bool
    source: str
    external_ref: str | None
    placed_by: str
    placed_at: datetime
    state: str
    attached: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; None is no restriction.

    `q` is sought in all that a case says in the clear (see `journal.searching`). `public` is for everyone who is not
    staff, or the filters tell them what the page hides: `reason` is compared with the reason that merchants are shown,
    and `q` is a part of a case's or terminal's number, nothing else.
    """

    kind: str | None = None
    status: str | None = None
    open: bool | None = None
    reason: str | None = None
    tier: str | None = None
    assignee: str | None = None
    merchant_no: str | None = None
    terminal_sn: str | None = None
    due_before: datetime | None = None
    q: str | None = None
    public: bool = False


class Cases:
    """Questions about cases."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, case_id: str) -> Case | None:
        found = await self._rows(FIND, {"case_id": case_id})
        return found[0] if found else None

    async def page(self, filters: Filters = Filters(), cursor: str | None = None, limit: int = 50) -> Page[Case]:
        """Cases that match, newest first. Raises BadCursorError."""
        opened_at, key = position(cursor)
        rows = size(limit)
        asked = asdict(filters) | {"opened_at": opened_at, "after": key, "limit": rows + 1}
        found = await self._found(filters, asked)
        more = len(found) > rows
        return Page(found[:rows], after(found[rows - 1].opened_at, found[rows - 1].case_id) if more else None)

    async def for_officers(self, limit: int) -> tuple[Case, ...]:
        """Open cases that wait for an officer, the longest waiting first."""
        return await self._rows(SQL["for_officers"], {"limit": limit})

    async def open_on_terminal(self, terminal_sn: str) -> tuple[Case, ...]:
        """The terminal's open cases, oldest first."""
        return await self._rows(ON_TERMINAL, {"terminal_sn": terminal_sn})

    async def controls_of_terminal(self, terminal_sn: str) -> tuple[ControlRow, ...]:
        """What stands on a terminal. It may transact only when it is activated and none of these is `blocking`."""
        return await self._controls("controls_of_terminal", {"terminal_sn": terminal_sn})

    async def controls_of_case(self, case_id: str) -> tuple[ControlRow, ...]:
        """Every control of a case, lifted ones too."""
        return await self._controls("controls_of_case", {"case_id": case_id})

    async def _found(self, filters: Filters, asked: Mapping[str, Any]) -> tuple[Case, ...]:
        if not filters.q or filters.public:
            return await self._rows(PAGE, {**asked, "part": part_of(filters.q or "")})
        found = await search(self._pool, filters.q, asked)
        return await self._rows(FOUND, {**asked, "found": list(found)})

    async def _rows(self, statement: bytes, asked: Mapping[str, Any]) -> tuple[Case, ...]:
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Case)) as cursor:
            await cursor.execute(statement, asked, prepare=False)
            return tuple(await cursor.fetchall())

    async def _controls(self, statement: str, asked: Mapping[str, Any]) -> tuple[ControlRow, ...]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(ControlRow)) as cursor,
        ):
            await cursor.execute(SQL[statement], asked, prepare=False)
            return tuple(await cursor.fetchall())
