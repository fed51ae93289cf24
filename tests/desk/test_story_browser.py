"""The whole story of a frozen terminal in a real browser, in each language: the merchant sends papers by telephone, two
reviewers decide at their desks, the money is released, and the merchant reads so."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from samples.facts import PaperFacts
from samples.papers import render
from tests.desk.browsing import logged_in
from tests.desk.test_console_cockpit import accept_every_paper
from tests.desk.test_console_turns import bank_says
from tests.desk.working import Work

TELEPHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
WORDS = {
    "zh-CN": {
        "turn": "请提出申诉", "filed": "材料已上传。", "looks": "图片清晰，可以上传。", "submitted": "申诉已提交。",
        "ready": "材料已齐，可以提交。", "reviewed": "正在审核", "approved": "批准已记录。", "approve": "批准",
        "submit": "提交申诉", "open": "提出申诉", "upload": "上传", "released": "已解除",
    },
    "en-US": {
        "turn": "Please open your appeal", "filed": "The document is filed.",
        "looks": "The picture looks clear. Ready to upload.", "submitted": "The appeal is submitted.",
        "ready": "All papers are here: you can submit.", "reviewed": "Being reviewed",
        "approved": "The approval is recorded.", "approve": "Approve", "submit": "Submit the appeal",
        "open": "Open the appeal", "upload": "Upload", "released": "Released",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def photo() -> dict[str, object]:
    """A picture of a paper as a telephone takes it."""
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": render("D06", PaperFacts(), form="jpeg")}


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
async def test_a_merchant_sends_papers_two_reviewers_decide_and_the_merchant_is_paid(
    work, address, browser, photo, language: str
):
    case_id = await work.case(reason="R01", held_fen=8_642_000, detail="velocity")
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R01")
    words, portal = WORDS[language], f"{address}/portal/cases/{case_id}"

    async with logged_in(browser, address, "merchant1", locale=language, **TELEPHONE) as (page, seen):
        await page.goto(portal)
        await expect(page.get_by_role("heading", level=1)).to_have_text(words["turn"])
        await expect(page.locator("#money + .money")).to_contain_text("¥86,420.00")
        await page.locator("#do-open_appeal textarea").fill("六笔都是批发客户的货款。")
        await page.locator("#do-open_appeal").get_by_role("button", name=words["open"]).click()
        await send_papers(page, photo, words)
        await expect(page.get_by_text(words["ready"])).to_be_visible()
        await page.locator("#do-submit [name=declaration]").check()
        await page.locator("#do-submit").get_by_role("button", name=words["submit"]).click()
        await expect(page.get_by_text(words["submitted"])).to_be_visible()
        assert seen.complaints == []

    await work.until(case_id, "in_review_1")
    for reviewer in ("reviewer1", "reviewer2"):
        await approve(work, browser, address, case_id, reviewer, language)
    await bank_says(work, case_id, "confirmed")
    view = await work.until(case_id, "closed_released")
    assert view["money"]["released_fen"] == 8_642_000

    async with logged_in(browser, address, "merchant1", locale=language, **TELEPHONE) as (page, seen):
        await page.goto(portal)
        await expect(page.get_by_role("heading", level=1)).to_contain_text(words["released"])
        await expect(page.locator("#money + .money .rest")).to_contain_text("¥0.00")
        assert seen.complaints == []
        assert all(url.startswith(address) for url in seen.requests)


async def send_papers(page: Page, photo: dict[str, object], words: dict[str, str]) -> None:
    """Takes a photo of everything that is due and uploads each."""
    due = page.locator("section[aria-labelledby=due] form.upload")
    await expect(due.first).to_be_visible()
    left = await due.count()
    while left:
        one = due.first
        await expect(one.locator(".camera")).to_be_visible()
        await one.locator("[data-camera]").set_input_files(photo)
        await expect(one.locator(".told")).to_contain_text(words["looks"])
        if await one.locator("select").count():
            await one.locator("select").select_option(index=1)
        async with page.expect_navigation():
            await one.get_by_role("button", name=words["upload"]).click()
        await expect(page.get_by_text(words["filed"])).to_be_visible()
        assert await due.count() == left - 1
        left -= 1


async def approve(work: Work, browser, address: str, case_id: str, reviewer: str, language: str) -> None:
    """A reviewer looks at every paper and approves."""
    words = WORDS[language]
    async with logged_in(browser, address, reviewer, locale=language) as (page, seen):
        await page.goto(f"{address}/console/cases/{case_id}/review")
        await accept_every_paper(page)
        await page.locator("#do-approve > summary").click()
        await page.locator("#approve-reason").fill("货款往来属实")
        await page.locator("#do-approve").get_by_role("button", name=words["approve"], exact=True).click()
        await expect(page.get_by_text(words["approved"])).to_be_visible()
        assert seen.complaints == []
