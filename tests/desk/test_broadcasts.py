"""Publishing a notice of policy to all merchants: by whom, once, and how far it is."""

from __future__ import annotations

from tests.desk.house import House, problem

PATH = "/api/v1/broadcasts"
LETTERS = {
    "zh": {"subject": "费率调整", "text": "自2027年1月1日起，标准费率调整。"},
    "en": {"subject": "New rates", "text": "The standard rate changes on 1 January 2027."},
}


async def test_a_supervisor_publishes_once_and_staff_see_how_far_it_is(house: House):
    for _ in range(2):
        answer = await house.supervisor1.post(PATH, LETTERS, key="rates-2027")
        assert answer.status_code == 201, answer.text
    [one] = (await house.auditor1.get(PATH)).json()
    assert one["broadcast_id"] == answer.json()["broadcast_id"]
    assert (one["owed"], one["sent"], one["finished_at"]) == (one["merchants"], 0, None)
    assert (await house.auditor1.get(f"{PATH}/{one['broadcast_id']}")).json() == one
    assert await house.desk.broadcasts.unfinished() == (one["broadcast_id"],)


async def test_merchants_and_officers_publish_nothing(house: House):
    for caller in (house.officer1, house.merchant1):
        assert (await caller.post(PATH, LETTERS)).status_code == 403
    assert (await house.merchant1.get(PATH)).status_code == 403
    assert (await house.auditor1.get(f"{PATH}/BC-none")).status_code == 404


async def test_both_languages_are_asked_for_by_name(house: House):
    answer = await house.supervisor1.post(PATH, {"zh": LETTERS["zh"], "en": {"subject": "", "text": "x"}})
    assert answer.status_code == 422
    assert problem(answer)["errors"][0]["field"] == "en.subject"
