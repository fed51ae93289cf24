"""Merchants are told how to keep their terminals free: with their case, on a page of its own, and by the API."""

from __future__ import annotations

import pytest

from policies import guidance
from tests.desk.surfer import Surfer
from tests.desk.working import Work

pytestmark = pytest.mark.parametrize("language", ["zh", "en"])


async def portal(work: Work, language: str) -> Surfer:
    surfer = Surfer(work.house, language=language)
    await surfer.log_in("merchant1")
    return surfer


async def test_a_case_tells_the_merchant_what_keeps_its_reason_away(work: Work, language: str):
    case_id = await work.case(reason="R02")
    page = await (await portal(work, language)).page(f"/portal/cases/{case_id}")
    advice = guidance.against("R02")
    assert len(advice) > 1
    for one in advice:
        assert one.text.of(language) in page.text


async def test_a_secret_reason_is_given_the_advice_of_the_routine_review(work: Work, language: str):
    case_id = await work.case(reason="J02", source="AML", detail="suspicious transfers")
    house = work.house
    page = await (await portal(work, language)).page(f"/portal/cases/{case_id}")
    for one in guidance.against("Q05"):
        assert one.text.of(language) in page.text
    for reader in (house.merchant1, house.reviewer1):
        answer = (await reader.get(f"/api/v1/cases/{case_id}/guidance")).json()
        assert [one["text_en"] for one in answer["items"]] == [one.text.en for one in guidance.against("Q05")]


async def test_all_advice_stands_on_one_page_and_says_what_concerned_the_merchant(work: Work, language: str):
    await work.case(reason="R02")
    page = await (await portal(work, language)).page("/portal/guidance")
    mark = {"zh": "曾涉及", "en": "concerned you"}[language]

    def is_marked(one: guidance.Advice) -> bool:
        assert one.text.of(language) in page.text
        return page.text.partition(one.text.of(language))[2].lstrip().startswith(mark)

    assert all(is_marked(one) for one in guidance.against("R02"))
    never = [one for one in guidance.every() if set(one.reasons) <= {"R09", "M01", "M02"}]
    assert len(never) > 2
    assert not any(is_marked(one) for one in never)


async def test_staff_read_it_with_the_reasons_it_helps_against(work: Work, language: str):
    case_id = await work.case(reason="R02")
    surfer = Surfer(work.house, language=language)
    await surfer.log_in("reviewer1")
    whole = (await surfer.page("/console/guidance")).text
    assert work.house.desk.policy.reasons["R02"].title.of(language) in whole
    case = await surfer.page(f"/console/cases/{case_id}")
    assert guidance.against("R02")[0].text.of(language) in case.text
    assert "/console/guidance" in case.links


async def test_the_api_gives_all_of_it_to_whoever_is_logged_in(work: Work, language: str):
    del language
    items = (await work.house.merchant1.get("/api/v1/guidance")).json()["items"]
    assert len(items) == len(guidance.every())
    assert {"topic", "reasons", "text_zh", "text_en"} == set(items[0])
    assert (await work.house.merchant1.get("/api/v1/cases/FA-20260101-AAAAAAAA/guidance")).status_code == 404
    assert (await work.house.nobody.get("/api/v1/guidance")).status_code == 401
