"""Activation fees and deposits: taken from the first swipe, given back, kept, returned."""

from __future__ import annotations

import pytest

from tests.partners.conftest import CASE, M

SN = "SN-1"
PERS59 = {"plan": "PERS59", "kind": "activation_fee", "amount_fen": 5_900, "volume_target_fen": 1_000_000}
MER299 = {"plan": "MER299", "kind": "deposit", "amount_fen": 29_900}
SMART998 = {"plan": "SMART998", "kind": "purchase", "amount_fen": 99_800}


async def agree(books, key="fee-1", terminal_sn=SN, **plan):
    return await books.post("/fees", key, merchant_no=M, terminal_sn=terminal_sn, **plan)


async def fee(books, key="fee-1"):
    return (await books.client.get(f"/fees/{key}")).json()


def refused(answer):
    return answer.status_code, answer.json()["code"]


async def test_an_activation_fee_is_charged_from_the_first_swipe(books):
    await agree(books, **PERS59)
    assert (await books.balances(), (await fee(books))["state"]) == ({"merchant_payable": 1_000_000}, "agreed")

    await books.takings(20_000, SN)
    await books.takings(20_000, SN)

    assert await books.balances() == {"merchant_payable": 1_034_100, "fee_refundable": 5_900}
    assert (await fee(books))["state"] == "charged"


async def test_takings_of_another_terminal_charge_nothing(books):
    await agree(books, **PERS59)

    await books.takings(20_000, "SN-2")
    await books.post("/settlements", merchant_no=M, amount_fen=20_000, ref="day")

    assert "fee_refundable" not in await books.balances()


async def test_a_fee_waits_until_the_takings_suffice(books):
    await agree(books, **PERS59)
    await books.hold(999_000)

    await books.takings(4_000, SN)
    assert (await fee(books))["state"] == "agreed"
    await books.takings(4_000, SN)

    assert (await fee(books))["state"] == "charged"
    assert (await books.balances())["merchant_payable"] == 1_000 + 8_000 - 5_900


async def test_scenario_4_a_refund_keeps_the_volume_below_the_target_and_a_closed_account_means_suspense(books):
    await agree(books, **PERS59)
    await books.takings(1_012_000, SN)
    await books.takings(15_000, SN, kind="refund")

    early = await books.post("/fees/refund", fee_key="fee-1", case_id=CASE)
    assert refused(early) == (409, "volume-not-reached")
    assert (early.json()["volume_fen"], early.json()["volume_target_fen"]) == (997_000, 1_000_000)

    await books.takings(4_000, SN)
    await books.post("/fees/refund", "back", fee_key="fee-1", case_id=CASE)
    await books.settle("back", "bounced")
    assert (await books.balances())["refund_suspense"] == 5_900
    await books.resend("back")
    await books.settle("back", "confirmed")

    assert (await books.house())["bank"] == -5_900
    assert await books.balances() == {"merchant_payable": 1_000_000 + 1_012_000 - 15_000 + 4_000 - 5_900}
    assert (await fee(books))["state"] == "refunded"


async def test_reversed_takings_and_held_money_are_no_volume_until_they_are_released(books):
    await agree(books, **PERS59)
    wrong = (await books.takings(600_000, SN)).json()
    await books.takings(1_000_000, SN)
    await books.post("/reversals", posting_id=wrong["posting_id"], reason="counted twice")
    await books.takings(100, SN, kind="reversal")
    await books.takings(100, SN)
    assert (await fee(books))["volume_fen"] == 1_000_000

    await books.hold(50_000, terminal_sn=SN)
    assert (await fee(books))["volume_fen"] == 950_000

    await books.reserve(50_000, key="r1")
    await books.release("r1", 30_000, penalty_fen=20_000)
    assert (await fee(books))["volume_fen"] == 980_000


async def test_a_fee_whose_volume_is_not_reached_is_kept_and_may_be_given_back_by_agreement(books):
    await agree(books, **PERS59)
    await books.takings(20_000, SN)

    kept = await books.post("/fees/keep", fee_key="fee-1", reason="not reached within the year")
    assert (kept.json()["state"], (await books.house())["fee_income"]) == ("kept", 5_900)
    assert refused(await books.post("/fees/refund", fee_key="fee-1", case_id=CASE)) == (409, "impossible-move")

    back = await books.post("/fees/give-back", fee_key="fee-1", reason="agreed after a complaint")
    assert (back.json()["state"], (await books.house())["fee_income"]) == ("returned", 0)
    assert await books.balances() == {"merchant_payable": 1_020_000}
    again = await books.post("/fees/give-back", fee_key="fee-1", reason="once more")
    assert refused(again) == (409, "impossible-move")


async def test_a_fee_whose_volume_is_reached_cannot_be_kept(books):
    await agree(books, **PERS59)
    await books.takings(1_000_000, SN)

    assert refused(await books.post("/fees/keep", fee_key="fee-1", reason="x")) == (409, "volume-reached")


async def test_a_deposit_goes_back_whatever_the_volume(books):
    await agree(books, **MER299)
    await books.takings(100, SN)

    assert (await books.post("/fees/refund", fee_key="fee-1", case_id=CASE)).json()["amount_fen"] == 29_900
    assert "fee_refundable" not in await books.balances()


async def test_a_purchase_is_income_at_once_and_never_refunded(books):
    await agree(books, **SMART998)
    await books.takings(100, SN)

    assert (await books.house())["fee_income"] == 99_800
    assert refused(await books.post("/fees/refund", fee_key="fee-1", case_id=CASE)) == (409, "impossible-move")


async def test_a_terminal_has_one_fee_at_a_time(books):
    await agree(books, **PERS59)

    assert refused(await agree(books, "fee-2", **MER299)) == (409, "fee-running")
    assert (await agree(books, "fee-2", "SN-2", **MER299)).status_code == 201
    assert refused(await books.client.get("/fees/fee-3")) == (404, "no-such-fee")


@pytest.mark.parametrize("plan", [PERS59 | {"volume_target_fen": None}, MER299 | {"volume_target_fen": 5}])
async def test_only_an_activation_fee_has_a_target(books, plan):
    assert refused(await agree(books, **plan)) == (422, "invalid")


async def test_more_than_is_payable_is_not_taken_back(books):
    assert refused(await books.takings(1_000_001, SN, kind="refund")) == (409, "insufficient-payable")
