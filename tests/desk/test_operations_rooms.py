"""The rooms of the operations desk: charts drawn from what happened, personal data, partners; in both languages, for
everyone, at both widths."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from desk.console.pages import FILES, STATIC
from desk.seed import TERMINAL_SN
from journal.circuits import Circuit
from tests.desk.browsing import Seen, logged_in, served
from tests.desk.house import MERCHANT_NO, House, opened, prepared
from tests.desk.places import ROOMS
from tests.desk.surfer import Surfer
from tests.desk.test_console_access_for_all import LANGUAGES, MOST_BYTES, STRANGE, WIDTHS, barriers
from workers.stack.postgres import Postgres
from workers.views_process import ViewsProcess
from workers.vocabulary import vocabulary

AWAY = datetime(2026, 11, 6, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
async def house(_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A desk with one case, its views made, and a partner that does not answer."""
    async with opened(await prepared(_server.create_database("rooms"), tmp_path_factory.mktemp("rooms"))) as house:
        control = {
            "terminal_sn": TERMINAL_SN, "kind": "settlement_hold", "reason_code": "R01", "held_amount_fen": 8_642_000,
            "source": "risk", "external_ref": "risk-1", "detail": "velocity",
        }  # fmt: skip
        assert (await house.officer1.post("/api/v1/controls", control)).status_code == 201
        await ViewsProcess(house.desk.pool, vocabulary()).make_outdated()
        await house.desk.circuits.note(Circuit("bank", "open", AWAY, "ConnectError", 3, AWAY, AWAY, AWAY))
        yield house


async def surfing(house: House, name: str) -> Surfer:
    surfer = Surfer(house)
    await surfer.log_in(name)
    return surfer


# --- charts ---------------------------------------------------------------------------------------------------------


