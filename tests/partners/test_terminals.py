"""Terminal management: a life that refuses impossible moves, one merchant at a time, and blocks that have names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any, get_args

import httpx2
import pytest

from partners.kit import Settings, running
from partners.terminals import app
from partners.terminals.states import MOVES, SERVING, Move, State, after, possible_moves, way_to_activated

SN = "SN0001"
DEVICE = {
    "tusn": "00003604SN0001",
    "terminal_id": "10000001",
    "model": "P8",
    "merchant_no": "898310000000001",
    "deploy_address_ref": "va_1",
    "fee_plan": "PERS59",
}
_keys = count(1)


@pytest.fixture
async def terminals(database: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app(Settings(database_url=database))) as client:
        yield client


@pytest.fixture
async def activated(terminals: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Terminal management with one activated terminal, SN."""
    assert (await terminals.put(f"/terminals/{SN}", json=DEVICE)).status_code == 200
    return terminals


async def ask(client: httpx2.AsyncClient, path: str, key: str | None = None, **body: Any) -> httpx2.Response:
    key = key or f"FA-1:step:{next(_keys)}"
    return await client.post(f"/terminals/{SN}/{path}", json=body, headers={"Idempotency-Key": key})


async def terminal(client: httpx2.AsyncClient) -> dict[str, Any]:
    return (await client.get(f"/terminals/{SN}")).json()


