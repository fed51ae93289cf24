"""A case's notices at the desk: told in order, read back in their words, acknowledged, sent once more, bounced."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.desk.house import MERCHANT_NO, House, problem
from tests.desk.test_hooks import signed
from tests.desk.working import Work


async def told(work: Work, reason: str = "R02") -> tuple[str, dict[str, Any]]:
    """A case whose freeze was told, and that notice."""
    case_id = await work.case(reason)
    for _ in range(200):
        [first] = (await work.house.officer1.get(f"/api/v1/cases/{case_id}/notices")).json()
        if first["state"] == "sent":
            return case_id, first
        await asyncio.sleep(0.05)
    raise AssertionError(f"the freeze of {case_id} was not told")


def receipt(case_id: str, notice: dict[str, Any], outcome: str, ref: str = "r-1", **more: Any) -> dict[str, Any]:
    key = f"{case_id}:notice:{notice['position']}:merchant"
    return {
        "message_ref": f"{case_id}-{ref}", "case_id": case_id, "step_key": key,
        "outcome": outcome, "occurred_at": "2026-11-02T10:00:00+08:00", "channel": "email", "message_id": f"m-{ref}",
    } | more  # fmt: skip


async def marks(work: Work, case_id: str) -> list[tuple[str, str | None]]:
    [first, *_] = (await work.house.officer1.get(f"/api/v1/cases/{case_id}/notices")).json()
    return [(mark["mark"], mark["channel"]) for mark in first["marks"]]


async def test_what_was_told_is_listed_and_read_back_in_both_languages(work: Work):
    case_id, notice = await told(work)
    path = f"/api/v1/cases/{case_id}/notices/{notice['position']}"

    zh = (await work.house.officer1.get(path)).json()
    en = (await work.house.merchant1.get(path, params={"language": "en", "channel": "sms"})).json()

    assert (notice["notice"], notice["audience"], notice["channel"]) == ("freeze_notice", "merchant", "email")
    assert "¥10,000.00" in zh["text"]
    assert case_id in en["text"]
    assert len(en["text"]) < 400 < len(zh["text"]) * 4


async def test_a_receipt_is_noted_once(work: Work):
    case_id, notice = await told(work)

    answers = [await signed(work.house, "notices", receipt(case_id, notice, "delivered")) for _ in range(2)]

    assert [answer.json()["state"] for answer in answers] == ["accepted", "duplicate"]
    assert await marks(work, case_id) == [("delivered", "email")]


async def test_what_bounced_is_sent_over_another_channel_once(work: Work):
    case_id, notice = await told(work)

    for _ in range(2):
        assert (await signed(work.house, "notices", receipt(case_id, notice, "bounced"))).status_code == 200
    for _ in range(100):
        if tried := [key for key in work.hands.tried("notices.resend") if key.startswith(case_id)]:
            break
        await asyncio.sleep(0.05)

    assert len(set(tried)) == 1
    assert tried[0].startswith(f"{case_id}:notice:{notice['position']}:merchant:again:")
    assert await marks(work, case_id) == [("bounced", "email")]


async def test_a_release_that_bounced_is_for_a_person(work: Work):
    case_id, notice = await told(work)

    step = receipt(case_id, notice, "bounced", "r-2", step_key=f"{case_id}:step:9")
    assert (await signed(work.house, "notices", step)).status_code == 200

    tasks = (await work.house.officer1.get("/api/v1/contact-tasks")).json()
    assert [(t["kind"], t["notice"]) for t in tasks if t["case_id"] == case_id] == [("bounced", "release_notice")]


async def test_an_officer_sends_a_notice_once_more(work: Work):
    case_id, notice = await told(work)
    path = f"/api/v1/cases/{case_id}/notices/{notice['position']}/resend"

    first = await work.house.officer1.post(path, {"channel": "sms"}, key=f"again {case_id}")
    repeat = await work.house.officer1.post(path, {"channel": "sms"}, key=f"again {case_id}")
    by_merchant = await work.house.merchant1.post(path, {"channel": "sms"})
    over_fax = await work.house.officer1.post(path, {"channel": "fax"})

    assert [first.status_code, repeat.status_code] == [202, 202]
    assert (by_merchant.status_code, over_fax.status_code) == (403, 422)
    marks = await work.house.desk.contacting.marks(case_id)
    assert [mark.channel for mark in marks if mark.mark == "resent"] == ["sms"]
    noted = await work.house.desk.journal.read(f"contacts:{MERCHANT_NO}")
    assert [entry.actor for entry in noted if '"resent"' in entry.data] == ["officer:officer1"]


async def test_the_merchant_says_once_that_a_notice_was_read(work: Work):
    case_id, notice = await told(work)
    path = f"/api/v1/cases/{case_id}/notices/{notice['position']}/acknowledge"

    for _ in range(2):
        assert (await work.house.merchant1.post(path, {})).status_code == 200

    assert await marks(work, case_id) == [("acknowledged", None)]
    assert (await work.house.officer1.post(path, {})).status_code == 403


async def test_a_notice_that_was_sent_is_kept_as_a_voucher(work: Work):
    case_id, notice = await told(work)
    path = f"/api/v1/cases/{case_id}/notices/{notice['position']}"
    await work.house.merchant1.post(f"{path}/acknowledge", {})

    kept = await work.house.merchant1.get(f"{path}/voucher", params={"language": "en"})

    letter = (await work.house.merchant1.get(path, params={"language": "en"})).json()
    events = (await work.house.officer1.get(f"/api/v1/cases/{case_id}/events")).json()
    record = next(event for event in events if event["type"] == "NoticeSent")
    assert "attachment" in kept.headers["content-disposition"]
    for words in (case_id, letter["subject"], letter["text"].strip(), notice["receipt"], record["hash"], "read at"):
        assert words in kept.text


@pytest.mark.parametrize("channel", ["email", "sms", "wechat", "webhook"])
async def test_a_rejection_is_previewed_before_it_is_decided(house: House, case_id: str, channel: str):
    asked = {"notice": "rejected", "channel": channel, "language": "en"}

    letter = (await house.reviewer1.get(f"/api/v1/cases/{case_id}/notices/preview", params=asked)).json()

    assert any(words in letter["text"] for words in ("was not granted", "could not grant it"))
    assert "12363" in letter["text"]


async def test_no_preview_shows_the_one_time_password(house: House, control: dict[str, Any]):
    opened = await house.officer1.post("/api/v1/controls", control | {"reason_code": "S01", "source": "system"})
    case_id = opened.json()["case_id"]
    asked = {"notice": "actions_required", "language": "en"}

    letter = (await house.reviewer1.get(f"/api/v1/cases/{case_id}/notices/preview", params=asked)).json()

    assert "••••••" in letter["text"]


async def test_an_aml_case_previews_as_a_routine_review(house: House, control: dict[str, Any]):
    placed = control | {"reason_code": "J02", "source": "AML"}
    case_id = (await house.compliance1.post("/api/v1/controls", placed)).json()["case_id"]

    for notice in ("reason_confirmed", "rejected", "supplement_requested"):
        asked = {"notice": notice, "language": "zh"}
        answer = await house.reviewer1.get(f"/api/v1/cases/{case_id}/notices/preview", params=asked)
        assert answer.status_code == 200
        for secret in ("J02", "反洗钱", "D25", "尽调"):
            assert secret not in answer.text


async def test_a_notice_that_is_still_owed_is_not_sent_once_more(house: House, case_id: str):
    [notice] = (await house.officer1.get(f"/api/v1/cases/{case_id}/notices")).json()

    answer = await house.officer1.post(f"/api/v1/cases/{case_id}/notices/{notice['position']}/resend", {})

    assert notice["state"] == "owed"
    assert (answer.status_code, problem(answer)["code"]) == (409, "notice-not-sent-yet")
    assert (await house.officer1.get(f"/api/v1/cases/{case_id}/notices/77")).status_code == 404


async def test_a_bounce_waits_at_the_gateway_while_the_engine_is_away(house: House, case_id: str):
    [notice] = (await house.officer1.get(f"/api/v1/cases/{case_id}/notices")).json()

    answer = await signed(house, "notices", receipt(case_id, notice, "bounced"))

    assert (answer.status_code, problem(answer)["type"]) == (503, "urn:thaw:unavailable")


async def test_a_receipt_of_no_case_is_a_discrepancy(house: House, case_id: str):
    answer = await signed(house, "notices", receipt("FA-NONE", {"position": 1}, "delivered"))

    assert answer.json()["state"] == "discrepancy"


async def test_a_contact_is_verified_by_what_arrived_and_no_longer_after_a_bounce(work: Work):
    case_id, notice = await told(work)

    async def verified() -> list[str]:
        (contact,) = (await work.house.officer1.get("/api/v1/merchants/898310058120001")).json()["contacts"]
        return list(contact["verified"])

    for outcome, known in (("delivered", ["email"]), ("bounced", [])):
        said = receipt(case_id, notice, outcome, f"v-{outcome}")
        assert (await signed(work.house, "notices", said)).status_code == 200
        assert await verified() == known
