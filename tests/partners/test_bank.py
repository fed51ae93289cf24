"""The bank as its callers meet it: payouts are accepted first and settled later, and accounts have holders."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import psycopg
import pytest

from partners.bank import app
from partners.kit import Settings, running

CASE = "FA-20261109-AAAAAAAA"
NUMBER = "6222020200112233445"
HOLDER = "上海晨光便利店"

keys = (f"{CASE}:step:{n}" for n in count())


def bank(database: str, desk_url: str = "", delay_ms: int = 0):
    settings = Settings(
        database_url=database,
        desk_url=desk_url,
        hook_secrets={"bank": "bank-secret"},
        options={"delay_ms": str(delay_ms)},
    )
    return app(settings)


@pytest.fixture
async def client(database: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A bank without a desk to call back, which settles payouts in an hour."""
    async with running(bank(database, delay_ms=3_600_000)) as client:
        yield client


async def post(client: httpx2.AsyncClient, path: str, body: dict[str, Any], key: str | None = None) -> httpx2.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key or next(keys)})


async def pay(
    client: httpx2.AsyncClient, key: str | None = None, holder: str = HOLDER, number: str = NUMBER
) -> httpx2.Response:
    account = {"holder": holder, "number": number, "bank": "工商银行"}
    return await post(client, "/payouts", {"case_id": CASE, "amount_fen": 8642000, "account": account}, key)


async def know(client: httpx2.AsyncClient, state: str = "open", holder: str = HOLDER) -> None:
    answer = await client.put(f"/accounts/{NUMBER}", json={"holder": holder, "bank": "工商银行", "state": state})
    assert answer.status_code == 200


async def arrived(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    return (await client.get(f"/accounts/{NUMBER}/statement")).json()["movements"]


# Payouts


async def test_a_payout_is_accepted_and_found_by_its_key(client):
    answer = await pay(client, "FA-1:step:5")

    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["reason"]) == ("accepted", None)
    assert (await client.get("/payouts/FA-1:step:5")).json() == answer.json()
    assert (await client.get("/payouts/FA-1:step:6")).json()["code"] == "no-such-payout"
    assert await arrived(client) == []


async def test_a_payout_repeated_under_its_key_is_the_same_payout(client):
    first, second = await pay(client, "k"), await pay(client, "k")
    other = await post(client, "/payouts", {"case_id": CASE, "amount_fen": 1, "account": {}}, "k")

    assert (second.status_code, second.json()) == (202, first.json())
    assert (await pay(client, "k", holder="另一家")).json()["code"] == "key-reused"
    assert other.status_code == 422


async def test_a_settled_payout_is_confirmed_by_a_callback_that_names_the_step(database, desk):
    async with running(bank(database, desk.url)) as client:
        accepted = (await pay(client, "FA-1:step:5")).json()

        told = await desk.next()

        assert (told.hook, told.is_signed_with("bank-secret")) == ("bank", True)
        assert told.body["message_ref"]
        assert {name: told.body[name] for name in ("case_id", "step_key", "outcome", "payout_ref")} == {
            "case_id": CASE,
            "step_key": "FA-1:step:5",
            "outcome": "confirmed",
            "payout_ref": accepted["payout_ref"],
        }
        payout = (await client.get("/payouts/FA-1:step:5")).json()
        assert payout["state"] == "confirmed"
        assert datetime.fromisoformat(payout["settled_at"]) == datetime.fromisoformat(told.body["occurred_at"])
        assert [(movement["kind"], movement["amount_fen"]) for movement in await arrived(client)] == [
            ("payout", 8642000)
        ]


@pytest.mark.parametrize(
    ("state", "holder", "reason"), [("closed", HOLDER, "account_closed"), ("open", "北京某商店", "holder_mismatch")]
)
async def test_a_payout_bounces_off_an_account_that_cannot_take_it(database, desk, state, holder, reason):
    async with running(bank(database, desk.url)) as client:
        await know(client, state, holder)
        await pay(client, "k")

        told = (await desk.next()).body

        assert (told["outcome"], told["reason"]) == ("bounced", reason)
        payout = (await client.get("/payouts/k")).json()
        assert (payout["state"], payout["reason"]) == ("bounced", reason)
        assert await arrived(client) == []


async def test_callbacks_name_neither_holder_nor_account(database, desk):
    async with running(bank(database, desk.url)) as client:
        await pay(client)

        text = json.dumps((await desk.next()).body, ensure_ascii=False)

        assert HOLDER not in text
        assert NUMBER not in text


