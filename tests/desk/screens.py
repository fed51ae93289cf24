"""Pictures of every page of the console and the portal, in both languages and at two widths: `make screenshots`.

A real desk with real papers: licences and identity cards are read by the reader that reads merchants' papers, so the
fields laid over a page are where they were found.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path

from playwright.async_api import Browser, FilePayload, Page

from journal.parties import subject_of
from journal.readings import Readings
from partners.documents import licence, resident_id
from partners.documents.checks import OnFile
from partners.documents.files import inspect
from partners.documents.ocr import Reader
from samples.facts import PaperFacts
from samples.papers import DOC_TYPES, render
from tests.desk.browsing import launched, logged_in, served
from tests.desk.house import MERCHANT_NO, prepared
from tests.desk.places import AT_ONCE, DOOR, ROOMS, Subject, about_case, of_merchants, of_staff
from tests.desk.working import PNG, Work, open_work
from workers.stack.postgres import Postgres

LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}
READERS = {"D01": licence.read, "D03": resident_id.read}
FACTS = PaperFacts()
PHOTO: FilePayload = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": render("D06", FACTS, form="jpeg")}
FORMER = PaperFacts(premises="上海市徐汇区云锦路86号1幢", licence_valid_until=date(2026, 10, 1))


async def file_papers(work: Work, case_id: str, facts: PaperFacts, *only: str) -> None:
    """Files what is due with papers that can be looked at, read where there is a reader for them."""
    due = (await work.view(case_id))["requirements"]["currently_due"]
    for code in only or [one.partition("/")[0] for one in due]:
        ending = "pdf" if code == "D03" else "png"
        paper = render(code, facts, form=ending) if code in DOC_TYPES else PNG
        answer = await work.house.merchant1.upload(case_id, code, paper, f"p.{ending}")
        assert answer.status_code == 201, answer.text
        if code in READERS:
            await _keep_reading(work, answer.json()["document_id"], code, paper)


async def _keep_reading(work: Work, document_id: str, code: str, paper: bytes) -> None:
    """What the reader finds on the paper, kept as document verification keeps it."""
    known = OnFile(MERCHANT_NO, "company", date(2026, 11, 20), FACTS.merchant_name, FACTS.uscc,
                   FACTS.legal_representative, FACTS.resident_id)  # fmt: skip
    found = await asyncio.to_thread(lambda: READERS[code](Reader().read(paper, inspect(paper).media_type), known))
    kept = {"doc_type": code, "day": "2026-11-20", **json.loads(json.dumps(asdict(found), default=str))}
    readings = Readings(work.house.desk.pool, work.house.desk.vault)
    await readings.put(document_id, subject_of(MERCHANT_NO), kept)


async def case_in_review(work: Work, held_fen: int = 8_642_000, reason: str = "R01") -> str:
    """A case whose papers were refused once and came in anew."""
    house = work.house
    case_id = await work.case(reason=reason, held_fen=held_fen, detail="6 笔整额交易")
    await work.do(house.officer1, case_id, "confirm_reason", reason_code=reason, note="核实")
    await work.do(house.merchant1, case_id, "open_appeal", statement="周末促销，均为真实交易，附销售单与发票。")
    await file_papers(work, case_id, FORMER)
    await work.do(house.merchant1, case_id, "submit", declaration=True)
    await work.until(case_id, "in_review_1")
    items = [{"doc_type": "D01", "reason_code": "expired"}]
    await work.do(house.reviewer1, case_id, "request_supplement", items=items)
    await house.officer1.post(
        f"/api/v1/cases/{case_id}/messages", {"audience": "internal", "text": "与风控核对过流水。"}
    )
    await house.merchant1.post(f"/api/v1/cases/{case_id}/messages", {"audience": "merchant", "text": "新执照已上传。"})
    await file_papers(work, case_id, FACTS, "D01")
    await work.do(house.merchant1, case_id, "resubmit")
    await work.until(case_id, "in_review_1")
    return case_id


async def bulk_actions(work: Work, case_id: str) -> dict[str, str]:
    """The pages of a bulk action that is only foreseen, and of one that was carried out; reviewer1 holds a task."""
    lead, found = work.house.supervisor1, {}
    (task,) = await work.house.desk.queue.of_case(case_id)
    await work.house.reviewer1.post(f"/api/v1/tasks/{task.task_id}/claim")
    asked = {"action": "hand_over", "filter": {"open": True}}
    for name, more in {
        "bulk-foreseen": {"dry_run": True, "to": "reviewer2"},
        "bulk-done": {"dry_run": False, "reason": "reviewer1 即日起休假"},
    }.items():
        answer = await lead.post("/api/v1/bulk-actions", asked | more)
        assert answer.status_code in {200, 202}, answer.text
        found[name] = f"/console/bulk/{answer.json()['bulk_id']}"
    await asyncio.sleep(2)
    await work.house.reviewer1.post(f"/api/v1/tasks/{task.task_id}/claim")
    return found


@asynccontextmanager
async def desk() -> AsyncIterator[tuple[Work, str]]:
    """A desk at work over a database of its own, and where it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Postgres(folder / "postgres")
        server.start()
        try:
            config = await prepared(server.create_database("screens"), folder)
            async with open_work(config, folder) as work, served(work) as address:
                yield work, address
        finally:
            server.stop()


