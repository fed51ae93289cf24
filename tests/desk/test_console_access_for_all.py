"""Every page as people meet it: no barrier axe knows of, light, nothing from elsewhere, nothing wider than its window,
one language at a time."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Page

from tests.desk.browsing import logged_in

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


@pytest.mark.parametrize(("language", "width"), [("zh", "narrow"), ("en", "wide")])
async def test_every_page_is_for_everyone(work, address, browser, language: str, width: str):
    case_id = await work.in_review(reason="R02", held_fen=1_000_000)
    more = {"locale": LANGUAGES[language], "viewport": dict(zip(("width", "height"), WIDTHS[width], strict=True))}
    here, rota = f"/console/cases/{case_id}", "/console/rota?person=reviewer2"
    wrong: list[str] = []
    async with logged_in(browser, address, "supervisor1", **more) as (page, seen):
        for path in ("/console/queue", "/console/cases", here, f"{here}/review", "/console/register", rota):
            seen.requests.clear()
            weights: list[int] = []
            page.on("response", lambda answer, w=weights: w.append(int(answer.headers.get("content-length", 0))))
            await page.goto(address + path)
            labels = await page.locator("h1, h2, h3, label, legend, button, th, nav a, summary").all_inner_texts()
            wrong += [f"{path} says {text!r}" for text in labels if STRANGE[language].search(_ours(text))]
            for size in (*(one for name, one in WIDTHS.items() if name != width), WIDTHS[width]):
                await page.set_viewport_size({"width": size[0], "height": size[1]})
                over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                wrong += [f"{path} is {over} too wide at {size[0]}"] if over > 0 else []
            wrong += [f"{path} asks {url}" for url in seen.requests if not url.startswith((address, "data:", "blob:"))]
            wrong += [f"{path} weighs {sum(weights)}"] if sum(weights) > MOST_BYTES else []
            wrong += [f"{path} {barrier}" for barrier in await barriers(page)]
        await page.goto(f"{address}/console/queue")
        await page.keyboard.press("?")
        wrong += [f"help {barrier}" for barrier in await barriers(page)]
        assert seen.complaints == []
    assert wrong == []


def _ours(text: str) -> str:
    """A label without the languages' own names."""
    return text.replace("中文", "").replace("English", "")