def refused(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# The life of a terminal


def test_only_the_moves_of_the_table_are_possible():
    possible = {(state, move) for state in get_args(State) for move in get_args(Move) if after(move, state)}

    assert possible == {
        ("in_stock", "bind"),
        ("in_stock", "retire"),
        ("bound", "activate"),
        ("bound", "unbind"),
        ("activated", "disable"),
        ("activated", "unbind"),
        ("disabled", "enable"),
        ("disabled", "unbind"),
        ("unbound", "bind"),
        ("unbound", "restock"),
        ("unbound", "retire"),
    }


def test_a_retired_terminal_makes_no_move_and_cannot_be_registered():
    assert possible_moves("retired") == ()
    assert way_to_activated("retired") is None


@pytest.mark.parametrize("state", sorted(set(get_args(State)) - {"retired", "disabled"}))
def test_registering_leads_to_activated_by_possible_moves_only(state: State):
    way = way_to_activated(state)

    assert way is not None
    for move in way:
        assert state in MOVES[move]
        state = MOVES[move][state]
    assert state == "activated"


def test_a_terminal_leaves_its_merchant_only_by_unbinding():
    leaving = {move for move, ways in MOVES.items() for a, b in ways.items() if a in SERVING and b not in SERVING}

    assert leaving == {"unbind"}


async def test_a_registered_terminal_is_activated_at_once(activated):
    seen = await terminal(activated)

    assert (seen["state"], seen["may_transact"], seen["blocks"]) == ("activated", True, [])
    assert seen["binding"] == {"merchant_no": "898310000000001", "deploy_address_ref": "va_1", "fee_plan": "PERS59"}
    moves = (await activated.get(f"/terminals/{SN}/moves")).json()
    assert [(m["move"], m["to_state"]) for m in moves] == [("bind", "bound"), ("activate", "activated")]


async def test_registering_again_changes_only_what_differs(activated):
    answer = await activated.put(f"/terminals/{SN}", json=DEVICE | {"model": "P9"})

    assert (answer.status_code, answer.json()["model"]) == (200, "P9")
    assert len((await activated.get(f"/terminals/{SN}/moves")).json()) == 2


async def test_registering_does_not_enable_a_disabled_terminal(activated):
    await ask(activated, "moves", move="disable")

    assert (await activated.put(f"/terminals/{SN}", json=DEVICE)).json()["state"] == "disabled"


async def test_a_terminal_serves_one_merchant_at_a_time(activated):
    elsewhere = DEVICE | {"merchant_no": "898310000000002"}

    assert refused(await activated.put(f"/terminals/{SN}", json=elsewhere)) == (409, "bound-elsewhere")
    assert (await terminal(activated))["binding"]["merchant_no"] == "898310000000001"


async def test_two_merchants_registering_a_new_terminal_at_once_are_not_both_served(terminals):
    merchants = [f"89831000000000{n}" for n in range(6)]

    answers = await asyncio.gather(
        *(terminals.put(f"/terminals/{SN}", json=DEVICE | {"merchant_no": no}) for no in merchants)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


async def test_an_unbound_terminal_may_serve_another_merchant(activated):
    await ask(activated, "parameters", params={"receipt": "zh"})
    unbound = (await ask(activated, "moves", move="unbind")).json()

    answer = await activated.put(f"/terminals/{SN}", json=DEVICE | {"merchant_no": "898310000000002"})

    assert (unbound["state"], unbound["binding"], unbound["parameters"]) == ("unbound", None, {})
    assert answer.json()["binding"]["merchant_no"] == "898310000000002"
    assert answer.json()["state"] == "activated"


async def test_an_impossible_move_is_refused_and_the_possible_ones_are_named(activated):
    answer = await ask(activated, "moves", move="enable")

    assert refused(answer) == (409, "impossible-move")
    assert answer.json()["possible_moves"] == ["disable", "unbind"]
    assert (await terminal(activated))["state"] == "activated"


async def test_a_terminal_goes_from_stock_to_its_end(activated):
    states = [
        (await ask(activated, "moves", move=move)).json()["state"]
        for move in ("disable", "enable", "unbind", "restock", "retire")
    ]

    assert states == ["disabled", "activated", "unbound", "in_stock", "retired"]
    assert refused(await activated.put(f"/terminals/{SN}", json=DEVICE)) == (409, "impossible-move")
    assert refused(await ask(activated, "blocks", control_id="C1", scope=["all"])) == (409, "impossible-move")


async def test_a_binding_names_its_merchant_and_no_other_move_does(activated):
    assert refused(await ask(activated, "moves", move="bind")) == (422, "invalid")
    assert refused(await ask(activated, "moves", move="disable", merchant_no="898310000000001")) == (422, "invalid")


async def test_a_terminal_under_a_block_cannot_leave_its_merchant(activated):
    await ask(activated, "blocks", control_id="C1", scope=["all"])

    answer = await ask(activated, "moves", move="unbind")

    assert refused(answer) == (409, "blocks-standing")
    assert answer.json()["control_ids"] == ["C1"]


# Blocks


async def test_a_blocked_terminal_stays_activated_and_may_not_transact(activated):
    answer = await ask(activated, "blocks", control_id="C1", scope=["all"], reason="R01")

    seen = await terminal(activated)
    assert (answer.status_code, answer.json()["may_transact"]) == (201, False)
    assert (seen["state"], seen["may_transact"]) == ("activated", False)
    assert [(b["control_id"], b["scope"], b["reason"]) for b in seen["blocks"]] == [("C1", ["all"], "R01")]


async def test_of_two_blocks_each_is_lifted_by_its_own_name(activated):
    await ask(activated, "blocks", control_id="C1", scope="all")
    await ask(activated, "blocks", control_id="C2", scope=["qr", "credit"])

    first = (await ask(activated, "blocks/lift", control_id="C1")).json()
    second = (await ask(activated, "blocks/lift", control_id="C2")).json()

    assert (first["may_transact"], first["already_lifted"]) == (False, False)
    assert (second["may_transact"], second["scope"]) == (True, ["credit", "qr"])
    assert (await terminal(activated))["may_transact"] is True


async def test_lifting_a_block_that_was_never_placed_is_refused(activated):
    assert refused(await ask(activated, "blocks/lift", control_id="C9")) == (404, "no-such-block")


async def test_a_block_lifted_before_is_said_to_be_lifted_already(activated):
    await ask(activated, "blocks", control_id="C1", scope=["all"])
    first = (await ask(activated, "blocks/lift", control_id="C1")).json()

    again = (await ask(activated, "blocks/lift", control_id="C1")).json()

    assert again == first | {"already_lifted": True}


async def test_a_block_placed_again_after_its_lifting_stands_again(activated):
    for path in ("blocks", "blocks/lift", "blocks"):
        await ask(activated, path, control_id="C1", **({"scope": ["all"]} if path == "blocks" else {}))

    assert [b["control_id"] for b in (await terminal(activated))["blocks"]] == ["C1"]


async def test_a_block_that_stands_is_not_placed_a_second_time(activated):
    first = await ask(activated, "blocks", control_id="C1", scope=["all"])
    same = await ask(activated, "blocks", control_id="C1", scope=["all", "qr"])
    other = await ask(activated, "blocks", control_id="C1", scope=["qr"])

    assert same.json() == first.json()
    assert refused(other) == (409, "block-differs")


async def test_the_same_block_called_for_many_times_at_once_stands_once(activated):
    calls = (ask(activated, "blocks", control_id="C1", scope=["all"]) for _ in range(8))  # each under its own key

    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {201}
    assert len((await terminal(activated))["blocks"]) == 1


async def test_an_unblock_whose_answer_was_lost_is_found_by_its_key_and_done_once(activated):
    await ask(activated, "blocks", control_id="C1", scope=["all"])
    await activated.put("/faults", json={"lose_answers": 1})

    lost = await ask(activated, "blocks/lift", "FA-7:step:4", control_id="C1")
    found = (await activated.get("/effects/FA-7:step:4")).json()
    repeat = await ask(activated, "blocks/lift", "FA-7:step:4", control_id="C1")

    assert lost.status_code == 504
    assert (found["kind"], found["answer"]["already_lifted"]) == ("lift-block", False)
    assert repeat.json() == found["answer"]


@pytest.mark.parametrize("scope", [[], ["everything"], None])
async def test_a_block_needs_a_known_scope(activated, scope):
    assert refused(await ask(activated, "blocks", control_id="C1", scope=scope)) == (422, "invalid")


async def test_an_unknown_terminal_is_not_blocked_read_or_moved(terminals):
    expected = (404, "no-such-terminal")

    assert refused(await ask(terminals, "blocks", control_id="C1", scope=["all"])) == expected
    assert refused(await ask(terminals, "moves", move="disable")) == expected
    assert refused(await terminals.get(f"/terminals/{SN}")) == expected
    assert refused(await terminals.put(f"/terminals/{SN}/device", json={"faults": []})) == expected


async def test_a_merchants_terminals_are_listed(activated):
    await activated.put("/terminals/SN0002", json=DEVICE | {"tusn": "00003604SN0002", "terminal_id": "10000002"})

    found = (await activated.get("/terminals", params={"merchant_no": "898310000000001"})).json()

    assert [each["sn"] for each in found] == ["SN0001", "SN0002"]
    assert (await activated.get("/terminals", params={"merchant_no": "nobody"})).json() == []


# Parameters, limits, health, test transactions


async def test_parameters_not_named_keep_their_values(activated):
    await ask(activated, "parameters", params={"receipt": "zh", "heartbeat_s": 60})

    answer = await ask(activated, "parameters", params={"heartbeat_s": 30})

    assert answer.json()["parameters"] == {"receipt": "zh", "heartbeat_s": 30}
    assert answer.json()["parameter_version"] == 2


async def test_a_factor_is_of_the_standard_limits_and_does_not_compound(activated):
    first = await ask(activated, "limits", factor=50)
    again = await ask(activated, "limits", factor=50)

    assert first.json()["limits"]["per_transaction_fen"] == 2_500_000
    assert again.json() == first.json()
    assert (await terminal(activated))["limits"] == first.json()["limits"]


async def test_limits_are_given_as_a_factor_or_as_amounts_not_both(activated):
    amounts = {"per_transaction_fen": 100, "per_day_fen": 200, "per_month_fen": 300}

    assert (await ask(activated, "limits", limits=amounts)).json()["limits"] == amounts
    assert refused(await ask(activated, "limits", factor=50, limits=amounts)) == (422, "invalid")
    assert refused(await ask(activated, "limits")) == (422, "invalid")


async def test_a_terminal_that_serves_nobody_takes_no_parameters_limits_or_checks(activated):
    await ask(activated, "moves", move="unbind")

    for path, body in (("parameters", {"params": {"a": 1}}), ("limits", {"factor": 50}), ("health-check", {})):
        assert refused(await ask(activated, path, **body)) == (409, "impossible-move")


async def test_a_health_check_names_what_is_broken(activated):
    await activated.put(f"/terminals/{SN}/device", json={"faults": ["printer"]})

    health = (await ask(activated, "health-check")).json()

    assert health["healthy"] is False
    assert [(c["name"], c["zh"]) for c in health["checks"] if not c["ok"]] == [("printer", "打印机故障")]


async def test_a_repaired_device_is_healthy(activated):
    await activated.put(f"/terminals/{SN}/device", json={"faults": ["printer", "network"]})
    await activated.put(f"/terminals/{SN}/device", json={"faults": []})

    assert (await ask(activated, "health-check")).json()["healthy"] is True


async def test_a_test_transaction_is_approved_and_taken_back(activated):
    tried = (await ask(activated, "test-transactions", amount_fen=1)).json()

    assert (tried["result"], tried["reason"], tried["reversed"]) == ("approved", None, True)


async def test_a_block_declines_what_is_in_its_scope_only(activated):
    await ask(activated, "blocks", control_id="C1", scope=["qr"])

    tried = [(await ask(activated, "test-transactions", kind=kind)).json() for kind in ("qr", "debit")]

    assert [(t["result"], t["reason"]) for t in tried] == [("declined", "blocked"), ("approved", None)]


async def test_a_terminal_declines_when_disabled_broken_or_over_its_limit(activated):
    over = await ask(activated, "test-transactions", amount_fen=5_000_001)
    await activated.put(f"/terminals/{SN}/device", json={"faults": ["reader"]})
    broken = await ask(activated, "test-transactions")
    await ask(activated, "moves", move="disable")
    disabled = await ask(activated, "test-transactions")

    reasons = [answer.json()["reason"] for answer in (over, broken, disabled)]
    assert reasons == ["over-limit", "device-fault", "not-activated"]


async def test_a_broken_printer_does_not_stop_transactions(activated):
    await activated.put(f"/terminals/{SN}/device", json={"faults": ["printer"]})

    assert (await ask(activated, "test-transactions")).json()["result"] == "approved"
