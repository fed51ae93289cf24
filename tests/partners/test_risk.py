"""Risk control: rules are lifted for a control and reinstated for the same one; questioned transactions are listed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx2
import pytest

from partners.kit import Settings, running
from partners.risk import app

SLIP = {
    "ref": "T-1",
    "amount_fen": 4_321_000,
    "at": "2026-11-09T23:41:00+08:00",
    "last4": "4242",
    "terminal_id": "10000001",
}
LIFT = {"external_ref": "RK-1", "control_id": "C1", "case_id": "FA-1", "terminal_sn": "SN0001"}
REINSTATE = {"external_ref": "RK-1", "control_id": "C1", "case_id": "FA-1"}
_keys = count(1)


@pytest.fixture
async def risk(database: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app(Settings(database_url=database))) as client:
        yield client


@pytest.fixture
async def ruled(risk: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Risk control with the rule RK-1 biting on SN0001."""
    await ask(risk, "/rules", external_ref="RK-1", terminal_sn="SN0001", kind="velocity")
    return risk


async def ask(client: httpx2.AsyncClient, path: str, key: str | None = None, **body: Any) -> httpx2.Response:
    key = key or f"FA-1:step:{next(_keys)}"
    return await client.post(path, json=body, headers={"Idempotency-Key": key})


async def rule(client: httpx2.AsyncClient) -> dict[str, Any]:
    return (await client.get("/rules/RK-1")).json()


def refused(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# Rules


async def test_a_rule_is_on_until_it_is_lifted_for_a_control(ruled):
    before = await rule(ruled)
    lifted = await ask(ruled, "/rules/lift", **LIFT)
    after = await rule(ruled)

    assert (before["state"], after["state"]) == ("on", "lifted")
    assert (lifted.status_code, lifted.json()["lifted_by"], lifted.json()["already_lifted"]) == (200, "C1", False)
    assert after["terminals"][0]["kind"] == "velocity"


async def test_a_rule_never_heard_of_is_entered_and_lifted(risk):
    lifted = (await ask(risk, "/rules/lift", **LIFT)).json()

    assert (lifted["state"], lifted["kind"]) == ("lifted", None)
    assert (await rule(risk))["state"] == "lifted"


async def test_a_rule_lifted_before_stays_lifted_by_whom_it_was(ruled):
    await ask(ruled, "/rules/lift", **LIFT)

    again = (await ask(ruled, "/rules/lift", **LIFT | {"control_id": "C2"})).json()

    assert (again["already_lifted"], again["lifted_by"]) == (True, "C1")
    assert [(c["control_id"], c["effective"]) for c in (await rule(ruled))["changes"] if c["change"] == "lifted"] == [
        ("C1", True),
        ("C2", False),
    ]


async def test_calls_under_one_key_at_once_lift_once(ruled):
    answers = await asyncio.gather(*(ask(ruled, "/rules/lift", "FA-1:lift", **LIFT) for _ in range(10)))

    assert len({answer.text for answer in answers}) == 1
    assert [c["change"] for c in (await rule(ruled))["changes"]] == ["set", "lifted"]


async def test_lifting_on_one_terminal_leaves_the_rule_on_at_the_others(ruled):
    await ask(ruled, "/rules", external_ref="RK-1", terminal_sn="SN0002", kind="velocity")
    await ask(ruled, "/rules/lift", **LIFT)

    seen = await rule(ruled)

    assert seen["state"] == "on"
    assert [(t["terminal_sn"], t["state"]) for t in seen["terminals"]] == [("SN0001", "lifted"), ("SN0002", "on")]


async def test_a_lifting_is_taken_back_for_the_control_it_was_done_for(ruled):
    await ask(ruled, "/rules/lift", **LIFT)

    back = await ask(ruled, "/rules/reinstate", **REINSTATE)

    assert (back.status_code, back.json()["reinstated_on"]) == (200, ["SN0001"])
    assert (await rule(ruled))["state"] == "on"


async def test_another_controls_lifting_is_not_taken_back(ruled):
    await ask(ruled, "/rules/lift", **LIFT)

    back = (await ask(ruled, "/rules/reinstate", **REINSTATE | {"control_id": "C2"})).json()

    assert (back["reinstated_on"], back["state"]) == ([], "lifted")
    assert (await rule(ruled))["state"] == "lifted"


async def test_taking_back_twice_changes_nothing_more(ruled):
    await ask(ruled, "/rules/lift", **LIFT)
    await ask(ruled, "/rules/reinstate", **REINSTATE)

    again = (await ask(ruled, "/rules/reinstate", **REINSTATE)).json()

    assert (again["reinstated_on"], again["state"]) == ([], "on")


async def test_a_rule_lifted_taken_back_and_lifted_again_is_lifted(ruled):
    for path, body in (("lift", LIFT), ("reinstate", REINSTATE), ("lift", LIFT)):
        await ask(ruled, f"/rules/{path}", **body)

    assert (await rule(ruled))["state"] == "lifted"
    assert [c["change"] for c in (await rule(ruled))["changes"]] == ["set", "lifted", "reinstated", "lifted"]


async def test_a_lifted_rule_that_is_set_again_bites_again(ruled):
    await ask(ruled, "/rules/lift", **LIFT)
    await ask(ruled, "/rules", external_ref="RK-1", terminal_sn="SN0001", kind="velocity")

    assert (await rule(ruled))["state"] == "on"


async def test_an_unknown_rule_is_not_read_or_reinstated(risk):
    assert refused(await risk.get("/rules/RK-9")) == (404, "no-such-rule")
    assert refused(await ask(risk, "/rules/reinstate", **REINSTATE)) == (404, "no-such-rule")


# Questioned transactions


async def test_questioned_transactions_are_given_back_in_their_order(risk):
    slips = [SLIP | {"ref": ref} for ref in ("T-3", "T-1", "T-2")]

    await risk.put("/questioned/RK-1", json={"transactions": slips})
    listed = (await risk.get("/questioned/RK-1")).json()["transactions"]

    assert [(each["ref"], each["amount_fen"], each["last4"]) for each in listed] == [
        ("T-3", 4_321_000, "4242"),
        ("T-1", 4_321_000, "4242"),
        ("T-2", 4_321_000, "4242"),
    ]


async def test_a_new_list_takes_the_place_of_the_old(risk):
    await risk.put("/questioned/RK-1", json={"transactions": [SLIP]})
    await risk.put("/questioned/RK-1", json={"transactions": [SLIP | {"ref": "T-2"}]})

    assert [each["ref"] for each in (await risk.get("/questioned/RK-1")).json()["transactions"]] == ["T-2"]


async def test_two_lists_at_once_are_not_mixed(risk):
    lists = [[SLIP | {"ref": f"{name}-{n}"} for n in range(5)] for name in "AB"]

    answers = await asyncio.gather(*(risk.put("/questioned/RK-1", json={"transactions": each}) for each in lists))

    listed = (await risk.get("/questioned/RK-1")).json()["transactions"]
    assert {answer.status_code for answer in answers} == {200}
    assert len({each["ref"][0] for each in listed}) == 1
    assert len(listed) == 5


async def test_a_control_that_questions_nothing_has_an_empty_list(risk):
    assert (await risk.get("/questioned/RK-9")).json() == {"transactions": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"last4": "6222021234567890"},
        {"amount_fen": 0},
        {"amount_fen": 12.5},
        {"at": "2026-11-09T23:41:00"},
        {"pan": "6222021234567890"},
    ],
    ids=["a whole card number", "no amount", "a fraction of a fen", "a time without offset", "an unknown field"],
)
async def test_a_questioned_transaction_is_refused_with(risk, wrong):
    answer = await risk.put("/questioned/RK-1", json={"transactions": [SLIP | wrong]})

    assert refused(answer) == (422, "invalid")
    assert "6222021234567890" not in answer.text


