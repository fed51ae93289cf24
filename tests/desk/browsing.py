"""A real browser at a desk at work: where it is served, who is logged in, and what its pages asked for."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.desk.working import Work

expect.set_options(timeout=20_000)  # a machine with much to do is no failure

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NO_CHROMIUM = "no chromium is installed (on Debian: apt install chromium)"
ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals are pytest's


@contextlib.asynccontextmanager
async def served(work: Work) -> AsyncIterator[str]:
    """Where the desk at work can be reached by a browser."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = _Server(uvicorn.Config(work.house.app, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@contextlib.asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield started
        await started.close()


@dataclass
class Seen:
    """What a page asked for and complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)


@contextlib.asynccontextmanager
async def logged_in(browser: Browser, address: str, name: str, **more: Any) -> AsyncIterator[tuple[Page, Seen]]:
    context = await browser.new_context(**{"locale": "en-US", **more})
    page, seen = await context.new_page(), Seen()
    seen.watch(page)
    await page.goto(f"{address}/login")
    await page.get_by_label("User name").or_(page.get_by_label("用户名")).fill(name)
    await page.locator("#password").fill(f"password of {name}")
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/login" not in url)
    try:
        yield page, seen
    finally:
        await context.close()
