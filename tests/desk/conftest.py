"""A desk whose engine is away, and (once for all tests that ask) one at work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from desk.seed import TERMINAL_SN
from tests.databases import copied
from tests.desk.browsing import CHROMIUM, NO_CHROMIUM, launched, served
from tests.desk.console_work import as_
from tests.desk.house import CHEAP, Config, House, opened, prepared
from tests.desk.surfer import Surfer
from tests.desk.working import Work, open_work
from workers.stack.postgres import Postgres


@pytest.fixture(scope="session")
async def _furnished(_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the demo people in it, which is only ever copied."""
    await prepared(_server.create_database("furnished"), tmp_path_factory.mktemp("furnished"))
    return "furnished"


@pytest.fixture
def config(_server: Postgres, _furnished: str, tmp_path: Path) -> Iterator[Config]:
    """A desk's settings, with the demo people in its journal."""
    for database in copied(_server, _furnished):
        yield Config(database, tmp_path / "files")


@pytest.fixture(scope="session")
async def _work(_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Work]:
    folder = tmp_path_factory.mktemp("work")
    config = await prepared(_server.create_database("desk_at_work"), folder)
    async with open_work(config, folder) as work:
        yield work


@pytest.fixture
async def work(_work: Work) -> Work:
    """The desk at work, its partners as on the first day."""
    _work.hands.forget()
    async with _work.house.desk.pool.connection() as connection:
        await connection.execute("delete from journal.circuits")
    return _work


@pytest.fixture
async def house(config: Config) -> AsyncIterator[House]:
    """An open desk whose engine is away."""
    async with opened(config) as house:
        yield house


@pytest.fixture
def control() -> dict[str, Any]:
    """A hold of risk's on the demo terminal."""
    return {
        "terminal_sn": TERMINAL_SN,
        "kind": "settlement_hold",
        "reason_code": "R01",
        "held_amount_fen": 8_642_000,
        "source": "risk",
        "external_ref": "risk-1",
        "detail": "velocity",
    }


@pytest.fixture
async def case_id(house: House, control: dict[str, Any]) -> str:
    """A freeze appeal that was just opened."""
    answer = await house.officer1.post("/api/v1/controls", control)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_id"])


@pytest.fixture
async def officer(work: Work) -> Surfer:
    """An officer at the console, where new passwords cost little."""
    work.house.desk.people._hasher = CHEAP
    return await as_(work.house, "officer1")


@pytest.fixture
async def address(work: Work) -> AsyncIterator[str]:
    """Where the desk at work can be reached by a browser."""
    async with served(work) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A real browser; the test is skipped with a clear line where there is none."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    async with launched() as browser:
        yield browser
