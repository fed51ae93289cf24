"""The relay: what the journal took in reaches the engine, once and in order."""

from __future__ import annotations

from temporalio.client import WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey

from journal.inbox import Inbox
from journal.relay import Relay
from tests.workers.stand import MERCHANT, MERCHANT_NO, OFFICER, Stand, relaying, until


def keyword(name: str) -> SearchAttributeKey[str]:
    return SearchAttributeKey.for_keyword(name)


async def test_a_case_taken_in_gets_its_workflow(stand: Stand) -> None:
    case_id = await stand.open("SN-7")
    async with relaying(stand):
        await stand.has(case_id, "ControlEnforced")
        await stand.all_started()
    described = await stand.client.get_workflow_handle(case_id).describe()
    attributes = described.typed_search_attributes
    assert described.status is WorkflowExecutionStatus.RUNNING
    assert {name: attributes.get(keyword(name)) for name in ("ThawKind", "ThawStatus", "ThawTerminal")} == {
        "ThawKind": "freeze_appeal", "ThawStatus": "opened", "ThawTerminal": "SN-7",
    }  # fmt: skip
    assert attributes.get(keyword("ThawMerchant")) == MERCHANT_NO
    assert await described.static_summary() == "freeze appeal, terminal SN-7, R02"


async def test_stored_commands_are_delivered_in_the_order_of_their_case(stand: Stand) -> None:
    case_id = await stand.open()
    await stand.store(case_id, OFFICER, "confirm_reason", "c-1", reason_code="R02")
    await stand.store(case_id, MERCHANT, "open_appeal", "c-2", statement_ref="vault:1")
    await stand.store(case_id, MERCHANT, "withdraw", "c-3", reason="a mistake")
    async with relaying(stand):
        third = await stand.settled("c-3")
    first = await stand.settled("c-1")
    assert first["answer"]["events"] == ["ReasonConfirmed"]
    assert third["answer"]["events"] == ["CaseWithdrawn"]
    given = [entry.command_id for entry in await stand.entries(case_id) if entry.command_id.startswith("c-")]
    assert given == ["c-1", "c-2", "c-3"]


async def test_a_refused_stored_command_is_journaled_and_shown_to_its_author(stand: Stand) -> None:
    case_id = await stand.open()
    await stand.store(case_id, MERCHANT, "submit", "c-1", declaration=True)
    async with relaying(stand):
        outcome = await stand.settled("c-1")
        await stand.has(case_id, "CommandRefused")
    assert outcome["refused"]["code"] == "wrong-status"
    assert outcome["refused"]["zh"]
    assert [each.command_id for each in await Inbox(stand.journal.pool).refusals("merchant1")] == ["c-1"]


async def test_the_partners_hear_of_merchants_and_terminals_once_for_each_change(stand: Stand) -> None:
    await stand.change(f"merchant:{MERCHANT_NO}")
    await stand.change("terminal:SN-1")
    relay = Relay(stand.journal.pool)

    async def all_known() -> bool:
        return await relay.unregistered() == ()

    async with relaying(stand):
        await until(all_known, "the partners know both")
        await stand.change("terminal:SN-1")
        await until(all_known, "the partners know the change")
    assert sorted(stand.hands.done) == [f"merchant:{MERCHANT_NO}:1", "terminal:SN-1:1", "terminal:SN-1:2"]
