"""The console in a real browser, with scripts: log-in, queue, case, approval, by mouse and by keyboard."""

from __future__ import annotations

import asyncio

from playwright.async_api import Route, expect

from tests.desk.browsing import logged_in


async def test_a_reviewer_approves_from_the_queue_without_any_foreign_request(work, address, browser):
    case_id = await work.in_review(reason="R02", held_fen=1_234_567)
    for document in (await work.view(case_id))["documents"]:
        fields = {"document_id": document["document_id"], "verdict": "accept", "reason": "ok"}
        await work.do(work.house.reviewer1, case_id, "judge_document", **fields)
    async with logged_in(browser, address, "reviewer1") as (page, seen):
        await expect(page.get_by_role("heading", name="Queue")).to_be_visible()
        await page.get_by_role("link", name=case_id).click()
        await page.wait_for_url("**/review")
        await page.get_by_role("link", name=case_id).click()
        await page.wait_for_url(f"**/{case_id}")
        preview = page.locator("details.preview").first
        await preview.locator("summary").click()
        await expect(preview.locator("img")).to_be_visible()
        approve = page.locator("#do-approve")
        await expect(approve.get_by_label("Release (yuan)")).to_have_value("12345.67")
        await approve.get_by_label("Reason").fill("papers in order <script>alert(1)</script>")
        await approve.get_by_role("button", name="Approve").dblclick()
        await expect(page.get_by_text("The approval is recorded.")).to_be_visible()
        await expect(page.get_by_text("papers in order <script>alert(1)</script>").first).to_be_visible()
        assert all(url.startswith(address) for url in seen.requests), seen.requests
        assert seen.complaints == []
    events = (await work.house.officer1.get(f"/api/v1/cases/{case_id}/events")).json()
    assert [event["type"] for event in events].count("FirstApproval") == 1


async def test_what_was_opened_while_the_queue_was_asked_for_stays_open(work, address, browser):
    case_id = await work.in_review()
    asked, opened = asyncio.Event(), asyncio.Event()

    async def later(route: Route) -> None:
        if route.request.resource_type == "fetch":
            asked.set()
            await opened.wait()
        await route.continue_()

    async with logged_in(browser, address, "reviewer1") as (page, seen):
        await page.route("**/console/queue", later)
        await page.goto(f"{address}/console/queue")
        row = page.locator("tr", has_text=case_id)
        await work.in_review()
        await asyncio.wait_for(asked.wait(), 30)
        await row.locator("[data-item]").focus()
        await page.keyboard.press("s")
        async with page.expect_response(lambda answer: answer.request.resource_type == "fetch") as answered:
            opened.set()
        await (await answered.value).finished()
        await row.get_by_label("Why").fill("waits for the shop to open")
        assert seen.complaints == []


async def test_the_queue_follows_its_changes_without_a_reload(work, address, browser):
    async with logged_in(browser, address, "reviewer2") as (page, seen):
        await page.evaluate("window.same = true")
        case_id = await work.in_review(reason="R02", held_fen=2_000_000)
        await expect(page.get_by_role("link", name=case_id)).to_be_visible(timeout=20_000)
        assert await page.evaluate("window.same") is True
        assert seen.complaints == []


async def test_a_case_that_changes_under_the_reader_says_so(work, address, browser):
    case_id = await work.in_review(reason="R02", held_fen=2_000_000)
    async with logged_in(browser, address, "supervisor1") as (page, _):
        await page.clock.install()
        await page.goto(f"{address}/console/cases/{case_id}")
        await page.locator("#approve-reason").fill("half a thought")
        items = [{"doc_type": "D06", "reason": "模糊"}]
        await work.do(work.house.reviewer1, case_id, "request_supplement", items=items)
        await page.clock.fast_forward("00:15")
        await expect(page.get_by_text("This case has just changed.")).to_be_visible(timeout=20_000)
        await expect(page.locator("#stale")).to_contain_text("Documents asked for anew")
        await expect(page.locator("#stale .tag")).to_have_text("Awaiting supplement")
        assert await page.locator("#approve-reason").input_value() == "half a thought"


async def test_everything_is_reached_by_keyboard(work, address, browser):
    case_id = await work.in_review(reason="R02", held_fen=1_000_000)
    async with logged_in(browser, address, "supervisor1") as (page, _):
        await page.goto(f"{address}/console/cases/{case_id}")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        await page.keyboard.press("Enter")
        reached = set()
        for _ in range(60):
            await page.keyboard.press("Tab")
            reached.add(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        assert {"approve-release_fen", "approve-reason", "Approve", "Reject", "Claim"} <= reached
