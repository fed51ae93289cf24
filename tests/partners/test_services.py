"""Services beside the money: they act by themselves in time, and duplicate, contradict or keep silent on demand. What
the desk relies on in each is in its contract (`partners/conformance`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from partners import contracts, field, logistics, network, terminals
from partners.kit import Settings, running
from tests.partners.conftest import CASE, Desk

SECRET = "a secret between the two"
DAY = 24 * 3600
HOOKS = dict.fromkeys(("network", "contracts", "logistics", "field", "terminals"), SECRET)


class Service:
    """A partner's calls, shortened."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.keys = 0

    async def ask(self, path: str, key: str | None = None, **body: Any) -> dict[str, Any]:
        self.keys += 1
        answer = await self.client.post(path, json=body, headers={"Idempotency-Key": key or f"{CASE}:{self.keys}"})
        return answer.json()

    async def get(self, path: str) -> Any:
        return (await self.client.get(path)).json()

    async def faults(self, **faults: int) -> None:
        await self.client.put("/faults", json=faults)

    async def behave(self, **behaviour: Any) -> None:
        assert (await self.client.put("/behaviour", json=behaviour)).status_code == 200

    async def ahead(self, seconds: int) -> None:
        await self.client.put("/clock", json={"ahead_seconds": seconds})


def settings(database: str, desk: Desk) -> Settings:
    return Settings(database, desk_url=desk.url, hook_secrets=HOOKS)


@pytest.fixture
async def visits(database: str, desk: Desk) -> AsyncIterator[Service]:
    async with running(field.app(settings(database, desk))) as client:
        yield Service(client)


@pytest.fixture
async def parcels(database: str, desk: Desk) -> AsyncIterator[Service]:
    async with running(logistics.app(settings(database, desk))) as client:
        yield Service(client)


@pytest.fixture
async def cards(database: str, desk: Desk) -> AsyncIterator[Service]:
    async with running(network.app(settings(database, desk))) as client:
        yield Service(client)


@pytest.fixture
async def agreements(database: str, desk: Desk) -> AsyncIterator[Service]:
    async with running(contracts.app(settings(database, desk))) as client:
        yield Service(client)


@pytest.fixture
async def devices(database: str, desk: Desk) -> AsyncIterator[Service]:
    async with running(terminals.app(settings(database, desk))) as client:
        yield Service(client)


VISIT = {
    "case_id": CASE, "task": "repair", "terminal_sn": "SN-1", "merchant_no": "M1", "address_ref": "vault:1",
}  # fmt: skip
PARCEL = {
    "case_id": CASE, "direction": "from_merchant", "merchant_no": "M1", "address_ref": "vault:1",
    "items": [{"kind": "terminal", "sn": "SN-1"}],
}  # fmt: skip
ITEM = {"what": "new firmware", "owner_ref": "vault:3", "due_on": "2026-12-01T18:00:00+08:00", "proof_sha256": "7" * 64}


async def submitted(cards: Service, key: str) -> dict[str, Any]:
    notice = await cards.ask("/blocks", terminal_sn="SN-1", merchant_no="M1", reason_code="U01")
    return await cards.ask("/submissions", key, case_id=CASE, notice_id=notice["notice_id"], items=[ITEM])


async def told(desk: Desk, number: int) -> list[dict[str, Any]]:
    """The next callbacks in the order in which things happened; they may arrive in any."""
    return sorted([(await desk.next()).body for _ in range(number)], key=lambda body: body["occurred_at"])


async def outcomes(desk: Desk, number: int) -> list[str]:
    return [each["outcome"] for each in await told(desk, number)]


async def test_a_decision_that_takes_ten_days_comes_when_the_clock_is_put_ahead(cards, desk):
    await cards.behave(after_seconds=10 * DAY)
    made = await submitted(cards, "step-1")
    assert (await cards.get(f"/submissions/{made['ref']}"))["state"] == "pending"

    await cards.ahead(9 * DAY)
    assert (await cards.get(f"/submissions/{made['ref']}"))["state"] == "pending"
    await cards.ahead(10 * DAY)

    decision = await desk.next()
    assert (decision.body["outcome"], decision.body["step_key"]) == ("approved", "step-1")
    assert decision.is_signed_with(SECRET)
    assert decision.body["occurred_at"] > made["begun_at"]


async def test_a_clock_is_never_put_back(cards):
    await cards.ahead(10 * DAY)
    later = (await cards.get("/clock"))["now"]

    await cards.ahead(0)

    assert (await cards.get("/clock"))["now"] >= later


async def test_the_network_approves_twice_and_then_rejects_with_one_message_ref(cards, desk):
    await cards.faults(duplicate_callbacks=1, contradict_callbacks=1)
    await cards.behave(after_seconds=0)

    await submitted(cards, "step-1")

    heard = [(await desk.next()).body for _ in range(3)]
    assert [each["outcome"] for each in heard] == ["approved", "approved", "rejected"]
    assert len({each["message_ref"] for each in heard}) == 1


