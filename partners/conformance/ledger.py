"""What Thaw relies on in the ledger: held money is kept apart, every posting balances and stands once, months close."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from partners.conformance.account import account
from partners.conformance.caller import Caller, answered, equal, holds, refused
from partners.conformance.suite import Example, Suite

AT_ONCE = 8
LONG_CLOSED = "2000-01"


def balanced(posting: Mapping[str, Any]) -> None:
    sides = {"debit": 0, "credit": 0}
    for line in posting["lines"]:
        sides[line["side"]] += line["amount_fen"]
    holds(sides["debit"] == sides["credit"] > 0, f"a posting was to balance, but has {sides}")


async def example(ledger: Caller) -> Example:
    own = await account(ledger)
    hold = {"merchant_no": own.merchant_no, "case_id": own.case_id, "control_id": ledger.new("C"), "amount_fen": 100}
    return Example("/holds", {"json": hold}, {"json": hold | {"amount_fen": 200}})


SUITE = Suite("ledger", example)


@SUITE.check
async def opening_twice_changes_nothing(ledger: Caller) -> None:
    """A merchant's accounts are opened once; opening them again (200) changes nothing."""
    own = await account(ledger)
    answered(await ledger.put(f"/merchants/{own.merchant_no}"), 200)
    equal(await own.grown(), {}, "what the accounts grew by")


@SUITE.check
async def held_money_is_not_payable(ledger: Caller) -> None:
    """A hold moves payable money under its control, and what is held cannot be paid out (insufficient-payable)."""
    own = await account(ledger)
    balanced(await own.hold(600))
    equal(await own.grown(), {"merchant_payable": -600, "merchant_held": 600}, "what a hold of 600 fen moved")
    payable = own.before["merchant_payable"] - 600
    problem = refused(await own.ask("/payouts", amount_fen=payable + 1), 409, "insufficient-payable")
    equal(problem.get("available_fen"), payable, "available_fen")


@SUITE.check
async def a_hold_above_what_is_payable_is_refused(ledger: Caller) -> None:
    """A hold above the payable balance is refused (insufficient-payable), says what there is, and moves nothing."""
    own = await account(ledger)
    too_much = own.before["merchant_payable"] + 1
    answer = await own.ask("/holds", control_id=ledger.new("C"), amount_fen=too_much)
    equal(refused(answer, 409, "insufficient-payable").get("available_fen"), too_much - 1, "available_fen")
    equal(await own.grown(), {}, "what a refused hold moved")