async def test_an_account_closed_after_acceptance_bounces_the_payout(database, desk):
    async with running(bank(database, delay_ms=3_600_000)) as client:
        await pay(client, "k")
        await know(client, "closed")
    await bring_forward(database)

    async with running(bank(database, desk.url)):
        assert (await desk.next()).body["outcome"] == "bounced"


async def test_a_payout_accepted_before_a_restart_is_settled_after_it(database, desk):
    async with running(bank(database, delay_ms=3_600_000)) as client:
        await pay(client, "k")
    await bring_forward(database)

    async with running(bank(database, desk.url)):
        assert (await desk.next()).body["step_key"] == "k"


async def bring_forward(database: str) -> None:
    """Let the hour of every accepted payout be over."""
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute("UPDATE bank.payouts SET settle_at = now()")


@pytest.mark.parametrize(
    "wrong", [{"currency": "USD"}, {"amount_fen": 0}, {"amount_fen": 1.5}, {"account": {"holder": "x"}}, {"more": 1}]
)
async def test_a_payout_of_anything_but_whole_fen_of_cny_to_an_account_is_422(client, wrong):
    body = {"case_id": CASE, "amount_fen": 1, "account": {"holder": HOLDER, "number": NUMBER, "bank": "b"}}

    assert (await post(client, "/payouts", body | wrong)).status_code == 422


# Account checks


async def check(client: httpx2.AsyncClient, **given: str) -> tuple[str, str, list[str]]:
    answer = await post(client, "/account-checks", {"holder": HOLDER, "number": NUMBER} | given)
    assert answer.status_code == 200
    told = answer.json()
    return told["match"], told["state"], told["differs"]


async def test_an_unknown_account_is_open_and_held_by_whoever_is_first_named(client):
    assert await check(client) == ("yes", "open", [])
    assert await check(client, holder="另一家") == ("no", "open", ["holder"])
    assert await check(client) == ("yes", "open", [])


async def test_particulars_are_learnt_once_and_compared_from_then_on(client):
    assert await check(client, resident_id="110101199003077758", phone="13800000000") == ("yes", "open", [])
    assert await check(client, resident_id="11010119900307774X") == ("no", "open", ["resident_id"])
    assert await check(client, resident_id="110101199003077758", phone="13900000000") == ("no", "open", ["phone"])


async def test_spellings_of_one_name_match(client):
    await know(client, holder="ABC (上海) Trading")

    assert await check(client, holder="ＡＢＣ（上海）trading") == ("yes", "open", [])
    assert await check(client, holder="ABC (上海) Trading", number="6222 0202 0011 2233 445") == ("yes", "open", [])


async def test_a_closed_account_is_said_to_be_closed(client):
    await know(client, "closed")

    assert await check(client) == ("yes", "closed", [])


# Micro-deposits


async def deposit(client: httpx2.AsyncClient, holder: str = HOLDER) -> httpx2.Response:
    return await post(client, "/micro-deposits", {"number": NUMBER, "holder": holder})


async def tell(client: httpx2.AsyncClient, deposit_ref: str, amount_fen: int) -> httpx2.Response:
    return await post(client, f"/micro-deposits/{deposit_ref}/confirm", {"amount_fen": amount_fen})


async def test_a_micro_deposit_shows_its_amount_only_on_the_accounts_statement(client):
    sent = await deposit(client)

    assert sent.status_code == 201
    assert "amount_fen" not in sent.json()
    [movement] = await arrived(client)
    assert (movement["kind"], movement["ref"]) == ("micro_deposit", sent.json()["deposit_ref"])
    assert 1 <= movement["amount_fen"] <= 99


async def test_the_amount_told_right_confirms_the_deposit_and_closes_it(client):
    ref = (await deposit(client)).json()["deposit_ref"]
    [movement] = await arrived(client)

    told = await tell(client, ref, movement["amount_fen"])

    assert (told.status_code, told.json()["state"]) == (200, "confirmed")
    again = await tell(client, ref, movement["amount_fen"])
    assert (again.status_code, again.json()["code"], again.json()["state"]) == (409, "deposit-closed", "confirmed")


async def test_three_wrong_amounts_fail_the_deposit(client):
    ref = (await deposit(client)).json()["deposit_ref"]

    told = [(await tell(client, ref, 100)).json() for _ in range(3)]

    assert [(answer["state"], answer["tries_left"]) for answer in told] == [
        ("pending", 2),
        ("pending", 1),
        ("failed", 0),
    ]
    [movement] = await arrived(client)
    assert (await tell(client, ref, movement["amount_fen"])).json()["code"] == "deposit-closed"