async def test_the_course_of_the_days_says_what_was_opened_and_what_stands(house: House) -> None:
    told = (await house.reviewer1.get("/api/v1/stats/course")).json()
    last = told["days"][-1]
    assert (len(told["days"]), last["day"]) == (30, told["today"])
    assert (last["opened"], last["backlog"], last["closed"]) == (1, 1, 0)
    assert [(row["status"], row["open"], row["under_1_day"]) for row in told["ages"]] == [("opened", 1, 1)]
    assert [(row["reason_code"], row["cases"], row["returned"]) for row in told["reasons"]] == [("R01", 1, 0)]
    for unsound in ("since=2026-12-01&until=2026-11-01", "since=2020-01-01&until=2026-11-01"):
        answer = await house.reviewer1.get(f"/api/v1/stats/course?{unsound}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "since")
    assert (await house.merchant1.get("/api/v1/stats/course")).status_code == 403


async def test_a_span_that_cannot_be_is_told_beside_its_field_and_what_was_typed_stays(house: House) -> None:
    engineer = await surfing(house, "engineer1")
    page = engineer.read(await engineer.get("/console/figures?since=2026-12-01&until=2026-11-01"), 422)
    assert "It must not be after the last day" in page.text
    assert ("since", "2026-12-01") in page.form("/console/figures").values
    assert "Give a day, such as" in engineer.read(await engineer.get("/console/figures?since=soon"), 422).text


def test_what_was_taken_from_elsewhere_is_what_was_published() -> None:
    with (STATIC / "vendored.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["file"] for row in rows} == {"htmx.js", "uplot.js", "uplot.css"} <= set(FILES)
    for row in rows:
        assert hashlib.sha256((STATIC / row["file"]).read_bytes()).hexdigest() == row["sha256"], row["file"]
        assert row["licence"]


# --- personal data --------------------------------------------------------------------------------------------------


async def test_a_hold_is_set_and_ended_on_the_page_and_erasing_is_refused_with_every_reason(house: House) -> None:
    head = await surfing(house, "compliance1")
    here = f"/console/privacy/{MERCHANT_NO}"
    search = (await head.page("/console/privacy")).form("/console/privacy")
    found = await head.get(f"{search.action}?subject=merchant:{MERCHANT_NO}")
    page = head.read(found)
    page = head.read(await head.send(page.form("/hold"), basis="court", reference="(2026)沪01执1号"))
    assert "The legal hold is set." in page.text
    page = head.read(await head.send(page.form("/erase"), confirm="898"), 422)
    assert f"Type {MERCHANT_NO}" in page.text
    page = head.read(await head.send(page.form("/erase"), confirm=MERCHANT_NO), 409)
    assert "This merchant's personal data cannot be erased yet" in page.text
    assert page.text.count("(2026)沪01执1号") >= 2
    page = head.read(await head.send(page.form("/end"), reference="(2026)沪01执1号之一"))
    assert "The legal hold is ended." in page.text
    assert "No legal hold." in page.text
    head.language = "zh"
    assert "解除依法保全" in (await head.page(here)).text


async def test_who_may_only_watch_sees_no_deed_and_nobody_is_told_by_number(house: House) -> None:
    auditor = await surfing(house, "auditor1")
    page = await auditor.page(f"/console/privacy/{MERCHANT_NO}")
    assert not page.has_form("/erase")
    assert not page.has_form("/hold")
    told = auditor.read(await auditor.get("/console/privacy?subject=000"), 404)
    assert "Nobody is registered as 000" in told.text
    engineer = await surfing(house, "engineer1")
    assert (await engineer.get("/console/privacy")).status_code == 403


# --- partners -------------------------------------------------------------------------------------------------------


async def test_a_partner_that_is_left_alone_is_tried_when_someone_asks(house: House) -> None:
    engineer, reviewer = await surfing(house, "engineer1"), await surfing(house, "reviewer1")
    page = await engineer.page("/console/partners")
    assert "ConnectError" in page.text
    page = engineer.read(await engineer.send(page.form("/bank/try")))
    assert "Noted: the next call that comes is tried at once." in page.text
    assert "Asked for:" in page.text
    assert not (await reviewer.page("/console/partners")).has_form("/bank/try")
    assert (await house.engineer1.post("/api/v1/operations/partners/nobody/try")).status_code == 404


# --- every room -----------------------------------------------------------------------------------------------------


async def wrong_at(path: str, page: Page, address: str, language: str, width: str, seen: Seen) -> list[str]:
    """What is wrong with a room."""
    weights: list[int] = []
    seen.requests.clear()
    page.on("response", lambda answer: weights.append(int(answer.headers.get("content-length", 0))))
    await page.goto(address + path)
    if path == "/console/figures":
        await page.locator("[data-chart='reasons'][data-drawn]").wait_for()
    wrong = [f"{path} asks {url}" for url in seen.requests if not url.startswith((address, "data:", "blob:"))]
    wrong += [f"{path} weighs {sum(weights)}"] if sum(weights) > MOST_BYTES else []
    labels = await page.locator("h1, h2, label, legend, button, th, nav a, summary, .u-legend").all_inner_texts()
    plain = (text.replace("中文", "").replace("English", "") for text in labels)
    wrong += [f"{path} says {text!r}" for text in plain if STRANGE[language].search(text)]
    for size in (*(one for name, one in WIDTHS.items() if name != width), WIDTHS[width]):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong += [f"{path} is {over} too wide at {size[0]}"] if over > 0 else []
    return [*wrong, *(f"{path} {barrier}" for barrier in await barriers(page))]


@pytest.mark.parametrize(("language", "width"), [("zh", "narrow"), ("en", "wide")])
async def test_every_room_is_for_everyone_and_its_charts_are_drawn(
    house: House, browser: Browser, language: str, width: str
) -> None:
    more: dict[str, Any] = {
        "locale": LANGUAGES[language], "viewport": dict(zip(("width", "height"), WIDTHS[width], strict=True)),
    }  # fmt: skip
    wrong: list[str] = []
    async with (
        served(SimpleNamespace(house=house)) as address,  # type: ignore[arg-type]
        logged_in(browser, address, "compliance1", **more) as (page, seen),
    ):
        for path in ROOMS.values():
            wrong += await wrong_at(path, page, address, language, width, seen)
            if path == "/console/figures":
                assert await page.locator(".chart canvas").count() == 5
        await page.goto(f"{address}/console/policy/levers/timers.review_1_bd")
        await page.locator("#new").fill("4" if language == "zh" else "5")
        await page.locator("#reason").fill("节前人手少" if language == "zh" else "few people before the holidays")
        await page.locator("button[name=look]").click()
        await page.locator(".notice.good").wait_for()
        await page.locator("form.command button.main").click()
        await page.locator("#proposals").wait_for()
        assert await page.locator(".notice.good").count() == 1
        assert seen.complaints == []
    assert wrong == []
