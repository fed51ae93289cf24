"""The engine goes away, comes back, or forgets everything: nothing that was taken in is lost or done twice."""

from __future__ import annotations

from collections import Counter

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from domain.wire import History
from journal.relay import Relay
from tests.workers.stand import MERCHANT, OFFICER, Stand, relaying, until
from workers.connect import connect
from workers.reconcile import look_at, missing
from workers.recover import recover
from workers.reset import NoSuchCaseError, reset_case
from workflows.freeze_appeal import FreezeAppeal
from workflows.messages import CommandOrder


async def position(client: Client, case_id: str) -> int:
    return int(await client.get_workflow_handle(case_id).query("position", result_type=int))


async def test_while_the_engine_is_away_cases_and_commands_are_taken_in_and_delivered_when_it_is_back(
    stand: Stand,
) -> None:
    async with relaying(stand):
        stand.server.kill()
        case_id = await stand.open()
        await stand.store(case_id, OFFICER, "confirm_reason", "c-1", reason_code="R02")
        assert await stand.types(case_id) == ["TerminalFrozen"]
        stand.server.start()
        assert (await stand.settled("c-1"))["answer"]["events"] == ["ReasonConfirmed"]
        await stand.at_rest(case_id)
    given = Counter(entry.command_id for entry in await stand.entries(case_id))
    assert given["c-1"] == 1


async def test_recovery_starts_every_case_the_engine_forgot_where_it_stood(stand: Stand) -> None:
    cases = [await stand.open() for _ in range(3)]
    async with relaying(stand):
        for case_id in cases:
            await stand.store(case_id, OFFICER, "confirm_reason", f"confirm {case_id}", reason_code="R02")
            await stand.settled(f"confirm {case_id}")
            await stand.at_rest(case_id)
    before = {case_id: History().after(await stand.entries(case_id)).case.dues for case_id in cases}
    stand.server.kill()
    stand.server.forget()
    stand.server.start()
    client = await connect(stand.settings, "test")
    relay = Relay(stand.journal.pool)
    assert set(await missing(client, relay)) == set(cases)

    first = await recover(client, relay)
    again = await recover(client, relay, read_again=True)

    assert (sorted(first.started), first.failed) == (cases, {})
    assert again.started == []
    for case_id in cases:
        assert await position(client, case_id) == (await stand.row(case_id)).position
        assert History().after(await stand.entries(case_id)).case.dues == before[case_id]
    assert max(Counter(stand.hands.calls).values()) == 1


async def test_the_relay_finds_by_itself_what_the_engine_forgot(stand: Stand) -> None:
    case_id = await stand.open()
    async with relaying(stand):
        await stand.at_rest(case_id)
        await stand.client.get_workflow_handle(case_id).terminate()

        async def runs_again() -> bool:
            (standing,) = await Relay(stand.journal.pool).live()
            return await look_at(stand.client, standing) == "well"

        await until(runs_again, "the case runs again")


async def test_a_workflow_behind_its_journal_is_told_to_read_it(stand: Stand) -> None:
    case_id = await stand.open()
    async with relaying(stand):
        await stand.at_rest(case_id)
    await stand.write_behind(case_id, "post_message", audience="internal", text_ref="vault:1")
    (standing,) = await Relay(stand.journal.pool).live()
    assert await look_at(stand.client, standing) == "behind"
    async with relaying(stand):

        async def has_caught_up() -> bool:
            return await look_at(stand.client, standing) == "well"

        await until(has_caught_up, "the workflow has read its journal")


async def test_a_command_for_a_case_whose_workflow_has_ended_starts_it_and_is_answered(stand: Stand) -> None:
    case_id = await stand.open()
    stand.relay.reconcile_seconds = 3600
    async with relaying(stand):
        await stand.at_rest(case_id)
        await stand.client.get_workflow_handle(case_id).terminate()
        await stand.store(case_id, OFFICER, "confirm_reason", "c-1", reason_code="R02")
        assert (await stand.settled("c-1"))["answer"]["events"] == ["ReasonConfirmed"]
    assert (await stand.types(case_id)).count("ReasonConfirmed") == 1


async def test_a_case_that_is_reset_goes_on_where_its_journal_stands(stand: Stand) -> None:
    case_id, relay = await stand.open(), Relay(stand.journal.pool)
    async with relaying(stand):
        await stand.store(case_id, OFFICER, "confirm_reason", "c-1", reason_code="R02")
        await stand.settled("c-1")
        refused = CommandOrder("submit", '{"declaration": true}', "c-0", MERCHANT)
        await stand.client.get_workflow_handle_for(FreezeAppeal.run, case_id).signal(FreezeAppeal.ask, refused)

        async def is_refused() -> bool:
            return "CommandRefused" in await stand.types(case_id)

        await until(is_refused, "the refusal is journaled")
        await stand.at_rest(case_id)
        before = await stand.entries(case_id)
        assert await reset_case(stand.client, relay, case_id, "a test") == "reset; it reads its journal"
        await stand.store(case_id, MERCHANT, "open_appeal", "c-2", statement_ref="vault:1")
        assert (await stand.settled("c-2"))["answer"]["events"] == ["AppealOpened"]
    entries = await stand.entries(case_id)
    assert entries[: len(before)] == before
    events = (await stand.client.get_workflow_handle(case_id).fetch_history()).events
    signals = [event.workflow_execution_signaled_event_attributes for event in events]
    assert {signal.signal_name for signal in signals if signal.signal_name} == {"resync"}
    assert EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED not in [event.event_type for event in events]
    once = Counter(entry.type for entry in entries)
    assert (once["ReasonConfirmed"], once["ControlEnforced"], once["AppealOpened"]) == (1, 2, 1)
    with pytest.raises(NoSuchCaseError):
        await reset_case(stand.client, relay, "FA-nothing", "a test")


async def test_a_lost_case_that_is_reset_is_started_from_its_journal(stand: Stand) -> None:
    case_id = await stand.open()
    did = await reset_case(stand.client, Relay(stand.journal.pool), case_id, "a test")
    assert did == "started from the journal"
    await stand.at_rest(case_id)
