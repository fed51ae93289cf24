"""The review cockpit in a real browser: ten cases by keyboard alone, two reviewers at one case, a message seen
before it is sent, what changed on a resubmission, and a claim that runs out."""

from __future__ import annotations

from playwright.async_api import Page, expect

from desk.foresight import letters
from tests.desk.browsing import logged_in
from tests.desk.working import PNG, Work


async def doubtful(work: Work) -> str:
    """A case in first review whose papers the machine could not read, so that each wants a verdict."""
    return await work.in_review(reason="R02", held_fen=1_000_000)


async def types_of(work: Work, case_id: str) -> list[str]:
    return [event["type"] for event in (await work.house.officer1.get(f"/api/v1/cases/{case_id}/events")).json()]


async def accept_every_paper(page: Page) -> None:
    """Presses A until no paper wants a verdict."""
    total = await page.locator(".exhibits [data-item]").count()
    for _ in range(total):
        if await page.locator(".exhibits .standing-unsure, .exhibits .standing-received").count() == 0:
            return
        async with page.expect_navigation():
            await page.keyboard.press("a")


async def test_a_reviewer_clears_ten_cases_by_keyboard_alone(work, address, browser):
    cases = {await doubtful(work) for _ in range(10)}
    cleared = set()
    async with logged_in(browser, address, "reviewer1") as (page, seen):
        await page.keyboard.press("n")
        while not cases <= cleared:
            await page.wait_for_url("**/review*")
            case_id = page.url.split("/cases/")[1].split("/")[0]
            await accept_every_paper(page)
            await page.keyboard.press("n")  # leads to the reason
            await page.keyboard.type("papers in order")
            await page.keyboard.press("Control+Enter")
            await page.wait_for_url(lambda url, left=case_id: left not in url)
            cleared.add(case_id)
        assert seen.complaints == []
    for case_id in cases:
        assert "FirstApproval" in await types_of(work, case_id)


async def test_of_two_reviewers_at_one_case_one_decides_and_the_other_is_told(work, address, browser):
    case_id = await doubtful(work)
    for document in (await work.view(case_id))["documents"]:
        await work.do(work.house.reviewer1, case_id, "judge_document", document_id=document["document_id"],
                      verdict="accept", reason="ok")  # fmt: skip
    task = (await work.house.reviewer1.get("/api/v1/queue")).json()["items"]
    mine = next(one for one in task if one["case_id"] == case_id)
    await work.house.reviewer1.post(f"/api/v1/tasks/{mine['task_id']}/release")
    here = f"/console/cases/{case_id}/review"
    async with (
        logged_in(browser, address, "reviewer1") as (first, _),
        logged_in(browser, address, "reviewer2") as (second, _),
    ):
        for page in (first, second):
            await page.goto(address + here)
            await page.locator("#do-approve > summary").click()
            await page.locator("#approve-reason").fill("papers in order")
        await first.get_by_role("button", name="Approve", exact=True).click()
        await expect(first.get_by_text("The approval is recorded.")).to_be_visible()
        await second.get_by_role("button", name="Approve", exact=True).click()
        await expect(second.locator("#refused")).to_be_visible()
        await expect(second.locator("#refused")).to_contain_text("papers in order")  # what was typed is not lost
    assert (await types_of(work, case_id)).count("FirstApproval") == 1


async def test_the_message_is_seen_as_the_merchant_will_get_it_before_it_is_sent(work, address, browser):
    case_id = await doubtful(work)
    async with logged_in(browser, address, "reviewer1") as (page, seen):
        await page.goto(f"{address}/console/cases/{case_id}/review")
        await page.keyboard.press("e")
        await expect(page.locator("#code")).to_be_focused()  # a reason first
        await page.locator("#code").select_option("unreadable")
        await page.locator("#said").fill("the seal cannot be seen")
        await page.keyboard.press("Escape")
        await page.keyboard.press("e")
        shown = page.locator("#do-request_supplement .letter")
        await expect(shown).to_contain_text("The picture is not clear; please take it again. the seal cannot be seen")
        foreseen = (await shown.locator("[lang=en] .words").inner_text()).split()
        await page.keyboard.press("n")
        await page.wait_for_url(lambda url: case_id not in url)
        assert seen.complaints == []
    for _ in range(100):
        sent = [
            one
            for one in work.hands.notices.values()
            if one.notice == "supplement_requested" and one.case_id == case_id
        ]
        if sent:
            break
        await work.until(case_id, "awaiting_supplement")
    letter = letters(work.house.config.desk_url).notice(sent[0], "en", "company")
    assert letter.text.split() == foreseen