async def shoot(page: Page, folder: Path, name: str) -> None:
    await page.wait_for_load_state("load")
    await page.wait_for_timeout(250)
    await page.screenshot(path=folder / f"{name}.png", full_page=True)


async def walk(
    browser: Browser, address: str, folder: Path, about: Subject, bulks: dict[str, str], language: str, width: str
) -> None:
    """Every page once."""
    size = WIDTHS[width]
    more = {"locale": LANGUAGES[language], "viewport": {"width": size[0], "height": size[1]}}
    end = f"{language}-{width}"
    async with logged_in(browser, address, "supervisor1", **more) as (page, _):
        for name, path in {**of_staff(about), **ROOMS, **AT_ONCE, **bulks}.items():
            if name != "review":
                await page.goto(address + path)
                await shoot(page, folder, f"{name}-{end}")
        await _cockpit(page, f"{address}/console/cases/{about.case_id}", folder, end)
        await page.goto(f"{address}/console/queue")
        await page.keyboard.press("?")
        await shoot(page, folder, f"help-{end}")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Control+k")
        await shoot(page, folder, f"palette-{end}")
    more |= {"is_mobile": True, "has_touch": True} if width == "narrow" else {}
    async with logged_in(browser, address, "merchant1", **more) as (page, _):
        for name, path in of_merchants(about).items():
            await page.goto(address + path)
            await shoot(page, folder, f"{name}-{end}")
        await page.goto(f"{address}/portal/cases/{about.due_case_id}")
        await page.locator("form.upload input[name=file]").first.set_input_files(PHOTO)
        await page.locator(".told canvas").wait_for()
        await page.locator("#do-open_appeal form").evaluate("form => { form.noValidate = true; form.requestSubmit() }")
        await page.locator("#refused").wait_for()
        await shoot(page, folder, f"portal-refused-{end}")
    context = await browser.new_context(**more)
    page = await context.new_page()
    for name, path in DOOR.items():
        await page.goto(address + path)
        await shoot(page, folder, f"{name}-{end}")
    await context.close()


async def _cockpit(page: Page, case: str, folder: Path, end: str) -> None:
    await page.goto(f"{case}/review")
    await page.wait_for_timeout(600)
    await shoot(page, folder, f"review-{end}")
    former = page.locator("[data-view=former]")
    if await former.count():
        await former.click()
    await page.locator("#do-approve > summary").click()
    await shoot(page, folder, f"review-approve-{end}")
    await page.locator("#code").select_option("unreadable")
    await page.locator("#ask-again").click()
    await page.locator("#do-request_supplement .letter").wait_for()
    await shoot(page, folder, f"review-ask-{end}")
    await page.evaluate("sessionStorage.clear()")


async def main(folder: Path, *only: str) -> None:
    async with desk() as (work, address), launched() as browser:
        case_id = await case_in_review(work)
        for held in (1_200_000, 56_000_000, 300_000):
            await work.in_review(reason="R02", held_fen=held)
        about = await about_case(work, case_id)
        bulks = await bulk_actions(work, case_id)
        for language in LANGUAGES:
            for width in WIDTHS:
                if not only or f"{language}-{width}" in only:
                    await walk(browser, address, folder, about, bulks, language, width)


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
