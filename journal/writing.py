"""The append itself, on a connection: one prepared statement, sent as it is and answered with a row count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

from psycopg import errors, generators, pq
from psycopg.rows import class_row

from domain.stream import Entry
from journal.requests import AppendAnswer, AppendRequest
from journal.statements import Connection, load

PIECES = {name: sql.decode() for name, sql in load("append").items()}
READ = load("read")
NAMED = re.compile(r"%\((\w+)\)s")
COLUMNS = dict(line.split(" = ", 1) for line in PIECES["columns"].splitlines() if not line.startswith("--"))
"""What the case list shows of a case: each column, and what an append sets it to."""

_prepared: WeakKeyDictionary[Connection, set[bytes]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Statement:
    """One form of an append: its name on a connection, its SQL, and which values its `$1`, `$2`, … are."""

    name: bytes
    sql: bytes
    parameters: tuple[str, ...]


class AnotherCaseIsOpenError(Exception):
    """A terminal has at most one open case of a kind, and it has one: `case_id` (None if it closed meanwhile)."""

    def __init__(self, terminal_sn: str, kind: str, case_id: str | None) -> None:
        super().__init__(f"terminal {terminal_sn} already has an open {kind} case: {case_id or 'closed since'}")
        self.terminal_sn, self.kind, self.case_id = terminal_sn, kind, case_id


async def write(connection: Connection, request: AppendRequest) -> bool:
    """Whether `request` was written; if not, nothing was, and `standing` says why.

    Outside a transaction it is written for good when this returns True. Inside one, False means that the caller must
    roll back. Errors: psycopg's; AnotherCaseIsOpenError when an append would reopen a case beside an open one.
    """
    try:
        return await _execute(connection, request) == request.size
    except errors.UniqueViolation as violation:
        match violation.diag.constraint_name:
            case "events_command":
                return False
            case "streams_one_open_case" if request.summary is not None:
                terminal_sn = request.summary["terminal_sn"]
                raise AnotherCaseIsOpenError(terminal_sn, request.kind, None) from violation
            case _:
                raise


async def standing(connection: Connection, request: AppendRequest) -> AppendAnswer:
    """Why `request` was not written: `duplicate` or `conflict`, with the entries after the head it expected."""
    entries = await read(connection, request.stream, request.expected.position)
    if any(entry.command_id == request.command_id for entry in entries) or await _has_command(connection, request):
        return AppendAnswer("duplicate", entries)
    if not entries and request.head == "create_case" and request.summary is not None:
        terminal_sn = request.summary["terminal_sn"]
        raise AnotherCaseIsOpenError(
            terminal_sn, request.kind, await open_case_on(connection, terminal_sn, request.kind)
        )
    return AppendAnswer("conflict", entries)


async def read(connection: Connection, stream: str, after: int = 0) -> tuple[Entry, ...]:
    """The entries of `stream` after position `after`, in order."""
    async with connection.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(READ["entries"], {"stream": stream, "after": after})
        return tuple(await cursor.fetchall())


async def open_case_on(connection: Connection, terminal_sn: str | None, kind: str) -> str | None:
    """The open case of `kind` on a terminal."""
    cursor = await connection.execute(READ["open_case_on"], {"terminal_sn": terminal_sn, "kind": kind})
    row = await cursor.fetchone()
    return row[0] if row else None


async def _has_command(connection: Connection, request: AppendRequest) -> bool:
    asked = {"stream": request.stream, "command_id": request.command_id}
    row = await (await connection.execute(READ["has_command"], asked)).fetchone()
    return row is not None and bool(row[0])


@cache
def statement(head: str, size: int, columns: frozenset[str], tasks: bool, controls: bool) -> Statement:
    """The statement that moves or makes a head (a piece of `append.sql`) and writes `size` events, with those columns
    of the case list, and with or without the sets of tasks and controls, so that the frequent form does no needless
    work."""
    events = ",\n".join(PIECES["event"].format(n=n, m=n - 1) for n in range(1, size + 1))
    given = "".join(f",\n    {name} = {value}" for name, value in COLUMNS.items() if name in columns)
    parts = [f"head as (\n{PIECES[head].format(last=size, columns=given)}\n)"]
    parts += [PIECES[name].format() for name, given in (("tasks", tasks), ("controls", controls)) if given]
    sql = f"with {', '.join(parts)}\n{PIECES['events'].format(events=events)}"
    names = tuple(dict.fromkeys(NAMED.findall(sql)))
    numbered = NAMED.sub(lambda match: f"${names.index(match[1]) + 1}", sql)
    mask = sum(1 << number for number, name in enumerate(COLUMNS) if name in columns)
    return Statement(f"thaw_{head}_{size}_{mask:x}_{tasks:d}{controls:d}".encode(), numbered.encode(), names)


async def _execute(connection: Connection, request: AppendRequest) -> int:
    """How many events were written.

    psycopg's cursor costs about as much as the statement itself (adapting, describing, fetching); a statement with
    texts for parameters and a row count for an answer needs none of it. Inside a transaction the statement is planned
    anew: psycopg deallocates what is prepared whenever one is rolled back, and finding that out would end this one.
    """
    asked = statement(
        request.head, request.size, request.columns, request.tasks is not None, request.controls is not None
    )
    values = request.values()
    parameters = [values.get(name) for name in asked.parameters]
    async with connection.lock:
        if connection.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            connection.pgconn.send_query_params(asked.sql, parameters)
            return (await _answer(connection)).command_tuples or 0
        prepared = _prepared.setdefault(connection, set())
        if asked.name in prepared:
            try:
                return await _execute_prepared(connection, asked.name, parameters)
            except errors.InvalidSqlStatementName:
                pass  # and no word on the others: each is found out by itself
        prepared.add(asked.name)  # before it is: one who is cancelled here cannot tell whether it came to be
        connection.pgconn.send_prepare(asked.name, asked.sql)
        await _answer(connection)
        return await _execute_prepared(connection, asked.name, parameters)


async def _execute_prepared(connection: Connection, name: bytes, parameters: list[bytes | None]) -> int:
    connection.pgconn.send_query_prepared(name, parameters)
    return (await _answer(connection)).command_tuples or 0


async def _answer(connection: Connection) -> pq.abc.PGresult:
    """The server's answer to what was just sent. Raises psycopg's error for a refusal or a lost connection."""
    result: pq.abc.PGresult = (await connection.wait(generators.execute(connection.pgconn)))[-1]
    if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        raise errors.error_from_result(result, connection.info.encoding)
    return result
