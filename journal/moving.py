"""A control that was to join an open case and found it closed: it opens a case of its own, or joins another open one.

The control keeps its id and its source's name for it. It stood on the terminal all the while, so that it moves to its
new case and the stored command is settled in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from journal import inbox, intake, writing
from journal.inbox import Message
from journal.intake import Attached, Opened, Ref
from journal.requests import AppendRequest
from journal.statements import Pool, load

SQL = load("intake")


@dataclass(frozen=True, slots=True)
class Left:
    """The control `ref` names, told to the closed case `case_id` by the stored command `command_id`."""

    command_id: str
    case_id: str
    ref: Ref


async def move_control(pool: Pool, left: Left, request: str, told: Message) -> Opened | Attached | None:
    """Opens the case of `request` for the control; where one of this kind is open by now, `told` goes to its inbox.

    None when the command was settled meanwhile; then nothing is written. Raises AnotherCaseIsOpenError when cases on
    the terminal open and close too fast to follow; trying again is safe.
    """
    first = AppendRequest.parse(request)
    if first.summary is None or first.expected.position:
        raise ValueError("the request must open a case")
    async with pool.connection() as connection, connection.transaction():
        if not await inbox.hold(connection, left.command_id):
            return None
        _, _, control_id = left.ref
        await connection.execute(SQL["drop_attached"], {"control_id": control_id, "case_id": left.case_id})
        moved: Opened | Attached
        if await writing.write(connection, first):
            moved = Opened(first.stream)
            await intake.move_ref(connection, left.ref, first.stream)
        else:
            case_id = await intake.hold_open_case(connection, first)
            if case_id is None:
                raise writing.AnotherCaseIsOpenError(first.summary["terminal_sn"], first.kind, None)
            await intake.attach(connection, first.controls, case_id, left.ref)
            await inbox.put(connection, told, case_id)
            moved = Attached(case_id, control_id)
        await inbox.settle(connection, left.command_id, {"moved": {"case_id": moved.case_id}})
        return moved