async def test_an_amount_repeated_under_one_key_costs_one_try(client):
    ref = (await deposit(client)).json()["deposit_ref"]
    path = f"/micro-deposits/{ref}/confirm"

    first, second = [await post(client, path, {"amount_fen": 100}, "one-key") for _ in range(2)]

    assert first.json()["tries_left"] == second.json()["tries_left"] == 2


async def test_a_deposit_is_confirmed_within_seven_days_or_not_at_all(client, database):
    sent = (await deposit(client)).json()
    assert datetime.fromisoformat(sent["expires_at"]) - datetime.now(UTC) <= timedelta(days=7)
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute("UPDATE bank.micro_deposits SET expires_at = now()")
    [movement] = await arrived(client)

    late = await tell(client, sent["deposit_ref"], movement["amount_fen"])

    assert (late.status_code, late.json()["code"]) == (409, "deposit-expired")
    assert (await tell(client, "MD0", 1)).json()["code"] == "no-such-deposit"


async def test_no_deposit_is_sent_to_a_closed_account_or_a_strangers(client):
    await know(client, holder="别人")
    assert (await deposit(client)).json()["code"] == "holder-mismatch"
    await know(client, "closed")
    assert (await deposit(client)).json()["code"] == "account-closed"


# Statement files


async def test_the_statement_file_lists_a_day_with_counterparties_masked(database, desk):
    async with running(bank(database, desk.url)) as client:
        accepted = datetime.fromisoformat((await pay(client, "good")).json()["accepted_at"])
        day = accepted.astimezone(ZoneInfo("Asia/Shanghai")).date()
        await desk.next()
        await know(client, "closed")
        await pay(client, "bad")
        await desk.next()
        file = await client.get("/statement", params={"date": day.isoformat()})
        other_day = await client.get("/statement", params={"date": "2001-01-01"})

    assert file.headers["Content-Type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(file.text)))
    assert [(line["kind"], line["side"], line["key"], line["amount_yuan"], line["reason"]) for line in lines] == [
        ("payout", "debit", "good", "86420.00", ""),
        ("payout", "debit", "bad", "86420.00", ""),
        ("payout_returned", "credit", "bad", "86420.00", "account_closed"),
    ]
    assert {(line["counterparty"], line["account_last4"]) for line in lines} == {("上******", "3445")}
    assert len(other_day.text.splitlines()) == 1


async def test_a_statement_of_no_day_is_422(client):
    assert (await client.get("/statement", params={"date": "2026-02-30"})).status_code == 422
    assert (await client.get("/statement", params={"date": "0"})).status_code == 422
    assert (await client.get("/statement")).status_code == 422


SALE = {
    "ref": "T1",
    "merchant_no": "898310154110001",
    "terminal_id": "10000001",
    "kind": "sale",
    "amount_fen": 2_980_000,
    "at": "2026-11-02T23:59:59+08:00",
    "last4": "4821",
}


async def record(client: httpx2.AsyncClient, *transactions: dict[str, Any]) -> httpx2.Response:
    body = {"transactions": list(transactions)}
    return await client.post("/transactions", json=body, headers={"Idempotency-Key": next(keys)})


async def test_transactions_are_recorded_once_and_found_by_their_references(client):
    later = {**SALE, "ref": "T2", "at": "2026-11-03T00:00:00+08:00"}
    assert (await record(client, later, SALE)).status_code == 201
    assert (await record(client, SALE)).status_code == 201

    found = (await client.get("/transactions", params={"ref": ["T2", "T9", "T1"]})).json()["transactions"]

    assert [one["ref"] for one in found] == ["T1", "T2"]
    assert found[0]["amount_fen"] == 2_980_000


async def test_a_transaction_is_never_recorded_otherwise(client):
    await record(client, SALE)

    answer = await record(client, {**SALE, "ref": "T5"}, {**SALE, "amount_fen": 1})

    assert (answer.status_code, answer.json()["code"]) == (409, "transaction-differs")
    assert (await client.get("/transactions", params={"ref": ["T5"]})).json() == {"transactions": []}


async def test_a_terminals_day_is_one_in_shanghai(client):
    await record(client, SALE, {**SALE, "ref": "T2", "at": "2026-11-03T00:00:00+08:00"})

    listed = await client.get("/terminals/10000001/transactions", params={"date": "2026-11-02"})

    assert [one["ref"] for one in listed.json()["transactions"]] == ["T1"]
