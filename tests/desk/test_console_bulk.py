"""Bulk actions and the operations desk in a real browser: dry run, confirmation, results, in both languages."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from journal.people import User
from tests.desk.browsing import logged_in
from tests.desk.test_console_access_for_all import LANGUAGES, WIDTHS, barriers
from tests.desk.working import Work

SAID = {
    "zh": ("处理勾选的案件…", "移交任务", "试算", "将办理 2 项，将跳过 1 项", "确认执行", "已完成",
           "已办理 2 / 3 · 跳过 1"),
    "en": ("Act on the ticked ones…", "Hand tasks over", "Dry run", "2 would be moved, 1 skipped", "Confirm", "done",
           "2 of 3 moved · 1 skipped"),
}  # fmt: skip
BACK = {"zh": "任务无人持有,已在队列中。", "en": "Nobody holds the task: it is in the queue already."}


@pytest.fixture(scope="module")
async def cases(_work: Work) -> list[str]:
    return [await _work.in_review() for _ in range(3)]


async def fits(page: Page, wrong: list[str]) -> None:
    """No barrier axe knows of, and nothing wider than its window, wide or narrow."""
    for width, height in WIDTHS.values():
        await page.set_viewport_size({"width": width, "height": height})
        over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong += [f"{page.url} is {over} too wide at {width}"] if over > 0 else []
    if await page.locator("html").get_attribute("lang") == "en":  # the same page in Chinese has the same markup
        wrong += [f"{page.url} {barrier}" for barrier in await barriers(page)]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_lead_foresees_confirms_and_sees_what_became_of_each(work, address, browser, cases, language):
    house = work.house
    ticked, action, dry_run, foreseen, confirm, done, went = SAID[language]
    for case_id in cases[:2]:
        (task,) = await house.desk.queue.of_case(case_id)
        assert (await house.reviewer1.post(f"/api/v1/tasks/{task.task_id}/claim")).status_code == 200
    wrong: list[str] = []
    async with logged_in(browser, address, "supervisor1", locale=LANGUAGES[language]) as (page, seen):
        await page.goto(f"{address}/console/cases")
        for case_id in cases:
            await page.locator(f"input[name=case][value={case_id}]").check()
        await fits(page, wrong)
        await page.get_by_role("button", name=ticked).click()
        await page.wait_for_url("**/console/bulk?case=*")
        await fits(page, wrong)
        card = page.locator("section.card", has=page.get_by_role("heading", name=action))
        await card.get_by_role("button", name=dry_run).click()
        await expect(page.get_by_role("heading", name=foreseen)).to_be_visible()
        await expect(page.get_by_text(BACK[language])).to_have_count(1)
        assert [task.holder for case_id in cases[:2] for task in await house.desk.queue.of_case(case_id)] == [
            "reviewer1", "reviewer1",
        ]  # fmt: skip
        await fits(page, wrong)
        await page.locator("#reason").fill("早退 reviewer1")
        await page.get_by_role("button", name=confirm).click()
        await expect(page.locator("h1 .tag")).to_have_text(done, timeout=20_000)
        await expect(page.get_by_text(went)).to_be_visible()
        await fits(page, wrong)
        await page.goto(f"{address}/console/operations")
        await expect(page.get_by_text("早退 reviewer1").first).to_be_visible()
        await fits(page, wrong)
        await page.goto(f"{address}/console/operations/people?name=reviewer1")
        await fits(page, wrong)
        assert seen.complaints == []
    assert wrong == []
    assert [task.holder for case_id in cases for task in await house.desk.queue.of_case(case_id)] == [None] * 3


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(work, address, browser, cases):
    async with logged_in(browser, address, "supervisor1") as (page, _):
        await page.goto(f"{address}/console/bulk?case={cases[0]}")
        await page.get_by_label("The note").fill("call 13800000001 back")
        card = page.locator("section.card", has=page.get_by_role("heading", name="Add an internal note"))
        await card.get_by_role("button", name="Dry run").click()
        await expect(page.get_by_text("It names an identity, telephone or card number")).to_be_visible()
        await expect(page.get_by_label("The note")).to_have_value("call 13800000001 back")


async def test_a_task_of_someone_shut_out_is_freed_at_the_press_of_a_button(work, address, browser, cases):
    desk = work.house.desk
    await desk.people.add(User("gone", "gone", frozenset({"reviewer"})), "a password of theirs")
    (task,) = await desk.queue.of_case(cases[0])
    await desk.queue.claim(task.task_id, "gone", ("reviewer",))
    await desk.people.disable("gone")
    async with logged_in(browser, address, "engineer1") as (page, _):
        await page.goto(f"{address}/console/operations")
        row = page.locator("tr", has_text=cases[0])
        link = await row.get_by_role("link", name="Temporal").get_attribute("href")
        assert link is not None
        assert link.endswith("/history")
        await row.get_by_role("button", name="Free the task").click()
        await expect(page.get_by_text("The task is back in the queue.")).to_be_visible()
        await expect(page.locator("tr", has_text=cases[0])).to_have_count(0)
    assert await desk.queue.holder(task.task_id) is None
