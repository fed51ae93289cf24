"""The agreement in the procedure: issued once under its key, heard of or asked about, and called off when nobody needs
it any more."""

from __future__ import annotations

from tests.workflows.hands import LOST, refusing
from tests.workflows.test_actions import released_with_agreement_to_sign
from tests.workflows.world import MERCHANT, OFFICER, Appeal, Desk, days, minutes
from workflows.ports import AgreementState


async def issued(desk: Desk) -> Appeal:
    appeal = await released_with_agreement_to_sign(desk)
    await appeal.until_event("AgreementIssued")
    return appeal


async def says(appeal: Appeal, outcome: str, *, n: int = 1) -> str:
    """Contract signing's word on the `n`-th agreement, as its signed message brings it."""
    signature = "SIG-1" if outcome == "signed" else ""
    return await appeal.give(
        OFFICER, "answer_agreement", step_key=f"{appeal.case_id}:agreement:{n}", outcome=outcome,
        message_ref=f"{outcome}:{n}", happened_at=(await appeal.desk.now()).isoformat(), signature_ref=signature,
    )  # fmt: skip


async def test_the_agreement_is_issued_although_the_answer_is_lost_and_its_signature_closes_the_case(
    desk: Desk,
) -> None:
    desk.hands.next("contracts.issue_agreement", LOST)
    appeal = await issued(desk)
    assert desk.hands.tried("contracts.issue_agreement") == [f"{appeal.case_id}:agreement:1"]
    closed = await says(appeal, "signed")
    assert closed == "AgreementAnswered, ActionDone, PostActionsDone, CaseClosed"
    await appeal.quiet()
    assert "agreement_ready" in [notice.notice for notice in desk.hands.notices.values()]
    assert "contracts.call_off_agreement" not in desk.hands.did()


async def test_where_no_message_comes_contract_signing_is_asked_each_day(desk: Desk) -> None:
    appeal = await issued(desk)
    at = (await desk.now()).isoformat()
    desk.hands.agreements[f"{appeal.case_id}:agreement:1"] = AgreementState("signed", at, "5e" * 32, at, "", "SIG-2")
    await desk.sleep(days(1.1))
    await appeal.until("closed_released")
    (done,) = await appeal.bodies("ActionDone")
    assert done["ref"] == "SIG-2"


async def test_one_that_expired_is_issued_anew_and_one_declined_when_the_merchant_asks(desk: Desk) -> None:
    appeal = await issued(desk)
    await says(appeal, "expired")
    await appeal.until_event("AgreementIssued", times=2)
    await says(appeal, "declined", n=2)
    await appeal.quiet()
    assert [key[-1] for key in desk.hands.tried("contracts.issue_agreement")] == ["1", "2"]
    assert await appeal.give(MERCHANT, "renew_agreement") == "AgreementAskedAnew"
    await appeal.until_event("AgreementIssued", times=3)


async def test_what_was_signed_otherwise_calls_the_issued_one_off(desk: Desk) -> None:
    appeal = await issued(desk)
    await appeal.give(MERCHANT, "sign_agreement", signature_ref="paper-7")
    await appeal.until_event("AgreementCalledOff")
    assert desk.hands.order_of("contracts.call_off_agreement").external_ref == f"ref:{appeal.case_id}:agreement:1"


async def test_a_merchant_need_not_wait_for_contract_signing(desk: Desk) -> None:
    desk.hands.away.add("contracts")
    appeal = await released_with_agreement_to_sign(desk)
    await appeal.until_event("AgreementOrdered")
    await appeal.give(MERCHANT, "sign_agreement", signature_ref="paper-7")
    assert (await appeal.case()).status == "closed_released"
    desk.hands.away.clear()
    await desk.sleep(minutes(61))
    await appeal.until_event("AgreementCalledOff")
    (off,) = await appeal.bodies("AgreementCalledOff")
    assert off["answer"] == f"ref:{appeal.case_id}:agreement:1:off", "it was issued first, and told to nobody"
    assert desk.hands.did().count("contracts.issue_agreement") == 1
    assert "agreement_ready" not in [notice.notice for notice in desk.hands.notices.values()]


async def test_a_refused_agreement_that_nobody_needs_any_more_is_given_up(desk: Desk) -> None:
    desk.hands.next("contracts.issue_agreement", refusing("already-open"))
    appeal = await released_with_agreement_to_sign(desk)
    await appeal.until_event("DiscrepancyFound")
    await appeal.give(MERCHANT, "sign_agreement", signature_ref="paper-7")
    await appeal.until_event("DiscrepancyResolved")
    await desk.sleep(minutes(2))
    await appeal.until_event("AgreementCalledOff")
    (off,) = await appeal.bodies("AgreementCalledOff")
    assert off["answer"] == "never issued"


async def test_contract_signing_may_be_away_for_three_days_and_issues_once(desk: Desk) -> None:
    desk.hands.away.add("contracts")
    appeal = await released_with_agreement_to_sign(desk)
    await desk.sleep(days(3))
    assert "contract signing" in await appeal.details()
    desk.hands.away.clear()
    await desk.sleep(minutes(61))
    await appeal.until_event("AgreementIssued")
    await appeal.start_anew()
    await appeal.quiet()
    assert desk.hands.did().count("contracts.issue_agreement") == 1


async def test_a_refused_agreement_is_told_to_operations_and_tried_every_hour(desk: Desk) -> None:
    desk.hands.next("contracts.issue_agreement", refusing("already-open"))
    appeal = await released_with_agreement_to_sign(desk)
    await appeal.until_event("DiscrepancyFound")
    assert "contract signing refuses to issue the agreement" in await appeal.details()
    await desk.sleep(minutes(61))
    await appeal.until_event("AgreementIssued")
    await appeal.until_event("DiscrepancyResolved")
