"""Pages: how long the desk takes over the queue's page and a case's page at a hundred thousand open cases, beside a
bare page of the same framework and size.

Time is taken around the application, from the request to the last byte of its answer, with no network between. The
bare page is a FastAPI route with a Jinja template that fills a table until it is as long as ours, from what it has in
memory: it looks nobody up and reads no database. It is asked for in turn with ours.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import httpx2
from fastapi import FastAPI
from jinja2 import Environment
from starlette.responses import HTMLResponse

import journal as journals
from bench import crowd, stories
from bench.rounds import at_most, percentile, say, significant
from bench.servers import folder, postgres
from desk.app import create_app
from desk.seed import seed
from journal import Journal
from workers.settings import Settings

REVIEWER = {"roles": ("reviewer",), "password": secrets.token_urlsafe(), "token": secrets.token_urlsafe()}
CASES = 20
"""Cases with a whole history among the many, whose pages are asked for in turn."""
ROW = "SN-00000001 频繁大额 <first review>"
TABLE = Environment(autoescape=True).from_string(
    "<!doctype html><title>bare</title><table>"
    "{% for number, text in rows %}<tr><td>{{ number }}</td><td>{{ text }}</td></tr>{% endfor %}</table>"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """Open cases, and how often each page is asked for."""

    cases: int = 100_000
    tries: int = 200


QUICK = Amount(200, 3)

Ask = Callable[[], Awaitable[float]]


async def measure(amount: Amount) -> dict[str, Any]:
    """The figures of both pages."""
    with folder() as where, postgres(where) as server:
        settings = _settings(server.create_database("pages"), where)
        names = await _filled(settings.database_url, amount.cases)
        await seed(settings, {"reviewer1": REVIEWER})
        async with _reader(settings) as reader:
            addresses = {"queue": ["/console/queue"], "case": [f"/console/cases/{name}" for name in names]}
            return {
                "open_cases": amount.cases,
                **{page: await _page(reader, those, amount.tries) for page, those in addresses.items()},
            }


def _settings(url: str, where: Path) -> Settings:
    """A desk whose engine is away: no page waits for it."""
    key = secrets.token_hex(32)
    return Settings(
        database_url=url,
        temporal_address="127.0.0.1:1",
        hook_secrets={},
        payload_key=key,
        vault_key=key,
        signing_key=key,
        files_dir=where / "files",
        checkpoints_dir=where / "checkpoints",
    )


async def _filled(url: str, cases: int) -> list[str]:
    """Many open cases, and some among them that were really brought to their review; the names of these."""
    await journals.migrate(url)
    names = [f"FA-20260101-R{number:07}" for number in range(CASES)]
    async with await Journal.open(url, max_size=2) as journal:
        await crowd.open_with_tasks(journal, cases)
        for name in names:
            await stories.write(journal, stories.until(name, 4))
    say(f"pages: {cases} cases are there")
    return names


@asynccontextmanager
async def _reader(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A reviewer who has logged in."""
    app = create_app(settings)
    async with app.router.lifespan_context(app), _over(app) as reader:
        form = {"name": "reviewer1", "password": REVIEWER["password"], "next": "/"}
        answer = await reader.post("/login", data=form)
        if answer.status_code != 303:
            raise RuntimeError(f"the reviewer could not log in: {answer.status_code}")
        yield reader


def _over(app: FastAPI) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, client=("127.0.0.1", 50_000))
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")


async def _page(reader: httpx2.AsyncClient, addresses: list[str], tries: int) -> dict[str, Any]:
    """One page of ours beside a bare one of its size."""
    size = len((await reader.get(addresses[0])).raise_for_status().content)
    async with _over(_bare(size)) as bare:
        ours, theirs = list[float](), list[float]()
        for number in range(tries + 1):
            seconds = await _asked(reader, addresses[number % len(addresses)]), await _asked(bare, "/")
            if number:
                ours.append(seconds[0])
                theirs.append(seconds[1])
    p95 = percentile(ours, 0.95), percentile(theirs, 0.95)
    say(f"pages: {addresses[0]} takes {median(ours) * 1000:.1f} ms")
    return {
        "bytes": size,
        "p50_ms": {"thaw": significant(median(ours) * 1000), "bare": significant(median(theirs) * 1000)},
        "p95_ms": {"thaw": significant(p95[0] * 1000), "bare": significant(p95[1] * 1000)},
        **at_most(3, *p95),
    }


async def _asked(client: httpx2.AsyncClient, path: str) -> float:
    began = perf_counter()
    (await client.get(path)).raise_for_status()
    return perf_counter() - began


def _bare(size: int) -> FastAPI:
    """An application with one page of about so many bytes."""
    one = len(TABLE.render(rows=[(1, ROW)]).encode()) - len(TABLE.render(rows=[]).encode())
    rows = [(number, ROW) for number in range(max(1, size // one))]
    app = FastAPI()

    @app.get("/")
    async def get_page() -> HTMLResponse:
        return HTMLResponse(TABLE.render(rows=rows))

    return app
