"""The payout: the bank's word counts once, and a payment that comes back asks for another account, checked and
approved by two people."""

from __future__ import annotations

import asyncio

from domain.case import Case
from tests.workflows.hands import LOST, refusing
from tests.workflows.world import (
    HELD,
    MERCHANT,
    OFFICER,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    Appeal,
    Desk,
    minutes,
)
from workflows import ports


async def account_needed(appeal: Appeal) -> Case:
    """The bank sent the payout back, and the merchant is to name another account."""
    await appeal.sent()
    await appeal.bank_says("bounced")
    return await appeal.until(lambda case: case.release.payout == "account_needed")


async def test_a_bounced_payout_asks_for_another_account_while_the_terminal_stays_live(desk: Desk) -> None:
    appeal = await desk.open()
    case = await account_needed(appeal)
    assert case.status == "post_actions"
    assert case.standing_controls == ()
    assert desk.hands.order_of("ledger.settle_payout").outcome == "bounced"
    await appeal.quiet()
    assert "payout_account_needed" in [notice.notice for notice in desk.hands.notices.values()]


async def test_a_new_account_is_checked_approved_by_two_people_and_paid(desk: Desk) -> None:
    appeal = await desk.open()
    await account_needed(appeal)
    assert await appeal.give(REVIEWER_3, "approve_account", reason="same name") == "refused: no-account-needed"
    assert await appeal.give(MERCHANT, "new_account", account_ref="vault:account:2") == "PayoutAccountNamed"
    await appeal.until(lambda case: case.release.payout == "account_checked")
    assert await appeal.give(REVIEWER_3, "approve_account", reason="same name") == "PayoutAccountApproved"
    assert await appeal.give(REVIEWER_3, "approve_account", reason="again") == "refused: four-eyes"
    second = await appeal.give(REVIEWER_2, "approve_account", reason="same name")
    assert second == "PayoutAccountApproved, StepStarted"
    await appeal.until_sent()
    resent = desk.hands.order_of("ledger.resend_payout")
    assert resent.related_key == desk.hands.done[f"{appeal.case_id}:step:4"].key
    paid = desk.hands.order_of("bank.pay_out")
    assert (paid.amount_fen, paid.account_ref) == (HELD, "vault:account:2")
    await appeal.bank_says()
    closed = await appeal.until("closed_released")
    assert closed.release.bounces == 1
    assert [name for name in desk.hands.did() if "payout" in name or "pay_out" in name] == [
        "ledger.book_payout",
        "bank.pay_out",
        "ledger.settle_payout",
        "ledger.resend_payout",
        "bank.pay_out",
        "ledger.settle_payout",
    ]
    assert len(set(desk.hands.tried("bank.pay_out"))) == 2


