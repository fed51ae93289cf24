"""Taking a case in: one transaction that opens it, or finds that it is known, however many try at once.

The case and its first events, the terminal's stream and the source's own name for the control stand together or not
at all. No engine is needed: the relay starts the workflow when it can.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from domain.stream import Entry
from journal import writing
from journal.inbox import Message, put
from journal.parties import subject_of
from journal.requests import AppendRequest
from journal.statements import Connection, Pool, load
from journal.vault import hold_subject

SQL = load("intake")
ATTEMPTS = 5

Ref: TypeAlias = tuple[str, str, str]
"""A source, its own name for the control, and the id we would give that control."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new case."""

    case_id: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A case of this kind was already open on the terminal: the control stands, and the case will be told of it."""

    case_id: str
    control_id: str | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """This was taken in before."""

    case_id: str
    control_id: str | None


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Another stream (the terminal's) has moved; nothing was written. Take `entries` in and compose it anew."""

    entries: tuple[Entry, ...]


Intake: TypeAlias = Opened | Attached | Repeated | Overtaken


class _Undo(Exception):  # noqa: N818 — not an error: it ends a transaction that is not to stand
    def __init__(self, request: AppendRequest | None) -> None:
        self.request = request


async def open_case(
    pool: Pool, requests: Sequence[str], ref: Ref | None, *, on_attach: Message | None = None
) -> Intake:
    """Opens the case of `requests[0]` together with what the other requests say of other streams.

    `ref` is the control's name at its source: the same name again is `Repeated`. When a case of this kind is open on
    the terminal, nothing of `requests` is appended; instead the controls they list stand under that case at once and
    `on_attach` is put into its inbox, all in the same transaction (`Attached`). Raises `ForgottenError` for a merchant
    whose personal data was erased.
    """
    first, *others = (AppendRequest.parse(request) for request in requests)
    if first.summary is None or first.expected.position:
        raise ValueError("the first request must open a case")
    async with pool.connection() as connection:
        for _ in range(ATTEMPTS):
            try:
                async with connection.transaction():
                    return await _take(connection, first, others, ref, on_attach)
            except _Undo as undo:
                if undo.request is not None:
                    return Overtaken((await writing.standing(connection, undo.request)).entries)
    raise writing.AnotherCaseIsOpenError(first.summary["terminal_sn"], first.kind, None)


async def _take(
    connection: Connection,
    first: AppendRequest,
    others: Sequence[AppendRequest],
    ref: Ref | None,
    on_attach: Message | None,
) -> Intake:
    assert first.summary is not None
    await hold_subject(connection, subject_of(str(first.summary["merchant_no"])))
    if ref is not None and (known := await _known(connection, ref, first.stream)):
        return known
    if await writing.write(connection, first):
        for request in sorted(others, key=lambda request: request.stream):
            if not await writing.write(connection, request):
                raise _Undo(request)
        return Opened(first.stream)
    case_id = await hold_open_case(connection, first)
    if case_id is None or case_id == first.stream:
        if await writing.read(connection, first.stream):
            return Repeated(first.stream, ref[2] if ref else None)
        raise _Undo(None)  # the case that stood in the way closed meanwhile
    await attach(connection, first.controls, case_id, ref)
    if on_attach is not None:
        await put(connection, on_attach, case_id)
    return Attached(case_id, ref[2] if ref else None)


async def _known(connection: Connection, ref: Ref, case_id: str) -> Repeated | None:
    """What stands under this name already; otherwise the name is taken for `case_id`."""
    source, external_ref, control_id = ref
    named = {"source": source, "external_ref": external_ref, "control_id": control_id, "case_id": case_id}
    if await (await connection.execute(SQL["claim_ref"], named)).fetchone():
        return None
    row = await (await connection.execute(SQL["find_ref"], named)).fetchone()
    if row is None:
        raise LookupError(f"{source}:{external_ref} stood in the way and is gone")
    return Repeated(case_id=row[1], control_id=row[0])


async def hold_open_case(connection: Connection, first: AppendRequest) -> str | None:
    """The open case that `first` cannot be opened beside, kept from closing until the caller's transaction ends."""
    assert first.summary is not None
    asked = {"terminal_sn": first.summary["terminal_sn"], "kind": first.kind}
    row = await (await connection.execute(SQL["hold_open_case"], asked)).fetchone()
    return row[0] if row else None


async def attach(connection: Connection, controls: Any, case_id: str, ref: Ref | None) -> None:
    """Lets controls stand under a case whose workflow has not heard of them yet."""
    if controls:
        standing = {"case_id": case_id, "controls": json.dumps(controls, ensure_ascii=False)}
        await connection.execute(SQL["attach_control"], standing)
    if ref is not None:
        await move_ref(connection, ref, case_id)


async def move_ref(connection: Connection, ref: Ref, case_id: str) -> None:
    """The control of this name belongs to `case_id` now."""
    await connection.execute(SQL["move_ref"], {"source": ref[0], "external_ref": ref[1], "case_id": case_id})
