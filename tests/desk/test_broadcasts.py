"""Publishing a notice of policy to all merchants: by whom, once, and how far it is."""

from __future__ import annotations

from tests.desk.house import House, problem
from tests.desk.surfer import Surfer

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


async def test_the_page_publishes_keeps_what_was_typed_and_shows_how_far_it_is_in_both_languages(house: House):
    surfer = Surfer(house)
    await surfer.log_in("supervisor1")
    page = await surfer.page("/console/announcements")
    typed = {f"{language}.{part}": words for language, letter in LETTERS.items() for part, words in letter.items()}
    again = surfer.read(
        await surfer.send(page.form("/console/announcements"), **typed | {"en.subject": " "}), status=422
    )
    assert LETTERS["zh"]["text"] in again.text
    page = surfer.read(await surfer.send(again.form("/console/announcements"), **typed))
    assert "The notice is published and on its way." in page.text
    assert "New rates" in page.text
    surfer.language = "zh"
    assert "费率调整" in (await surfer.page("/console/announcements")).text
    reader = Surfer(house)
    await reader.log_in("auditor1")
    assert not (await reader.page("/console/announcements")).has_form("/console/announcements")