async def test_a_payout_refused_for_good_is_treated_as_one_that_came_back(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("bank.pay_out", refusing("account-closed"))
    await appeal.approved()
    case = await appeal.until(lambda case: case.release.payout == "account_needed")
    assert "status.report_status" in desk.hands.did()
    assert case.standing_controls == ()


async def test_a_payout_whose_look_up_is_refused_stays_unknown_until_the_bank_answers_and_is_paid_once(
    desk: Desk,
) -> None:
    appeal = await desk.open()
    desk.hands.next("bank.pay_out", LOST)
    desk.hands.next("bank.look_up", *(refusing("not-you", status=403) for _ in range(3)))
    await appeal.approved()
    await appeal.until_event("StepUnknown")
    case = await appeal.quiet()
    assert (case.release.in_flight.state, case.release.payout) == ("unknown", "none")  # type: ignore[union-attr]
    await desk.sleep(minutes(15))
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("closed_released")
    assert len(desk.hands.tried("bank.look_up")) == 4
    assert len(desk.hands.tried("bank.pay_out")) == 1
    assert not {"StepFailed", "PayoutAccountNeeded"} & set(await appeal.types())


async def test_a_settlement_account_that_changed_during_the_release_is_not_paid_until_it_was_checked_and_approved(
    desk: Desk,
) -> None:
    appeal = await desk.open()
    desk.hands.next("bank.pay_out", refusing("account-changed"))
    await appeal.approved()
    case = await appeal.until(lambda case: case.release.payout == "account_needed")
    assert await appeal.bodies("PayoutAccountNeeded") == [{"reason": "account-changed"}]
    assert case.standing_controls == ()  # the shop trades on
    await appeal.quiet()
    told = next(n for n in desk.hands.notices.values() if n.notice == "payout_account_needed")
    assert told.facts == {"why": "account-changed"}
    await appeal.give(MERCHANT, "new_account", account_ref="vault:account:2")
    await appeal.until(lambda case: case.release.payout == "account_checked")
    await appeal.give(REVIEWER_3, "approve_account", reason="same name")
    await appeal.give(REVIEWER_2, "approve_account", reason="same name")
    await appeal.until_sent()
    paid = desk.hands.order_of("bank.pay_out")
    assert (paid.account_ref, paid.approved_at) == ("vault:account:2", case.review.first.at)  # type: ignore[union-attr]


async def test_an_account_in_another_name_is_refused_and_the_same_one_can_be_named_again(desk: Desk) -> None:
    appeal = await desk.open()
    await account_needed(appeal)
    desk.hands.account_matches = False
    await appeal.give(MERCHANT, "new_account", account_ref="vault:account:2")
    await appeal.until_event("PayoutAccountChecked")
    assert (await appeal.quiet()).release.payout == "account_needed"
    assert "payout_account_refused" in [notice.notice for notice in desk.hands.notices.values()]
    desk.hands.account_matches = True
    await appeal.give(MERCHANT, "new_account", account_ref="vault:account:2")
    await appeal.until(lambda case: case.release.payout == "account_checked")
    asked = desk.hands.tried(ports.BANK_CHECK_ACCOUNT)
    assert len(asked) == len(set(asked)) == 2


async def test_an_account_named_while_the_last_one_is_being_checked_takes_its_place(desk: Desk) -> None:
    appeal = await desk.open()
    await account_needed(appeal)
    desk.hands.away.add("bank")
    await appeal.give(MERCHANT, "new_account", account_ref="vault:account:2")
    await appeal.give(MERCHANT, "new_account", account_ref="vault:account:3")
    desk.hands.away.clear()
    await desk.sleep(minutes(5))
    case = await appeal.until(lambda case: case.release.payout == "account_checked")
    assert case.release.account_ref == "vault:account:3"
    assert (await appeal.types()).count("PayoutAccountChecked") == 1


async def test_the_same_word_from_the_bank_again_is_noted_without_effect(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent()
    first = await appeal.bank_says(message_ref="M-1")
    assert first.startswith("PayoutAnswered")
    assert await appeal.bank_says(message_ref="M-1") == first  # the same message: the first answer
    assert await appeal.bank_says(message_ref="M-2") == "CallbackIgnored"
    await appeal.until("closed_released")
    assert desk.hands.did().count("ledger.settle_payout") == 1


async def test_a_contradictory_word_from_the_bank_goes_to_a_person_and_changes_nothing(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent()
    await appeal.bank_says()
    assert await appeal.bank_says("bounced", message_ref="M-late") == "DiscrepancyFound"
    closed = await appeal.until("closed_released")
    assert closed.release.payout == "confirmed"
    await appeal.quiet()
    told = [n.audience for n in desk.hands.notices.values() if n.notice == "discrepancy"]
    assert told == ["operations"]


async def test_a_word_about_a_payout_nobody_made_goes_to_a_person(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    answer = await appeal.give(
        OFFICER, "answer_payout", step_key="FA-0:step:5", outcome="confirmed", message_ref="M-odd"
    )
    assert answer == "DiscrepancyFound"
    assert (await appeal.case()).status == "in_review_1"


async def test_a_bank_that_stays_silent_is_asked_by_the_payouts_key(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent()
    key = desk.hands.order_of("bank.pay_out").key
    await desk.sleep(minutes(25))
    assert (await appeal.case()).release.payout == "sent"
    desk.hands.bank[key] = ports.PayoutState("confirmed", "M-asked")
    await desk.sleep(minutes(11))
    await appeal.until("closed_released")
    assert set(desk.hands.tried(ports.BANK_PAYOUT)) == {key}


async def test_the_banks_message_counts_although_the_bank_cannot_be_asked_just_then(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent()
    desk.hands.away.add("bank")
    await desk.sleep(minutes(11))
    assert desk.hands.tried(ports.BANK_PAYOUT)
    await appeal.bank_says()
    await appeal.until("closed_released")


async def test_the_banks_message_may_come_before_our_own_record_of_the_payout(desk: Desk) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("bank.pay_out")
    await appeal.approved()
    await gate.reached.wait()
    key = (await appeal.case()).release.in_flight.planned.key  # type: ignore[union-attr]
    early = await appeal.give(OFFICER, "answer_payout", step_key=key, outcome="confirmed", message_ref="M-early")
    assert early == "PayoutAnswered"
    await asyncio.sleep(0.05)
    gate.let_go()
    closed = await appeal.until("closed_released")
    assert closed.release.payout == "confirmed"
    assert desk.hands.did().count("ledger.settle_payout") == 1
    assert await appeal.approve(REVIEWER_1) == "refused: wrong-status"
