"""Every page as people meet it: no barrier axe knows of, light, nothing from elsewhere, nothing wider than its window,
one language at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Page

from desk.console.pages import TEMPLATES
from tests.desk.browsing import logged_in
from tests.desk.house import MERCHANT_NO
from tests.desk.places import AT_ONCE, DOOR, NO_PAGES, ROOMS, Subject, about_case, of_merchants, of_staff
from tests.desk.working import Work

PAGES: Path = TEMPLATES.parent
AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
MOST_BYTES = 200_000
WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}
LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
STRANGE = {
    "zh": re.compile(r"\b(?:Queue|Cases|Approve|Reject|Due|Claim|Filter|Reason)\b"),
    "en": re.compile(r"[一-鿿]"),
}
"""What no label of the page says in the language that is read. (People's own words and papers may.)"""


async def barriers(page: Page) -> list[str]:
    """What axe finds."""
    found = await page.evaluate(
        f"async () => {{ {AXE}; return (await axe.run(document, {{resultTypes: ['violations']}})).violations }}"
    )
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


@dataclass
class Inspector:
    """Looks at one page after the other and notes what is wrong."""

    page: Page
    address: str
    language: str
    wrong: list[str] = field(default_factory=list)

    async def look(self, places: Mapping[str, str]) -> None:
        """At pages by their addresses."""
        requests: list[str] = []
        weights: list[int] = []
        self.page.on("request", lambda request: requests.append(request.url))
        self.page.on("response", lambda answer: weights.append(int(answer.headers.get("content-length", 0))))
        for name, path in places.items():
            requests.clear()
            weights.clear()
            await self.page.goto(self.address + path)
            elsewhere = [url for url in requests if not url.startswith((self.address, "data:", "blob:"))]
            self.wrong += [f"{name} asks {url}" for url in elsewhere]
            self.wrong += [f"{name} weighs {sum(weights)}"] if sum(weights) > MOST_BYTES else []
            await self.look_here(name)

    async def look_here(self, name: str) -> None:
        """At the page that stands."""
        labels = await self.page.locator("h1, h2, h3, label, legend, button, th, dt, nav a, summary").all_inner_texts()
        self.wrong += [f"{name} says {text!r}" for text in labels if STRANGE[self.language].search(_ours(text))]
        for width, height in WIDTHS.values():
            await self.page.set_viewport_size({"width": width, "height": height})
            over = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.wrong += [f"{name} is {over} too wide at {width}"] if over > 0 else []
        self.wrong += [f"{name} {barrier}" for barrier in await barriers(self.page)]


async def subject(work: Work) -> Subject:
    return await about_case(work, await work.in_review(reason="R02", held_fen=1_000_000))


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_of_the_console_is_for_everyone(work, address, browser, language: str):
    about = await subject(work)
    async with logged_in(browser, address, "supervisor1", locale=LANGUAGES[language]) as (page, seen):
        inspector = Inspector(page, address, language)
        await inspector.look({name: path for name, path in of_staff(about).items() if name != "nowhere"})
        assert seen.complaints == []
        await page.goto(f"{address}/console/queue")
        await page.keyboard.press("?")
        await inspector.look_here("help")
        await inspector.look({"nowhere": "/console/nowhere"})
    assert inspector.wrong == []


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_of_the_portal_is_for_everyone(work, address, browser, language: str):
    about, more = await subject(work), {"locale": LANGUAGES[language]}
    async with logged_in(browser, address, "merchant1", **more) as (page, seen):
        inspector = Inspector(page, address, language)
        pages = {name: path for name, path in of_merchants(about).items() if name != "portal-nowhere"}
        await inspector.look(pages)
        await page.goto(f"{address}{pages['portal-due']}")
        await page.locator("#do-open_appeal textarea").fill(" ")
        await page.locator("#do-open_appeal form").evaluate("form => { form.noValidate = true }")
        await page.locator("#do-open_appeal button").click()
        await page.locator("#refused").wait_for()
        await inspector.look_here("portal-refused")
        assert [one for one in seen.complaints if "422" not in one] == []
        await inspector.look({"portal-nowhere": "/portal/nowhere"})
    context = await browser.new_context(**more)
    outside = Inspector(await context.new_page(), address, language)
    await outside.look(DOOR)
    await context.close()
    assert inspector.wrong + outside.wrong == []


def test_no_page_is_forgotten():
    """Each address that a visitor may open is among the places, or is known to be no page."""
    about = Subject("{case_id}", "{terminal_sn}", "{document_id}", "{complaint_id}", "{case_id}")
    places = {
        *of_staff(about).values(),
        *of_merchants(about).values(),
        *ROOMS.values(),
        *AT_ONCE.values(),
        *DOOR.values(),
    }
    known = {re.sub(r"\?.*", "", place).replace(MERCHANT_NO, "{merchant_no}") for place in places}
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.py")))
    found = set(re.findall(r'(?:router|of_staff|of_others)\.get\("(/[^"]*)"', source))
    bare = {re.sub(r"^/(console|portal)(?=/)", "", place) for place in known}
    no_pages = {path.replace("/{base}", "") for path in NO_PAGES}
    assert {path for path in found if path not in no_pages and path not in known and path not in bare} == {
        "/bulk/{bulk_id}",  # looked at where it is carried out
        "/policy/levers/{key}",  # among the places by one of its keys
        "/portal/enter/{token}",  # among the places with a token of nobody
        "/cases/{case_id}/since",  # a part of a page
        "/cases/{case_id}/agreement",  # leads to contract signing
    }


def _ours(text: str) -> str:
    """A label without the languages' own names."""
    return text.replace("中文", "").replace("English", "")