async def test_on_a_resubmission_the_new_paper_comes_first_with_the_former_beside_it(work, address, browser):
    case_id = await doubtful(work)
    await work.do(
        work.house.reviewer1, case_id, "request_supplement", items=[{"doc_type": "D06", "reason_code": "unreadable"}]
    )
    answer = await work.house.merchant1.upload(case_id, "D06", PNG, "again.png")
    assert answer.status_code == 201, answer.text
    await work.do(work.house.merchant1, case_id, "resubmit")
    await work.until(case_id, "in_review_1")
    async with logged_in(browser, address, "reviewer1") as (page, seen):
        await page.goto(f"{address}/console/cases/{case_id}/review")
        current = page.locator(".exhibits [aria-current]")
        await expect(current).to_contain_text("D06")
        await expect(current).to_contain_text("new")
        await expect(page.locator(".exhibits .unchanged")).not_to_have_count(0)
        former = page.locator(".sheets.former")
        await expect(former).to_be_hidden()
        await page.keyboard.press("f")
        await expect(former).to_be_visible()
        assert seen.complaints == []


async def test_what_was_typed_outlives_the_claim_and_the_page_says_who_has_the_task(work, address, browser):
    case_id = await doubtful(work)
    async with logged_in(browser, address, "reviewer1") as (page, _):
        await page.goto(f"{address}/console/cases/{case_id}/review")
        await page.keyboard.press("c")
        await expect(page.locator("#lease")).to_contain_text("Yours for")
        await page.locator("#said").fill("half a thought")
        task_id = await page.locator("#lease").get_attribute("data-task")
        await work.house.reviewer1.post(f"/api/v1/tasks/{task_id}/release")
        await work.house.reviewer2.post(f"/api/v1/tasks/{task_id}/claim")
        await page.clock.install()
        await page.reload()
        await expect(page.locator("#lease")).to_contain_text("reviewer2")
        assert await page.locator("#said").input_value() == "half a thought"


async def test_commands_are_found_by_name_and_keys_can_be_switched_off(work, address, browser):
    await doubtful(work)
    async with logged_in(browser, address, "reviewer1") as (page, seen):
        await page.keyboard.press("Control+k")
        await page.keyboard.type("cases")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/console/cases")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.get_by_label("Switch single keys off").check()
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        assert seen.complaints == []


async def test_a_session_that_ends_in_the_middle_of_a_decision_loses_nothing(work, address, browser):
    case_id = await doubtful(work)
    async with logged_in(browser, address, "reviewer1") as (page, _):
        await page.goto(f"{address}/console/cases/{case_id}/review")
        await page.locator("#do-reject > summary").click()
        await page.locator("#reject-reason").fill("the invoices are of another shop")
        await page.context.clear_cookies()
        await page.locator("#do-reject").get_by_role("button", name="Reject", exact=True).click()
        await page.locator("#password").fill("password of reviewer1")
        await page.get_by_label("User name").fill("reviewer1")
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_contain_text("the invoices are of another shop")
        await page.get_by_role("button", name="Send").click()
        await page.wait_for_url(f"**/cases/{case_id}*")
    assert {"RejectProposed", "CaseRejected"} & set(await types_of(work, case_id))


async def test_a_task_is_put_off_from_the_queue_and_the_view_of_it_is_kept(work, address, browser):
    case_id = await doubtful(work)
    async with logged_in(browser, address, "reviewer1") as (page, seen):
        await page.goto(f"{address}/console/queue?tier=L1")
        await page.locator("tr", has_text=case_id).locator("[data-item]").focus()
        await page.keyboard.press("s")
        row = page.locator("tr", has_text=case_id)
        await row.get_by_label("Why").fill("waits for the shop to open")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The task is put off")).to_be_visible()
        await expect(page.locator("#queue")).not_to_contain_text(case_id)
        await page.get_by_label("Put off", exact=True).check()
        await page.get_by_role("button", name="Filter").click()
        await expect(page.locator("tr", has_text=case_id)).to_contain_text("waits for the shop to open")
        await page.get_by_label("Keep this view as").fill("Put off")
        await page.get_by_role("button", name="Keep", exact=True).click()
        await expect(page.locator(".views")).to_contain_text("Put off")
        assert seen.complaints == []