@SUITE.check
async def holds_at_once_never_take_more_than_there_is(ledger: Caller) -> None:
    """Holds asked for at the same moment never take more than is payable."""
    own = await account(ledger)
    most = own.before["merchant_payable"]
    asked = (own.ask("/holds", control_id=ledger.new("C"), amount_fen=most // 2) for _ in range(AT_ONCE))
    taken = [answer for answer in await asyncio.gather(*asked) if answer.status_code == 201]
    equal(len(taken), 2, f"how many of {AT_ONCE} holds of half the money were taken")


@SUITE.check
async def a_control_has_one_hold(ledger: Caller) -> None:
    """A control holds money once, whatever the key (already-held)."""
    own = await account(ledger)
    control_id = await own.held(100)
    refused(await own.ask("/holds", control_id=control_id, amount_fen=100), 409, "already-held")


@SUITE.check
async def reserved_money_is_set_aside(ledger: Caller) -> None:
    """What is reserved for one release no other can reserve (insufficient-held); cancelling gives it back, once."""
    own = await account(ledger)
    control_id = await own.held(1000)
    key = await own.reserved(700, control_id)
    answer = await own.ask("/reservations", amount_fen=301, control_ids=[control_id])
    equal(refused(answer, 409, "insufficient-held").get("available_fen"), 300, "available_fen")
    answered(await ledger.effect("/reservations/cancel", {"reservation_key": key}), 201)
    refused(await ledger.effect("/reservations/cancel", {"reservation_key": key}), 409, "reservation-not-open")
    refused(await own.ask("/releases", reservation_key=key, release_fen=1), 409, "reservation-not-open")
    await own.reserved(1000, control_id)


@SUITE.check
async def a_release_tells_where_every_fen_went(ledger: Caller) -> None:
    """A release is one balanced posting; for its controls held = released + penalty + claims + remaining."""
    own = await account(ledger)
    first, second = await own.held(1000), await own.held(500)
    key = await own.reserved(1200, first, second)
    release: dict[str, Any] = {"release_fen": 900, "penalty_fen": 200, "claims_fen": 60, "network_penalty_fen": 40}
    balanced(answered(await own.ask("/releases", reservation_key=key, **release), 201))
    refused(await own.ask("/releases", reservation_key=key, release_fen=1), 409, "reservation-not-open")
    moved = {"merchant_payable": 900 - 1500, "merchant_held": 300, "claims_payable": 60}
    equal(await own.grown(), moved, "what holds of 1,500 fen and a release of 1,200 fen moved")
    for hold in (await own.controls()).values():
        gone = sum(hold[name] for name in ("released_fen", "penalty_fen", "claims_fen", "network_penalty_fen"))
        equal(gone + hold["remaining_fen"], hold["held_fen"], "released, penalties, claims and remaining together")


@SUITE.check
async def a_release_takes_no_more_than_was_reserved(ledger: Caller) -> None:
    """A release beyond its reservation is refused (exceeds-reservation), and so is one for another case."""
    own, other = await account(ledger), await account(ledger)
    key = await own.reserved(100, await own.held(1000))
    refused(await own.ask("/releases", reservation_key=key, release_fen=101), 409, "exceeds-reservation")
    refused(await other.ask("/releases", reservation_key=key, release_fen=100), 409, "other-reservation")
    equal((await own.grown())["merchant_held"], 1000, "what is held")


@SUITE.check
async def a_payout_is_confirmed_once(ledger: Caller) -> None:
    """A payout leaves the payable balance, is found by its key, and is settled once (impossible-move)."""
    own = await account(ledger)
    key = await own.paid(400)
    equal(await own.grown(), {"merchant_payable": -400}, "what a payout of 400 fen moved")
    balanced(answered(await own.settled(key, "confirmed"), 201)["posting"])
    equal(answered(await ledger.get(f"/payouts/{key}"))["state"], "confirmed", "the payout's state")
    problem = refused(await own.settled(key, "bounced"), 409, "impossible-move")
    equal(problem.get("state"), "confirmed", "the state named in the refusal")


@SUITE.check
async def a_bounced_payout_waits_in_suspense(ledger: Caller) -> None:
    """A bounced payout waits in suspense until it is sent again under its own key, and is then confirmed."""
    own = await account(ledger)
    key = await own.paid(400)
    refused(await ledger.effect("/payouts/resend", {"payout_key": key}), 409, "impossible-move")
    answered(await own.settled(key, "bounced"), 201)
    equal((await own.grown())["refund_suspense"], 400, "what waits in suspense")
    answered(await ledger.effect("/payouts/resend", {"payout_key": key}), 201)
    answered(await own.settled(key, "confirmed"), 201)
    equal(await own.grown(), {"merchant_payable": -400}, "what a payout sent twice moved in the end")


@SUITE.check
async def a_posting_is_undone_by_its_opposite(ledger: Caller) -> None:
    """A posting is undone by its opposite, once (already-reversed), and both stay in the case's postings."""
    own = await account(ledger)
    hold = await own.hold(600)
    undo = {"posting_id": hold["posting_id"], "reason": "placed in error"}
    opposite = answered(await ledger.effect("/reversals", undo), 201)
    balanced(opposite)
    equal(opposite["reverses"], hold["posting_id"], "which posting it reverses")
    refused(await ledger.effect("/reversals", undo), 409, "already-reversed")
    equal(await own.grown(), {}, "what a reversed hold moved")
    postings = answered(await ledger.get(f"/cases/{own.case_id}/postings"))["postings"]
    equal([each["posting_id"] for each in postings], [hold["posting_id"], opposite["posting_id"]], "the postings")


@SUITE.check
async def a_penalty_is_given_back_up_to_what_was_taken(ledger: Caller) -> None:
    """A penalty is given back, in parts if need be, but never more than the case has taken (exceeds-penalty)."""
    own = await account(ledger)
    key = await own.reserved(500, await own.held(500))
    answered(await own.ask("/releases", reservation_key=key, release_fen=0, penalty_fen=500), 201)
    answered(await own.ask("/penalties/reverse", amount_fen=300), 201)
    refused(await own.ask("/penalties/reverse", amount_fen=201), 409, "exceeds-penalty")
    equal(await own.grown(), {"merchant_payable": -200}, "what a penalty of 500 fen less 300 fen moved")


@SUITE.check
async def every_posting_is_found_by_its_day_and_case(ledger: Caller) -> None:
    """Each posting is listed under its case and its day, with the key of the effect that made it."""
    own = await account(ledger)
    made = await own.hold(600)
    listed = await _of_day(ledger, made["booked_on"])
    equal(listed[made["posting_id"]], {"key": made["key"], "case_id": own.case_id}, "the posting of the day")
    (of_case,) = answered(await ledger.get(f"/cases/{own.case_id}/postings"))["postings"]
    equal((of_case["key"], of_case["booked_on"]), (made["key"], made["booked_on"]), "the posting of the case")


async def _of_day(ledger: Caller, day: str) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    after: str | None = ""
    while after is not None:
        page = answered(await ledger.get("/postings", day=day, after=after))
        found |= {each["posting_id"]: {name: each[name] for name in ("key", "case_id")} for each in page["postings"]}
        after = page["next"]
    return found


@SUITE.check
async def the_statement_leads_to_the_balances(ledger: Caller) -> None:
    """A merchant's statement, added up from nothing, ends with what its accounts hold."""
    own = await account(ledger)
    await own.paid(400)
    await own.hold(300)
    sums: dict[str, int] = {}
    after: str | None = ""
    while after is not None:
        page = answered(await ledger.get(f"/merchants/{own.merchant_no}/statement", after=after, limit="2"))
        for line in page["lines"]:
            signed = line["amount_fen"] if line["side"] == "credit" else -line["amount_fen"]
            sums[line["account"]] = sums.get(line["account"], 0) + signed
        equal({name: page["closing"][name] for name in sums}, sums, "the balances at the end of a page")
        after = page["next"]
    balances = answered(await ledger.get(f"/merchants/{own.merchant_no}/balances"))["balances"]
    equal({name: balances[name] for name in sums}, sums, "the balances")


@SUITE.check
async def the_books_balance(ledger: Caller) -> None:
    """The trial balance has the same debits as credits, as of now and as of any day."""
    await (await account(ledger)).hold(100)
    for params in ({}, {"through": "2020-12-31"}):
        trial = answered(await ledger.get("/trial-balance", **params))
        equal(trial["difference_fen"], 0, "the difference of the trial balance")
        equal(sum(one["debit_fen"] - one["credit_fen"] for one in trial["accounts"]), 0, "debits less credits")


@SUITE.check
async def only_whole_fen_of_cny_are_booked(ledger: Caller) -> None:
    """Another currency is refused by name (currency-not-kept), and so are parts of a fen; nothing is booked."""
    own = await account(ledger)
    for wrong, code in (
        ({"currency": "USD"}, "currency-not-kept"),
        ({"amount_fen": 0.5}, None),
        ({"amount_fen": 0}, None),
    ):
        refused(await own.ask("/payouts", **{"amount_fen": 5} | wrong), 422, code)
    equal(await own.grown(), {}, "what refused payouts moved")


@SUITE.check
async def a_closed_month_takes_nothing(ledger: Caller) -> None:
    """Nothing is booked in a closed month or on a day to come (period-closed, day-not-come); no month closes twice."""
    own = await account(ledger)
    if answered(await ledger.get("/periods"))["closed_through"] < f"{LONG_CLOSED}-31":
        answered(await ledger.effect("/periods/close", {"period": LONG_CLOSED}), 201)
    refused(await ledger.effect("/periods/close", {"period": LONG_CLOSED}), 409, "period-closed")
    refused(await ledger.effect("/periods/close", {"period": "2099-12"}), 409, "period-not-over")
    refused(await own.takings(5, booked_on=f"{LONG_CLOSED}-31"), 409, "period-closed")
    refused(await own.takings(5, booked_on="2099-12-31"), 409, "day-not-come")
    equal(await own.grown(), {}, "what refused takings moved")


@SUITE.check
async def an_activation_fee_follows_the_volume(ledger: Caller) -> None:
    """An activation fee is taken from the first swipe and goes back once the terminal's volume is reached."""
    own, sn, key = await account(ledger), ledger.new("SN"), ledger.new_key()
    fee = {
        "merchant_no": own.merchant_no, "terminal_sn": sn, "plan": "PERS59", "kind": "activation_fee",
        "amount_fen": 59, "volume_target_fen": 1000,
    }  # fmt: skip
    equal(answered(await ledger.effect("/fees", fee, key=key), 201)["state"], "agreed", "the fee's state")
    answered(await own.takings(1012, terminal_sn=sn), 201)
    answered(await own.takings(15, terminal_sn=sn, kind="refund"), 201)
    equal((await own.grown())["fee_refundable"], 59, "what may go back")
    refund = {"fee_key": key, "case_id": own.case_id}
    problem = refused(await ledger.effect("/fees/refund", refund), 409, "volume-not-reached")
    equal(problem.get("volume_fen"), 997, "volume_fen")
    answered(await own.takings(4, terminal_sn=sn), 201)
    equal(answered(await ledger.effect("/fees/refund", refund), 201)["state"], "in_transit", "the refund's state")
    equal(await own.grown(), {"merchant_payable": 1012 - 15 - 59 + 4}, "what remained of the takings")


@SUITE.check
async def a_deposit_is_kept_or_given_back(ledger: Caller) -> None:
    """A deposit may be kept as income and given back by agreement, each once (impossible-move)."""
    own, sn, key = await account(ledger), ledger.new("SN"), ledger.new_key()
    fee = {"merchant_no": own.merchant_no, "terminal_sn": sn, "plan": "MER299", "kind": "deposit", "amount_fen": 299}
    answered(await ledger.effect("/fees", fee, key=key), 201)
    answered(await own.takings(5, terminal_sn=sn), 201)
    end = {"fee_key": key, "reason": "the device was not returned"}
    refused(await ledger.effect("/fees/give-back", end), 409, "impossible-move")
    for path, state in (("/fees/keep", "kept"), ("/fees/give-back", "returned")):
        equal(answered(await ledger.effect(path, end), 201)["state"], state, "the deposit's state")
        refused(await ledger.effect(path, end), 409, "impossible-move")
    equal(await own.grown(), {"merchant_payable": 5}, "what a deposit given back moved")


@SUITE.check
async def the_unknown_is_refused(ledger: Caller) -> None:
    """What nobody opened, reserved or sent is refused by name (no-such-merchant, -reservation, -payout, -posting)."""
    own, key = await account(ledger), ledger.new_key()
    stranger = {"merchant_no": ledger.new("M"), "case_id": own.case_id, "amount_fen": 5}
    refused(await ledger.effect("/payouts", stranger), 404, "no-such-merchant")
    refused(await ledger.effect("/reservations/cancel", {"reservation_key": key}), 404, "no-such-reservation")
    refused(await own.settled(key, "confirmed"), 404, "no-such-payout")
    refused(await ledger.effect("/reversals", {"posting_id": "P0", "reason": "x"}), 404, "no-such-posting")
