"""Taking a case in: one open case per terminal and kind, each control once, however many come at the same moment."""

import asyncio
import json

import pytest

from journal.cases import Cases
from journal.inbox import CommandReusedError, Inbox, Message
from journal.intake import Attached, Opened, Overtaken, Repeated, open_case


@pytest.fixture
def opening(writer, a_control):
    """An intake of one control on SN-1: the requests, and the control's name at its source."""

    def compose(number: int, terminal_sn: str = "SN-1"):
        control_id = f"C-{number}"
        request = writer(f"FA-{number}", terminal_sn=terminal_sn).request(
            f"intake-{number}", "TerminalFrozen", controls=[a_control(control_id, terminal_sn=terminal_sn)]
        )
        return [request], ("risk", f"alert-{number}", control_id)

    return compose


def told(number: int) -> Message:
    return Message(f"add-{number}", "add_control", {"control_id": f"C-{number}"}, "robot:robot1")


async def test_the_first_control_opens_a_case_that_waits_for_its_workflow(journal, opening):
    requests, ref = opening(1)

    assert await open_case(journal.pool, requests, ref) == Opened("FA-1")

    case = await Cases(journal.pool).find("FA-1")
    assert (case.open, case.started, case.status) == (True, False, "opened")
    assert [row.control_id for row in await Cases(journal.pool).controls_of_terminal("SN-1")] == ["C-1"]


async def test_the_same_name_at_the_source_is_the_same_control(journal, opening):
    requests, ref = opening(1)
    await open_case(journal.pool, requests, ref)
    again, _ = opening(2)

    assert await open_case(journal.pool, again, ("risk", "alert-1", "C-2")) == Repeated("FA-1", "C-1")

    assert await journal.read("FA-2") == ()


async def test_a_further_control_stands_at_once_and_the_open_case_is_told(journal, opening):
    await open_case(journal.pool, *opening(1))

    attached = await open_case(journal.pool, *opening(2), on_attach=told(2))

    assert attached == Attached("FA-1", "C-2")
    assert await open_case(journal.pool, *opening(2), on_attach=told(2)) == Repeated("FA-1", "C-2")
    controls = await Cases(journal.pool).controls_of_case("FA-1")
    assert {control.control_id: control.attached for control in controls} == {"C-1": False, "C-2": True}
    (command,) = await Inbox(journal.pool).pending()
    assert (command.case_id, command.name, command.body) == ("FA-1", "add_control", {"control_id": "C-2"})
    assert await journal.read("FA-2") == ()


async def test_an_attached_control_stays_until_its_case_has_taken_it_up(journal, opening, writer, a_control):
    await open_case(journal.pool, *opening(1))
    await open_case(journal.pool, *opening(2), on_attach=told(2))
    case = writer("FA-1", terminal_sn="SN-1")
    await case.catch_up(journal)

    await case.append(journal, "confirm", controls=[a_control("C-1")])
    unaware = await Cases(journal.pool).controls_of_terminal("SN-1")
    await case.append(journal, "add-2", controls=[a_control("C-1"), a_control("C-2")])
    await case.append(journal, "lift", controls=[a_control("C-1", state="lifted")])

    assert [control.control_id for control in unaware] == ["C-1", "C-2"]
    assert await Cases(journal.pool).controls_of_terminal("SN-1") == ()


async def test_a_case_of_another_kind_opens_beside_it(journal, opening, writer):
    await open_case(journal.pool, *opening(1))
    other = json.loads(writer("K2-1", terminal_sn="SN-1").request("suspend")) | {"kind": "suspension_release"}

    assert await open_case(journal.pool, [json.dumps(other)], ("system", "s-1", "C-9")) == Opened("K2-1")


async def test_a_new_case_opens_once_the_old_one_is_closed(journal, opening, writer):
    await open_case(journal.pool, *opening(1))
    case = writer("FA-1", terminal_sn="SN-1")
    await case.catch_up(journal)
    await case.append(journal, "withdraw", open=False)

    assert await open_case(journal.pool, *opening(2)) == Opened("FA-2")


async def test_twenty_controls_at_once_on_one_terminal_open_one_case(journal, opening):
    taken = await asyncio.gather(
        *(open_case(journal.pool, *opening(number), on_attach=told(number)) for number in range(20))
    )

    (opened,) = [each for each in taken if isinstance(each, Opened)]
    attached = [each for each in taken if isinstance(each, Attached)]
    assert len(attached) == 19
    assert {each.case_id for each in attached} == {opened.case_id}
    assert len(await Cases(journal.pool).controls_of_terminal("SN-1")) == 20
    assert len((await Cases(journal.pool).page()).items) == 1


async def test_one_control_reported_twenty_times_at_once_is_taken_once(journal, opening):
    requests, ref = opening(1)

    taken = await asyncio.gather(*(open_case(journal.pool, requests, ref) for _ in range(20)))

    assert taken.count(Opened("FA-1")) == 1
    assert taken.count(Repeated("FA-1", "C-1")) == 19


