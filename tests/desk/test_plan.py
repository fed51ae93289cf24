"""A merchant writes the rectification plan in the portal: it becomes the paper that the case asks for."""

from __future__ import annotations

import pypdfium2
import pytest

from tests.desk.console_work import as_
from tests.desk.house import House
from tests.desk.surfer import Surfer
from tests.desk.working import Work

ROW = {"1.item": "更正商户类别码", "1.owner": "王思远", "1.due": "2099-01-31"}


@pytest.fixture
async def asked_for_a_plan(work: Work) -> str:
    case_id = await work.case(reason="R08", held_fen=0)
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R08")
    return case_id


async def write(surfer: Surfer, case_id: str, **typed: str):
    page = await surfer.page(f"/portal/cases/{case_id}/plan")
    form = page.form("/plan")
    pairs = [(name, value) for name, value in form.values if name not in typed] + list(typed.items())
    return await surfer.post(form.action, pairs, follow=True)


async def test_what_is_not_whole_is_said_beside_its_field_and_nothing_is_lost(work: Work, asked_for_a_plan: str):
    surfer = await as_(work.house, "merchant1")

    answer = await write(surfer, asked_for_a_plan, **{**ROW, "1.due": "2020-01-01", "2.item": "培训收银员"})

    page = surfer.read(answer, 422)
    for said in ("This day has passed", "Fill this in", "Sign it before you send it"):
        assert said in page.text
    kept = dict(page.form("/plan").values)
    assert (kept["1.item"], kept["1.due"], kept["2.item"]) == ("更正商户类别码", "2020-01-01", "培训收银员")


async def test_a_signed_plan_is_filed_or_printed(work: Work, asked_for_a_plan: str):
    case_id, signed = asked_for_a_plan, {**ROW, "signer": "王思远", "signed": "yes"}
    surfer = await as_(work.house, "merchant1")
    assert f"/portal/cases/{case_id}/plan" in (await surfer.page(f"/portal/cases/{case_id}")).links

    printed = await write(surfer, case_id, what="print", **signed)
    before = (await work.view(case_id))["documents"]
    filed = surfer.read(await write(surfer, case_id, what="send", **signed))

    assert len(pypdfium2.PdfDocument(printed.content)) == 1
    assert "D14" not in {one["type"] for one in before}
    assert "The document is filed." in filed.text
    assert "D14" in {one["type"] for one in (await work.view(case_id))["documents"]}


async def test_a_case_that_asks_for_no_plan_has_no_such_page(house: House, case_id: str):
    merchant = await as_(house, "merchant1")
    assert (await merchant.get(f"/portal/cases/{case_id}/plan")).status_code == 404
