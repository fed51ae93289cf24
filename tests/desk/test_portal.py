"""The portal's first page says what is due, by when and why, what is held, and what happens next, and no more."""

from __future__ import annotations

import re

import pytest

from tests.desk.surfer import Surfer
from tests.desk.working import Work


async def home(work: Work, language: str = "en"):
    surfer = Surfer(work.house, language=language)
    await surfer.log_in("merchant1")
    return surfer, await surfer.page("/portal")


def part_of(text: str, case_id: str) -> str:
    """What the page says of one case."""
    found = re.search(rf"{case_id}.*?What happens next: [^.]+\.", text)
    assert found, text
    return found.group()


async def test_a_merchant_sees_what_to_do_and_gets_there_by_one_link(work: Work):
    case_id = await work.case()
    house = work.house
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, case_id, "open_appeal", statement="货款")
    surfer, page = await home(work)
    told = part_of(page.text, case_id)
    assert "Your turn" in told
    assert "¥10,000.00" in told
    assert re.search(r"Please do · \w* ?\d+ d", told), told
    assert "After you submit, the documents are checked and then reviewed by people." in told
    for target in (f"/portal/cases/{case_id}#evidence", f"/portal/cases/{case_id}#do-submit"):
        assert target in page.links
    case = await surfer.get(f"/portal/cases/{case_id}")
    assert 'id="do-submit"' in case.text
    assert 'id="evidence"' in case.text


async def test_while_others_work_nothing_is_asked_of_the_merchant(work: Work):
    case_id = await work.in_review()
    _, page = await home(work)
    told = part_of(page.text, case_id)
    assert "Your turn" not in told
    assert "People are reviewing your case" in told


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_secret_reason_shows_as_the_routine_review(work: Work, language: str):
    case_id = await work.case(reason="J02", held_fen=10_000, source="AML", detail="suspicious transfers")
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="J02", note="money laundering")
    surfer, page = await home(work, language)
    routine = work.house.desk.policy.reasons["Q05"].merchant_text
    assert case_id in page.text
    assert (routine.en if language == "en" else routine.zh) in page.text
    whole = page.text + (await surfer.page(f"/portal/cases/{case_id}")).text
    assert not re.search(r"J02|D25|AML|suspicious|laundering|洗钱|可疑", whole)


@pytest.mark.parametrize(("code", "promised"), [("R02", True), ("F01", False)])
async def test_only_a_case_that_may_be_reopened_is_said_to_be(work: Work, code: str, promised: bool):
    case_id = await work.in_review()
    await work.do(work.house.reviewer1, case_id, "reject", reason_code=code, reason="no proof")
    surfer, _ = await home(work)
    page = (await surfer.page(f"/portal/cases/{case_id}")).text
    assert ("reopened" in page) is promised


async def test_staff_are_led_to_their_own_first_page(work: Work):
    surfer = Surfer(work.house)
    await surfer.log_in("reviewer1")
    assert (await surfer.get("/portal", follow=False)).headers["location"] == "/console/queue"