async def test_an_intake_without_a_name_may_be_repeated_too(journal, opening):
    requests, _ = opening(1)
    await open_case(journal.pool, requests, None)

    assert await open_case(journal.pool, requests, None) == Repeated("FA-1", None)


async def test_case_and_terminal_are_written_together(journal, opening, writer):
    requests, ref = opening(1)
    terminal = writer("terminal:SN-1", kind="terminal")

    await open_case(journal.pool, [*requests, terminal.request("intake-1", "ControlPlaced")], ref)

    assert [entry.type for entry in await journal.read("terminal:SN-1")] == ["ControlPlaced"]


async def test_a_terminal_that_has_moved_leaves_nothing_behind_and_the_intake_can_be_made_anew(
    journal, opening, writer
):
    requests, ref = opening(1)
    terminal = writer("terminal:SN-1", kind="terminal")
    outdated = terminal.request("intake-1", "ControlPlaced")
    await terminal.append(journal, "register", "TerminalRegistered")

    overtaken = await open_case(journal.pool, [*requests, outdated], ref)

    assert isinstance(overtaken, Overtaken)
    assert [entry.type for entry in overtaken.entries] == ["TerminalRegistered"]
    assert await journal.read("FA-1") == ()
    assert await open_case(journal.pool, [*requests, terminal.request("intake-1", "ControlPlaced")], ref) == Opened(
        "FA-1"
    )


async def test_a_case_without_a_terminal_never_stands_in_anothers_way(journal, writer):
    for number in (1, 2):
        body = json.loads(writer(f"CP-{number}").request("complain"))
        body["summary"]["terminal_sn"] = None
        assert await open_case(journal.pool, [json.dumps(body)], None) == Opened(f"CP-{number}")


class TestInbox:
    async def test_a_cases_later_command_never_overtakes(self, journal):
        inbox = Inbox(journal.pool)
        for command_id, case_id in [("a1", "FA-A"), ("b1", "FA-B"), ("a2", "FA-A"), ("b2", "FA-B")]:
            assert await inbox.put(command_id, case_id, "submit", {"version": 3}, "merchant:merchant1")

        assert [command.command_id for command in await inbox.pending()] == ["a1", "b1"]
        await inbox.settle("a1", {"outcome": "ok"})
        assert [command.command_id for command in await inbox.pending()] == ["b1", "a2"]
        assert [command.command_id for command in await inbox.pending(limit=1)] == ["b1"]

    async def test_a_settled_command_keeps_its_first_outcome(self, journal):
        inbox = Inbox(journal.pool)
        await inbox.put("a1", "FA-A", "submit", {"声明": True}, "merchant:merchant1")
        assert await inbox.has_pending("FA-A")

        assert await inbox.settle("a1", {"outcome": "refused", "code": "stale-version"})
        assert not await inbox.settle("a1", {"outcome": "ok"})

        command = await inbox.find("a1")
        assert command.body == {"声明": True}
        assert command.outcome == {"outcome": "refused", "code": "stale-version"}
        assert not await inbox.has_pending("FA-A")
        assert await inbox.find("nobody") is None

    async def test_a_repeat_is_stored_once_and_other_content_under_its_id_is_refused(self, journal):
        inbox = Inbox(journal.pool)
        same = ("a1", "FA-A", "submit", {"version": 3}, "merchant:merchant1")
        assert await inbox.put(*same)

        assert not await inbox.put(*same)
        with pytest.raises(CommandReusedError):
            await inbox.put("a1", "FA-A", "submit", {"version": 4}, "merchant:merchant1")
        assert len(await inbox.pending()) == 1

    async def test_cases_that_are_being_delivered_to_are_passed_over(self, journal):
        inbox = Inbox(journal.pool)
        for command_id, case_id in [("a1", "FA-A"), ("b1", "FA-B")]:
            await inbox.put(command_id, case_id, "submit", {}, "merchant:merchant1")

        assert [command.command_id for command in await inbox.pending(but=["FA-A"])] == ["b1"]

    async def test_an_author_is_shown_what_was_refused_until_they_have_seen_it(self, journal):
        inbox, refused = Inbox(journal.pool), {"answer": None, "refused": {"code": "wrong-status"}}
        for command_id, actor in [("a1", "officer:merchant1"), ("a2", "merchant:merchant1"), ("b1", "officer:other")]:
            await inbox.put(command_id, "FA-A", "submit", {}, actor)
        await inbox.settle("a1", refused)
        await inbox.settle("a2", {"answer": {"version": 4}, "refused": None})

        assert [command.command_id for command in await inbox.refusals("merchant1")] == ["a1"]
        assert not await inbox.mark_seen("a1", "other")
        assert await inbox.mark_seen("a1", "merchant1")
        assert await inbox.refusals("merchant1") == ()
