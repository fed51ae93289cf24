"""A control told to a case that has closed meanwhile: it moves on, once, and is never without a case."""

import asyncio

import pytest

from journal.cases import Cases
from journal.inbox import Inbox, Message
from journal.intake import Attached, Opened, Repeated, open_case
from journal.moving import Left, move_control

REF = ("risk", "alert-2", "C-2")
LEFT = Left("add-2", "FA-1", REF)


def told(command_id: str) -> Message:
    return Message(command_id, "add_control", {"control_id": "C-2"}, "robot:robot1")


@pytest.fixture
def opening(writer, a_control):
    """The request that opens a case with a control."""

    def compose(case_id: str, control_id: str) -> str:
        return writer(case_id, terminal_sn="SN-1").request(
            f"open-{case_id}", "TerminalFrozen", controls=[a_control(control_id)]
        )

    return compose


@pytest.fixture
async def closed_too_early(journal, opening, writer, a_control):
    """FA-1 closed before it heard of the control C-2, which was attached to it."""
    await open_case(journal.pool, [opening("FA-1", "C-1")], ("risk", "alert-1", "C-1"))
    await open_case(journal.pool, [opening("FA-x", "C-2")], REF, on_attach=told("add-2"))
    case = writer("FA-1", terminal_sn="SN-1")
    await case.catch_up(journal)
    await case.append(journal, "close", open=False, controls=[a_control("C-1", state="lifted")])


async def standing(journal) -> dict[str, str]:
    return {row.control_id: row.case_id for row in await Cases(journal.pool).controls_of_terminal("SN-1")}


async def test_it_opens_a_case_of_its_own(journal, opening, closed_too_early):
    assert await standing(journal) == {"C-2": "FA-1"}

    assert await move_control(journal.pool, LEFT, opening("FA-2", "C-2"), told("add-3")) == Opened("FA-2")

    assert await standing(journal) == {"C-2": "FA-2"}
    command = await Inbox(journal.pool).find("add-2")
    assert command is not None
    assert command.outcome == {"moved": {"case_id": "FA-2"}}
    assert await open_case(journal.pool, [opening("FA-9", "C-9")], REF) == Repeated("FA-2", "C-2")


async def test_it_joins_a_case_that_was_opened_meanwhile(journal, opening, closed_too_early):
    await open_case(journal.pool, [opening("FA-3", "C-3")], None)

    moved = await move_control(journal.pool, LEFT, opening("FA-2", "C-2"), told("add-3"))

    assert moved == Attached("FA-3", "C-2")
    assert await standing(journal) == {"C-2": "FA-3", "C-3": "FA-3"}
    assert [(each.command_id, each.case_id) for each in await Inbox(journal.pool).pending()] == [("add-3", "FA-3")]
    assert await journal.read("FA-2") == ()


async def test_two_relays_move_it_once(journal, opening, closed_too_early):
    moved = await asyncio.gather(
        *(move_control(journal.pool, LEFT, opening(f"FA-{n}", "C-2"), told(f"add-{n}")) for n in (4, 5))
    )

    (opened,) = [each for each in moved if each is not None]
    assert await standing(journal) == {"C-2": opened.case_id}