async def test_a_transaction_named_twice_is_refused(risk):
    assert refused(await risk.put("/questioned/RK-1", json={"transactions": [SLIP, SLIP]})) == (422, "invalid")


# Limits and watches


async def test_of_each_case_the_newest_limits_count_and_of_all_cases_the_lowest(risk):
    for case_id, percent in (("FA-1", 50), ("FA-2", 30), ("FA-2", 100)):
        await ask(risk, "/limits", merchant_no="898310000000001", case_id=case_id, factor_percent=percent)
    one_left = (await risk.get("/limits/898310000000001")).json()
    await ask(risk, "/limits", merchant_no="898310000000001", case_id="FA-1", factor_percent=100)

    assert (one_left["factor_percent"], one_left["case_id"]) == (50, "FA-1")
    assert (await risk.get("/limits/898310000000001")).json()["factor_percent"] == 100


async def test_full_limits_are_the_rule_and_the_lowest_hold(risk):
    untouched = (await risk.get("/limits/898310000000001")).json()
    await ask(risk, "/limits", merchant_no="898310000000001", case_id="FA-1", factor_percent=50)
    await ask(risk, "/limits", merchant_no="898310000000001", case_id="FA-2", factor_percent=30)

    now = (await risk.get("/limits/898310000000001")).json()

    assert (untouched["factor_percent"], untouched["case_id"]) == (100, None)
    assert (now["factor_percent"], now["case_id"]) == (30, "FA-2")


async def test_a_watch_gathers_the_hits_of_its_time(risk):
    watch = (await ask(risk, "/monitoring", merchant_no="1", case_id="FA-1", until="2026-12-09T00:00:00+08:00")).json()
    hits = f"/monitoring/{watch['watch_ref']}/hits"

    seen = await ask(risk, hits, rule="velocity", at="2026-11-20T10:00:00+08:00")
    late = await ask(risk, hits, rule="velocity", at="2026-12-10T10:00:00+08:00")

    told = (await risk.get("/monitoring", params={"case_id": "FA-1"})).json()
    assert seen.status_code == 201
    assert refused(late) == (409, "watch-over")
    assert [each["watch_ref"] for each in told["watches"]] == [watch["watch_ref"]]
    assert told["hits"] == [seen.json()]


async def test_a_hit_belongs_to_a_watch(risk):
    answer = await ask(risk, "/monitoring/W-9/hits", rule="velocity", at="2026-11-20T10:00:00+08:00")

    assert refused(answer) == (404, "no-such-watch")