async def test_a_network_asked_to_be_silent_decides_and_tells_nobody(cards, desk):
    await cards.faults(silent_callbacks=1)
    await cards.behave(after_seconds=0)
    made = await submitted(cards, "step-1")
    await submitted(cards, "step-2")

    assert (await desk.next()).body["step_key"] == "step-2"
    assert (await cards.get(f"/submissions/{made['ref']}"))["state"] == "approved"
    assert desk.arrived.empty()


async def test_a_network_that_does_not_act_stays_silent_however_late_it_is(cards, desk):
    await cards.behave(acts=False)
    made = await submitted(cards, "step-1")

    await cards.ahead(100 * DAY)

    assert (await cards.get(f"/submissions/{made['ref']}"))["state"] == "pending"
    assert desk.arrived.empty()


async def test_a_visit_is_made_by_itself(visits, desk):
    await visits.behave(after_seconds=0, result="swapped")

    visit = await visits.ask("/visits", "step-1", **VISIT)

    assert await outcomes(desk, 2) == ["assigned", "done"]
    done = await visits.get(f"/visits/{visit['ref']}")
    assert (done["facts"]["result"], done["facts"]["report"]["new_sn"]) == ("swapped", "SN-1-N")
    assert [each["move"] for each in await visits.get(f"/visits/{visit['ref']}/moves")] == [
        "assign", "arrive", "complete",
    ]  # fmt: skip


async def test_a_merchant_who_is_never_there_has_the_visit_cancelled_the_second_time(visits, desk):
    await visits.behave(after_seconds=0, result="no_show")

    visit = await visits.ask("/visits", "step-1", **VISIT)

    assert await outcomes(desk, 4) == ["assigned", "no_show", "assigned", "cancelled"]
    assert (await visits.get(f"/visits/{visit['ref']}"))["facts"]["no_shows"] == 2


async def test_a_visit_that_was_cancelled_meanwhile_is_not_made(visits, desk):
    await visits.behave(after_seconds=3600)
    visit = await visits.ask("/visits", "step-1", **VISIT)
    await visits.ask(f"/visits/{visit['ref']}/moves", move="cancel", reason="the merchant repaired it")

    await visits.ahead(DAY)

    assert await outcomes(desk, 1) == ["cancelled"]
    assert (await visits.get(f"/visits/{visit['ref']}"))["state"] == "cancelled"
    assert desk.arrived.empty()


async def test_a_device_comes_back_damaged_by_itself(parcels, desk):
    await parcels.behave(after_seconds=0, condition="damaged", damage_fen=30_000)

    await parcels.ask("/shipments", "step-1", **PARCEL)

    heard = await told(desk, 3)
    assert [each["outcome"] for each in heard] == ["dispatched", "delivered", "inspected"]
    assert heard[-1]["inspection"] == {"condition": "damaged", "damage_fen": 30_000, "note": ""}


async def test_a_parcel_may_be_lost_and_its_device_sent_again(parcels, desk):
    await parcels.behave(after_seconds=0, end="lose")

    await parcels.ask("/shipments", "step-1", **PARCEL)
    assert await outcomes(desk, 2) == ["dispatched", "lost"]
    again = await parcels.ask("/shipments", "step-2", **PARCEL)

    assert again["state"] == "booked"


async def test_a_device_that_is_offline_for_seven_days_stays_unwiped_and_is_wiped_when_it_comes_back(devices, desk):
    terminal = {"tusn": "T1", "terminal_id": "10000001", "model": "P100", "merchant_no": "M1"}
    await devices.client.put("/terminals/SN-1", json=terminal)
    await devices.client.put("/terminals/SN-1/device", json={"faults": ["network"]})
    wipe = await devices.ask("/terminals/SN-1/wipes", "step-4", case_id=CASE)

    await devices.ahead(7 * DAY)
    assert (await devices.get(f"/wipes/{wipe['ref']}"))["state"] == "pending"
    assert (await devices.get("/terminals/SN-1"))["may_transact"] is False
    assert desk.arrived.empty()

    await devices.client.put("/terminals/SN-1/device", json={"faults": []})
    assert await outcomes(desk, 1) == ["wiped"]


@pytest.mark.parametrize("does", ["sign", "decline"])
async def test_a_merchant_may_sign_by_themselves_or_decline(agreements, desk, does):
    await agreements.behave(acts=True, after_seconds=0, does=does)

    await agreements.ask(
        "/agreements", "step-1", case_id=CASE, merchant_no="M1", template="T", document_sha256="5" * 64
    )

    assert await outcomes(desk, 1) == [{"sign": "signed", "decline": "declined"}[does]]


async def test_a_partner_started_again_carries_out_what_it_had_planned(database, desk):
    async with running(field.app(settings(database, desk))) as client:
        first = Service(client)
        await first.behave(after_seconds=DAY)
        await first.ask("/visits", "step-1", **VISIT)

    async with running(field.app(settings(database, desk))) as client:
        await Service(client).ahead(DAY)
        assert await outcomes(desk, 1) == ["assigned"]


async def test_a_behaviour_that_is_none_is_refused(visits):
    answer = await visits.client.put("/behaviour", json={"result": "magic"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await visits.get("/behaviour"))["result"] == "done"
