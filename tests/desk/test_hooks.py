"""Partners' callbacks: signed, fresh, each message once, and what contradicts our record."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import httpx2
import pytest

from tests.desk.house import House


async def signed(
    house: House, source: str, body: dict[str, Any] | bytes, *, age: int = 0, secret: str | None = None
) -> httpx2.Response:
    """A callback as a partner sends it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    at = str(int(time.time()) - age)
    key = (secret or house.config.hook_secrets[source]).encode()
    signature = hmac.new(key, f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"Thaw-Signature": f"t={at},v1={signature}", "Content-Type": "application/json"}
    return await house.client.post(f"/hooks/{source}", content=raw, headers=headers)


@pytest.fixture
def payout(case_id: str) -> dict[str, Any]:
    return {
        "message_ref": "m-1", "case_id": case_id, "step_key": f"{case_id}:step:5", "outcome": "confirmed",
        "occurred_at": "2026-11-02T10:00:00+08:00",
    }  # fmt: skip


async def test_a_forged_callback_is_refused(house: House, payout):
    for answer in (
        await signed(house, "bank", payout, secret="guessed"),
        await signed(house, "bank", payout, secret=house.config.hook_secrets["network"]),
        await signed(house, "bank", payout, age=301),
        await signed(house, "bank", payout, age=-301),
        await house.client.post("/hooks/bank", json=payout),
        await house.client.post("/hooks/bank", json=payout, headers={"Thaw-Signature": "t=1,v1=zz"}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:thaw:unauthenticated")
    assert not await house.desk.inbox.has_pending(payout["case_id"])


async def test_a_source_without_secret_or_name_is_refused(house: House, payout):
    assert (await house.client.post("/hooks/terminals", json=payout)).status_code == 401
    assert (await house.client.post("/hooks/nobody", json=payout)).status_code == 404


@pytest.mark.parametrize("change", [{"outcome": "maybe"}, {"message_ref": ""}, {"occurred_at": "yesterday"}])
async def test_a_signed_callback_that_makes_no_sense_is_named(house: House, payout, change):
    answer = await signed(house, "bank", payout | change)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(change)))
    assert (await signed(house, "bank", b"{")).status_code == 422


async def test_a_payout_nobody_sent_goes_to_the_discrepancy_queue_once(house: House, payout):
    first, again = await signed(house, "bank", payout), await signed(house, "bank", payout)
    assert [first.status_code, again.status_code] == [200, 200]
    assert first.json() == {"message_ref": "m-1", "state": "discrepancy"}
    found = (await house.officer1.get("/api/v1/discrepancies")).json()["items"]
    assert [(f["source"], f["message_ref"], f["recorded"], f["claimed"]) for f in found] == [
        ("bank", "m-1", "no such payout", "confirmed")
    ]
    resolving = f"/api/v1/discrepancies/{found[0]['id']}/resolve"
    assert (await house.supervisor1.post(resolving)).status_code == 422
    assert (await house.supervisor1.post(resolving, {"reason": "the bank withdrew it"})).status_code == 200
    assert (await house.officer1.get("/api/v1/discrepancies")).json()["items"] == []
    assert (await house.merchant1.get("/api/v1/discrepancies")).status_code == 403


async def test_a_callback_for_no_case_is_kept_for_a_person(house: House, payout):
    answer = await signed(house, "bank", payout | {"case_id": "FA-NONE"})
    assert (answer.status_code, answer.json()["state"]) == (200, "discrepancy")
    assert (await house.officer1.get("/api/v1/discrepancies")).json()["items"][0]["recorded"] == "no such case"


async def test_the_network_contradicting_itself_is_one_discrepancy(house: House, payout):
    message = payout | {"outcome": "approved", "source": "unionpay"}
    states = [
        (await signed(house, "network", body)).json()["state"]
        for body in (message, message, message | {"outcome": "rejected"})
    ]
    assert states == ["accepted", "duplicate", "discrepancy"]
