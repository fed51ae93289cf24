"""Getting in touch: a merchant's wishes, call-backs, contact tasks and the log of what was said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import policies
from desk.outgoing import fault_of
from domain.business_time import SHANGHAI
from tests.desk.house import MERCHANT_NO, House, problem
from tests.desk.surfer import Surfer

PATH = f"/api/v1/merchants/{MERCHANT_NO}"
HOOK = "https://shop.example.com/thaw"
CALL = {"way": "phone", "direction": "out", "result": "reached", "note": "=已告知补件期限,陈融答应周三前补齐。"}
CALENDAR = policies.load(policies.newest()).calendar
DAYS = [datetime.now(SHANGHAI).date() + timedelta(days=ahead) for ahead in range(2, 30)]
LATER = f"{next(day for day in DAYS if CALENDAR.is_business_day(day))}T10:00:00+08:00"


async def test_a_merchant_sets_its_channels_and_gets_its_webhooks_secret_once(house: House):
    wished = {"channels": ["webhook", "wechat", "sms"], "language": "en", "webhook_url": HOOK}

    first = await house.merchant1.post(f"{PATH}/notice-preferences", wished)
    again = await house.merchant1.post(f"{PATH}/notice-preferences", wished | {"channels": ["sms", "webhook"]})
    shown = await house.officer1.get(f"{PATH}/notice-preferences")

    assert len(first.json()["webhook_secret"]) >= 32
    assert "webhook_secret" not in again.json()
    assert shown.json() == {"channels": ["sms", "webhook"], "language": "en", "webhook_url": HOOK}
    kept = await house.desk.contacting.preferences(MERCHANT_NO)
    assert kept is not None
    assert kept.webhook_secret == first.json()["webhook_secret"]


@pytest.mark.parametrize(
    ("wished", "field"),
    [
        ({"channels": []}, "channels"),
        ({"channels": ["fax"]}, "channels.0"),
        ({"channels": ["sms", "sms"]}, "body"),
        ({"channels": ["webhook"]}, "body"),
        ({"channels": ["sms"], "webhook_url": HOOK}, "body"),
        ({"channels": ["webhook"], "webhook_url": "http://shop.example.com/"}, "webhook_url"),
        ({"channels": ["webhook"], "webhook_url": "https://169.254.169.254/latest"}, "webhook_url"),
    ],
    ids=str,
)
async def test_wishes_that_cannot_be_kept_are_refused(house: House, wished: dict[str, Any], field: str):
    answer = await house.merchant1.post(f"{PATH}/notice-preferences", wished)

    assert answer.status_code == 422
    assert problem(answer)["errors"][0]["field"] == field
    assert (await house.merchant1.get(f"{PATH}/notice-preferences")).json()["channels"] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/", "https://desk/", "https://db.internal/", "https://printer.local/", "https://127.0.0.1/",
        "https://10.0.0.8/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://2130706433/", "https://0x7f.1/",
        "https://100.100.100.200/", "https://user:word@shop.example.com/", "ftp://shop.example.com/", "https:///x",
    ],
)  # fmt: skip
def test_a_webhook_may_not_be_at(url: str):
    assert fault_of(url) is not None


def test_a_webhook_may_be_at_a_public_https_address():
    assert fault_of(HOOK) is None
    assert fault_of("https://93.184.215.14:8443/hook") is None


async def test_a_call_back_is_booked_by_the_merchant_and_done_by_an_officer(house: House, case_id: str):
    booked = await house.merchant1.post(f"{PATH}/callbacks", {"at": LATER, "note": "想问补件。", "case_id": case_id})
    [task] = (await house.officer1.get("/api/v1/contact-tasks")).json()
    done = await house.officer1.post(f"{PATH}/contacts", CALL | {"task_id": task["task_id"], "case_id": case_id})

    assert booked.status_code == 201
    assert (task["kind"], task["note"], task["overdue"]) == ("callback", "想问补件。", False)
    assert done.status_code == 201
    assert (await house.officer1.get("/api/v1/contact-tasks")).json() == []
    [logged] = (await house.officer1.get(f"{PATH}/contacts", params={"case_id": case_id})).json()
    assert (logged["by"], logged["note"], logged["result"]) == ("officer:officer1", CALL["note"], "reached")


@pytest.mark.parametrize(
    "at",
    [
        "2020-01-01T10:00:00+08:00",
        "2099-03-04T10:00:00+08:00",
        LATER.replace("T10", "T19"),
        f"{next(day for day in DAYS if not CALENDAR.is_business_day(day))}T10:00:00+08:00",
        "tomorrow",
    ],
    ids=["past", "years ahead", "in the evening", "on a free day", "no time"],
)
async def test_a_call_back_outside_the_desks_hours_is_refused(house: House, at: str):
    answer = await house.merchant1.post(f"{PATH}/callbacks", {"at": at, "note": "请回电。"})

    assert (answer.status_code, problem(answer)["errors"][0]["field"]) == (422, "at")
    assert (await house.officer1.get("/api/v1/contact-tasks")).json() == []


async def test_a_booked_call_is_shown_to_its_merchant_and_not_booked_twice(house: House, case_id: str):
    call = {"at": LATER, "note": "想问补件。", "case_id": case_id}
    booked = await house.merchant1.post(f"{PATH}/callbacks", call)
    again = await house.merchant1.post(f"{PATH}/callbacks", call)

    assert (again.status_code, problem(again)["errors"][0]["field"]) == (422, "at")
    assert (await house.merchant1.get(f"{PATH}/callbacks")).json() == [booked.json() | {"case_id": case_id}]
    assert (await house.merchant1.get("/api/v1/merchants/898310058120002/callbacks")).status_code in {403, 404}
    await (surfer := Surfer(house)).log_in("merchant1")
    shown = (await surfer.get(f"/portal/cases/{case_id}")).text
    assert "A call is booked for" in shown


@pytest.mark.parametrize("who", ["engineer1", "robot1"])
async def test_engineers_and_robots_see_that_there_is_a_call_to_make_and_not_what_was_said(house: House, who: str):
    assert (await house.merchant1.post(f"{PATH}/callbacks", {"at": LATER, "note": "想问补件。"})).status_code == 201

    [task] = (await getattr(house, who).get("/api/v1/contact-tasks")).json()
    [read] = (await house.auditor1.get("/api/v1/contact-tasks")).json()

    assert (task["kind"], task["note"]) == ("callback", None)
    assert read["note"] == "想问补件。"


async def test_the_page_of_calls_shows_an_engineer_no_words(house: House):
    assert (await house.merchant1.post(f"{PATH}/callbacks", {"at": LATER, "note": "想问补件。"})).status_code == 201
    for who, shown in (("officer1", True), ("engineer1", False)):
        surfer = Surfer(house)
        await surfer.log_in(who)
        assert ("想问补件。" in (await surfer.page("/console/contacts")).text) is shown


async def test_a_promise_is_a_task_until_it_was_kept(house: House):
    said = await house.officer1.post(f"{PATH}/contacts", CALL | {"promised_by": LATER})

    [task] = (await house.officer1.get("/api/v1/contact-tasks", params={"merchant_no": MERCHANT_NO})).json()

    assert (task["kind"], task["task_id"]) == ("promise", said.json()["promise_task_id"])


async def test_a_call_logged_twice_under_one_key_is_one_call(house: House):
    for _ in range(2):
        assert (await house.officer1.post(f"{PATH}/contacts", CALL, key="call-1")).status_code == 201

    assert len((await house.officer1.get(f"{PATH}/contacts")).json()) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"task_id": "CB-none"}, "task_id"),
        ({"case_id": "FA-none"}, "case_id"),
        ({"way": "pigeon"}, "way"),
        ({"promised_by": "2020-01-01T10:00:00+08:00"}, "promised_by"),
    ],
)
async def test_a_log_entry_that_makes_no_sense_leaves_nothing(house: House, change: dict[str, Any], field: str):
    answer = await house.officer1.post(f"{PATH}/contacts", CALL | change)

    assert (answer.status_code, problem(answer)["errors"][0]["field"]) == (422, field)
    assert (await house.officer1.get(f"{PATH}/contacts")).json() == []


async def test_the_log_is_exported_for_a_purpose_and_no_cell_is_a_formula(house: House):
    await house.officer1.post(f"{PATH}/contacts", CALL)

    sheet = await house.officer1.post(f"{PATH}/contacts/export", {"purpose": "audit", "note": "季度抽查"})
    looks = await house.desk.journal.read(f"looks:{MERCHANT_NO}")

    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert sheet.text.splitlines()[0] == "\ufeffcontact_id,at,way,direction,result,case_id,task_id,by,note"
    assert "'=已告知" in sheet.text
    assert '"what":"contacts"' in looks[-1].data
    assert (await house.merchant1.post(f"{PATH}/contacts/export", {"purpose": "audit", "note": "x"})).status_code == 403


async def test_the_log_is_no_business_of_the_merchants_side_or_of_engineers(house: House):
    for caller in (house.merchant1, house.agent1, house.engineer1, house.robot1):
        assert (await caller.get(f"{PATH}/contacts")).status_code == 403
    assert (await house.merchant1.get("/api/v1/contact-tasks")).status_code == 403
    assert (await house.merchant1.get("/api/v1/merchants/898310058129999/notice-preferences")).status_code == 403
