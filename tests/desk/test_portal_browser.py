"""The portal in a real browser: papers are looked at before they are sent and stay chosen when they are refused, a page
that grew old says what happened since, and what was typed outlives the session."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageFilter
from playwright.async_api import expect

from samples.facts import PaperFacts
from samples.papers import render
from tests.desk.browsing import logged_in
from tests.desk.house import MERCHANT_NO
from tests.desk.working import Work


@pytest.fixture
async def draft(work: Work) -> str:
    """A case that waits for its merchant's papers."""
    case_id = await work.case()
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R02")
    return case_id


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    with Image.open(BytesIO(render("D06", PaperFacts(), form="png"))) as opened:
        return opened.convert("RGB")


def photo(picture: Image.Image) -> dict[str, Any]:
    out = BytesIO()
    picture.save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


async def test_a_paper_is_looked_at_before_it_is_sent_and_stays_chosen_when_it_is_refused(
    work, address, browser, draft: str, picture: Image.Image
):
    dark = picture.point(lambda value: value // 5)
    blurred = picture.filter(ImageFilter.GaussianBlur(4))
    cases = {
        "kind": {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"},
        "broken": {"name": "p.png", "mimeType": "image/png", "buffer": b"no picture"},
        "small": photo(picture.resize((300, 400))),
        "dark": photo(dark), "blurred": photo(blurred), "picture": photo(picture),
        "pdf": {"name": "p.pdf", "mimeType": "application/pdf", "buffer": b"no PDF at all"},
    }  # fmt: skip
    async with logged_in(browser, address, "merchant1", service_workers="block") as (page, _):
        await page.goto(f"{address}/portal/cases/{draft}")
        form = page.locator("form.upload").first
        field = form.locator("input[name=file]")
        for found, file in cases.items():
            await field.set_input_files(file)
            await expect(form).to_have_attribute("data-looked", found)
            await expect(form.locator(".told p")).not_to_be_empty()
            assert await field.evaluate("field => field.validity.valid") is (found != "kind")
        await form.get_by_role("button", name="Upload").click()
        await expect(form.locator(".told .error")).to_contain_text("The file is not what its name or type says")
        assert await field.evaluate("field => field.files[0].name") == "p.pdf"
    assert (await work.view(draft))["documents"] == []


async def test_a_page_that_grew_old_says_what_happened_and_what_was_typed_stays(work, address, browser, draft: str):
    async with logged_in(browser, address, "merchant1") as (page, seen):
        await page.clock.install()
        await page.goto(f"{address}/portal/cases/{draft}")
        await page.locator("#do-open_appeal textarea").fill("half a thought")
        await work.do(work.house.officer1, draft, "open_appeal", statement="代商户提出")
        await page.clock.fast_forward("00:15")
        stale = page.locator("#stale")
        await expect(stale).to_contain_text("Appeal opened")
        await expect(stale.locator(".tag")).to_have_text("Please upload and submit")
        assert await page.locator("#do-open_appeal textarea").input_value() == "half a thought"
        await page.locator("#do-open_appeal button").click()
        refused = page.locator("#refused")
        await expect(refused).to_contain_text("half a thought")  # it cannot be done any more: what was typed is shown
        await expect(refused).to_contain_text("Appeal opened")
        assert [one for one in seen.complaints if "409" not in one] == []


async def test_what_a_merchant_typed_outlives_the_session(work, address, browser, draft: str):
    async with logged_in(browser, address, "merchant1") as (page, _):
        await page.goto(f"{address}/portal/cases/{draft}")
        await page.locator("#do-open_appeal textarea").fill("六笔都是批发客户的货款")
        await page.context.clear_cookies()
        await page.locator("#do-open_appeal button").click()
        await page.get_by_role("link", name="Merchants: log in with a case number").click()
        made = await work.house.desk.portal_keys.make(draft, MERCHANT_NO)
        await page.goto(f"{address}/portal/enter/{made.token}")
        await page.get_by_role("button", name="Come in").click()
        await page.wait_for_url(f"**/portal/cases/{draft}")
        assert await page.locator("#do-open_appeal textarea").input_value() == "六笔都是批发客户的货款"
        await page.locator("#do-open_appeal button").click()
        await expect(page.get_by_text("The appeal is open. Please upload the documents.")).to_be_visible()
    assert (await work.view(draft))["status"] == "draft"


async def test_a_paper_stays_chosen_when_the_session_has_ended_and_is_sent_once_one_is_back(
    work, address, browser, draft: str, picture: Image.Image
):
    async with logged_in(browser, address, "merchant1", service_workers="block") as (page, _):
        await page.goto(f"{address}/portal/cases/{draft}")
        form = page.locator("form.upload").first
        await form.locator("input[name=file]").set_input_files(photo(picture))
        await page.context.clear_cookies()
        await form.get_by_role("button", name="Upload").click()
        await expect(form.locator(".told .error")).to_contain_text("the file is still chosen")
        async with page.context.expect_page() as opened:
            await form.get_by_role("link", name="Open the log-in").click()
        other = await opened.value
        await expect(other.get_by_text("Your session has ended. Log in again.")).to_be_visible()
        made = await work.house.desk.portal_keys.make(draft, MERCHANT_NO)
        await other.goto(f"{address}/portal/enter/{made.token}")
        await other.get_by_role("button", name="Come in").click()
        await other.wait_for_url(f"**/portal/cases/{draft}")
        await form.get_by_role("button", name="Upload").click()
        await expect(page.get_by_text("The document is filed.")).to_be_visible()
    assert len((await work.view(draft))["documents"]) == 1
