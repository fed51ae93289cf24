"""The ledger as its callers meet it: money moves between named accounts, and refusals say why."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from partners.kit import Settings, running
from partners.ledger import app

M = "898310154110001"
OPENING = 1_000_000
CASE = "FA-20261109-AAAAAAAA"


def ledger(database: str, opening_fen: int = OPENING):
    return app(Settings(database_url=database, options={"opening_fen": str(opening_fen)}))


def sides(posting: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(line["side"], line["account"].split(":")[0], line["amount_fen"]) for line in posting["lines"]]


def refused(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# Opening and takings


async def test_a_newly_opened_merchant_has_its_accounts_and_its_recent_takings(database):
    async with running(ledger(database)) as client:
        first, second = [await client.put(f"/merchants/{M}") for _ in range(2)]

        assert (first.status_code, second.status_code) == (201, 200)
        assert second.json() == first.json()
        assert first.json()["balances"] == {
            "merchant_payable": OPENING,
            "merchant_held": 0,
            "refund_suspense": 0,
            "fee_refundable": 0,
            "claims_payable": 0,
        }


async def test_a_merchant_opened_by_many_at_once_gets_its_takings_once(database):
    async with running(ledger(database)) as client:
        answers = await asyncio.gather(*(client.put(f"/merchants/{M}") for _ in range(6)))

        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
        balances = (await client.get(f"/merchants/{M}/balances")).json()["balances"]
        assert balances["merchant_payable"] == OPENING


async def test_a_settlement_is_owed_by_the_network_and_to_the_merchant(books):
    posting = (await books.post("/settlements", merchant_no=M, amount_fen=500, ref="2026-11-09")).json()

    assert sides(posting) == [("debit", "network_receivable", 500), ("credit", "merchant_payable", 500)]
    assert (await books.balances())["merchant_payable"] == OPENING + 500


async def test_a_merchant_without_accounts_is_refused_everywhere(books):
    unknown = {"merchant_no": "nobody", "case_id": CASE, "amount_fen": 1}

    for path, more in [
        ("/settlements", {"merchant_no": "nobody", "amount_fen": 1, "ref": "r"}),
        ("/holds", unknown | {"control_id": "C"}),
        ("/reservations", unknown | {"control_ids": ["C"]}),
        ("/payouts", unknown),
        ("/penalties/reverse", unknown),
    ]:
        assert refused(await books.post(path, **more)) == (404, "no-such-merchant")
    assert refused(await books.client.get("/merchants/nobody/balances")) == (404, "no-such-merchant")
    assert refused(await books.client.get("/merchants/nobody/statement")) == (404, "no-such-merchant")


# Holds


async def test_a_hold_moves_payable_money_under_its_control(books):
    posting = (await books.hold(8_642_00)).json()

    assert sides(posting) == [("debit", "merchant_payable", 864200), ("credit", "merchant_held", 864200)]
    assert await books.balances() == {"merchant_payable": OPENING - 864200, "merchant_held": 864200}
    assert (await books.control())["remaining_fen"] == 864200


async def test_a_hold_above_the_payable_balance_is_refused_and_says_what_there_is(books):
    answer = await books.hold(OPENING + 1)

    assert refused(answer) == (409, "insufficient-payable")
    assert answer.json()["available_fen"] == OPENING
    assert "merchant_held" not in await books.balances()


async def test_a_control_has_one_hold_whatever_the_key(books):
    await books.hold(100)

    assert refused(await books.hold(100)) == (409, "already-held")


async def test_holds_at_once_never_take_more_than_is_payable(books):
    answers = await asyncio.gather(*(books.hold(OPENING // 4, f"C{n}") for n in range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 4
    assert await books.balances() == {"merchant_held": OPENING}


async def test_one_hold_called_twice_at_once_under_one_key_is_one_posting(books):
    first, second = await asyncio.gather(*(books.hold(100, key="one-key") for _ in range(2)))

    assert first.json() == second.json()
    assert (await books.balances())["merchant_held"] == 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_fen": 0},
        {"amount_fen": -5},
        {"amount_fen": 1.5},
        {"amount_fen": "100"},
        {"amount_fen": True},
        {"amount_fen": 10**18},
        {"merchant_no": "../x"},
        {"terminal_sn": ""},
        {"control_id": None},
    ],
)
async def test_anything_but_whole_positive_fen_of_cny_is_422(books, wrong):
    answer = await books.hold(**{"amount_fen": 100} | wrong)

    assert refused(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == f"body.{next(iter(wrong))}"


@pytest.mark.parametrize("path", ["/settlements", "/holds", "/reservations", "/releases", "/payouts", "/fees"])
async def test_another_currency_is_refused_in_clear_words_and_nothing_is_booked(books, path):
    answer = await books.post(path, merchant_no=M, case_id=CASE, amount_fen=100, currency="USD")

    assert refused(answer) == (422, "currency-not-kept")
    assert "CNY only: nothing was booked" in answer.json()["detail"]
    assert "仅以人民币（CNY）记账" in answer.json()["detail"]
    assert await books.balances() == {"merchant_payable": 1_000_000}


# Reservations and releases


async def test_a_reservation_keeps_held_money_from_any_other(books):
    await books.hold(1000)
    await books.reserve(700)

    answer = await books.reserve(301)

    assert refused(answer) == (409, "insufficient-held")
    assert answer.json()["available_fen"] == 300
    assert (await books.reserve(300)).status_code == 201
    assert (await books.control())["reserved_fen"] == 1000


async def test_reservations_at_once_never_set_the_same_fen_aside_twice(books):
    await books.hold(1000)

    answers = await asyncio.gather(*(books.reserve(400) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]


async def test_a_reservation_takes_from_its_controls_in_the_order_given(books):
    await books.hold(300, "C1")
    await books.hold(500, "C2")

    answer = (await books.reserve(600, "C2", "C1")).json()

    assert answer["parts"] == [{"control_id": "C2", "amount_fen": 500}, {"control_id": "C1", "amount_fen": 100}]


async def test_a_cancelled_reservation_frees_its_money_and_cannot_be_cancelled_again_or_released(books):
    await books.hold(1000)
    await books.reserve(1000, key="r1")

    assert (await books.post("/reservations/cancel", reservation_key="r1")).json()["state"] == "cancelled"

    assert (await books.control())["reserved_fen"] == 0
    assert refused(await books.post("/reservations/cancel", reservation_key="r1")) == (409, "reservation-not-open")
    assert refused(await books.release("r1", 1000)) == (409, "reservation-not-open")
    assert (await books.balances())["merchant_held"] == 1000


async def test_a_release_pays_the_merchant_and_whoever_else_has_a_share_in_one_posting(books):
    await books.hold(1000)
    await books.reserve(1000, key="r1")

    posting = (await books.release("r1", 600, penalty_fen=200, claims_fen=150, network_penalty_fen=50)).json()

    assert sides(posting) == [
        ("debit", "merchant_held", 1000),
        ("credit", "merchant_payable", 600),
        ("credit", "penalty_income", 200),
        ("credit", "claims_payable", 150),
        ("credit", "network_penalty_payable", 50),
    ]
    control = await books.control()
    assert {name: control[name] for name in control if name.endswith("_fen")} == {
        "held_fen": 1000,
        "released_fen": 600,
        "penalty_fen": 200,
        "claims_fen": 150,
        "network_penalty_fen": 50,
        "reserved_fen": 0,
        "remaining_fen": 0,
    }


async def test_what_a_release_leaves_stays_under_its_control(books):
    await books.hold(300, "C1")
    await books.hold(500, "C2")
    await books.reserve(700, "C1", "C2", key="r1")

    await books.release("r1", 350)

    assert (await books.control("C1"))["remaining_fen"] == 0
    second = await books.control("C2")
    assert (second["released_fen"], second["reserved_fen"], second["remaining_fen"]) == (50, 0, 450)


async def test_a_release_beyond_its_reservation_or_of_another_case_is_refused(books):
    await books.hold(1000)
    await books.reserve(500, key="r1")

    assert refused(await books.release("r1", 400, penalty_fen=101)) == (409, "exceeds-reservation")
    assert refused(await books.release("r2", 400)) == (404, "no-such-reservation")
    other_case = {"merchant_no": M, "case_id": "FA-other", "reservation_key": "r1", "release_fen": 1}
    assert refused(await books.post("/releases", **other_case)) == (409, "other-reservation")
    assert refused(await books.release("r1", 0)) == (422, "invalid")
    assert (await books.balances())["merchant_held"] == 1000


async def test_two_releases_of_one_reservation_at_once_release_it_once(books):
    await books.hold(1000)
    await books.reserve(1000, key="r1")

    answers = await asyncio.gather(*(books.release("r1", 500) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert (await books.balances())["merchant_held"] == 500


# Payouts


async def test_a_confirmed_payout_leaves_through_the_bank(books):
    sent = (await books.payout(700, "p1")).json()
    settled = (await books.settle("p1", "confirmed")).json()

    assert sides(sent["posting"]) == [("debit", "merchant_payable", 700), ("credit", "in_transit", 700)]
    assert sides(settled["posting"]) == [("debit", "in_transit", 700), ("credit", "bank", 700)]
    assert (sent["state"], settled["state"]) == ("in_transit", "confirmed")
    assert (await books.house())["in_transit"] == 0


async def test_a_bounced_payout_waits_in_suspense_until_it_is_sent_again(books):
    await books.payout(700, "p1")
    bounced = (await books.settle("p1", "bounced")).json()
    assert sides(bounced["posting"]) == [("debit", "in_transit", 700), ("credit", "refund_suspense", 700)]
    assert (await books.balances())["refund_suspense"] == 700

    again = (await books.resend("p1")).json()
    assert sides(again["posting"]) == [("debit", "refund_suspense", 700), ("credit", "in_transit", 700)]
    assert (await books.settle("p1", "confirmed")).json()["state"] == "confirmed"
    assert "refund_suspense" not in await books.balances()


async def test_a_payout_makes_no_impossible_move_and_says_where_it_is(books):
    await books.payout(700, "p1")
    assert refused(await books.resend("p1")) == (409, "impossible-move")
    await books.settle("p1", "confirmed")

    contradiction = await books.settle("p1", "bounced")

    assert refused(contradiction) == (409, "impossible-move")
    assert contradiction.json()["state"] == "confirmed"
    assert refused(await books.settle("p2", "confirmed")) == (404, "no-such-payout")
    assert refused(await books.payout(OPENING, "p3")) == (409, "insufficient-payable")


# Reversals


async def test_a_reversal_is_the_opposite_posting_and_happens_once(books):
    hold = (await books.hold(1000)).json()

    answer = (await books.post("/reversals", posting_id=hold["posting_id"], reason="placed by mistake")).json()

    assert sides(answer) == [("credit", "merchant_payable", 1000), ("debit", "merchant_held", 1000)]
    assert answer["reverses"] == hold["posting_id"]
    assert (await books.balances())["merchant_payable"] == OPENING
    assert (await books.control())["remaining_fen"] == 0
    again = await books.post("/reversals", posting_id=hold["posting_id"], reason="again")
    assert refused(again) == (409, "already-reversed")
    of_reversal = await books.post("/reversals", posting_id=answer["posting_id"], reason="undo")
    assert refused(of_reversal) == (409, "not-reversible")
    assert refused(await books.post("/reversals", posting_id="P0", reason="r")) == (404, "no-such-posting")


async def test_a_reversed_release_puts_the_money_back_under_its_controls(books):
    await books.hold(1000)
    await books.reserve(1000, key="r1")
    release = (await books.release("r1", 600, penalty_fen=400)).json()

    await books.post("/reversals", posting_id=release["posting_id"], reason="wrong shop")

    control = await books.control()
    assert (control["released_fen"], control["penalty_fen"], control["remaining_fen"]) == (0, 0, 1000)
    assert (await books.house())["penalty_income"] == 0


async def test_money_that_has_moved_on_is_not_reversed(books):
    hold = (await books.hold(OPENING)).json()
    await books.reserve(OPENING, key="r1")
    hold_in_use = await books.post("/reversals", posting_id=hold["posting_id"], reason="r")
    release = (await books.release("r1", OPENING - 100, penalty_fen=100)).json()
    await books.payout(500, "p1")

    release_paid_out = await books.post("/reversals", posting_id=release["posting_id"], reason="r")
    payout = (await books.client.get(f"/cases/{CASE}/postings")).json()["postings"][-1]
    of_payout = await books.post("/reversals", posting_id=payout["posting_id"], reason="r")

    assert refused(hold_in_use) == (409, "not-reversible")
    assert refused(release_paid_out) == (409, "insufficient-payable")
    assert refused(of_payout) == (409, "not-reversible")


async def test_a_penalty_is_given_back_up_to_what_the_case_took(books):
    await books.hold(1000)
    await books.reserve(1000, key="r1")
    await books.release("r1", 500, penalty_fen=500)
    give_back = {"merchant_no": M, "case_id": CASE}

    posting = (await books.post("/penalties/reverse", **give_back, amount_fen=300)).json()

    assert sides(posting) == [("debit", "penalty_income", 300), ("credit", "merchant_payable", 300)]
    beyond = await books.post("/penalties/reverse", **give_back, amount_fen=201)
    assert refused(beyond) == (409, "exceeds-penalty")
    assert beyond.json()["available_fen"] == 200


# Reading the books


async def test_a_case_shows_its_postings_in_order(books):
    hold = (await books.hold(1000)).json()
    await books.reserve(1000, key="r1")
    release = (await books.release("r1", 1000)).json()
    await books.post("/reversals", posting_id=release["posting_id"], reason="r")

    postings = (await books.client.get(f"/cases/{CASE}/postings")).json()["postings"]

    assert [posting["kind"] for posting in postings] == ["hold", "release", "reversal"]
    assert postings[0] == hold
    assert postings[1]["reversed_by"] == postings[2]["posting_id"]
    assert (await books.client.get("/cases/unheard-of/postings")).json()["postings"] == []


async def test_a_statement_is_read_page_by_page(books):
    for n in range(4):
        await books.hold(100, f"C{n}")
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = (await books.client.get(f"/merchants/{M}/statement", params={"after": after, "limit": 2})).json()
        seen += [line["kind"] for line in page["lines"]]
        after = page["next"]

    assert seen == ["settlement"] + ["hold"] * 8
