"""What all tests share: a real PostgreSQL for the session, and a fresh database for each test that asks for one."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

import journal
from tests.databases import copied
from workers.stack.postgres import Postgres

IN_MEMORY = Path("/dev/shm")
ENOUGH_MEMORY = 4 * 2**30
if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free >= ENOUGH_MEMORY:
    # Copying the files of a database costs a disk's file system five times the time, and more with every copy.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

ONE_STACK = "tests/blackbox/"


class ByFile(LoadScopeScheduling):
    """Run in parallel, a file's tests stay together; those on a whole desk all share one, so they too. (Groups by mark,
    `--dist loadgroup`, do nothing with pytest 9.2: xdist 3.8 writes them where that version no longer reads.)"""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return ONE_STACK if file.startswith(ONE_STACK) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder: Path = tmp_path_factory.mktemp("postgres")
    with Postgres(folder, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def postgres(_server: Postgres) -> str:
    """The URI of the session's PostgreSQL server (its database `postgres`)."""
    return _server.uri()


@pytest.fixture(scope="session")
def _journal(_server: Postgres) -> str:
    """The name of a database with an empty journal, which is only ever copied."""
    asyncio.run(journal.migrate(_server.create_database("empty_journal")))
    return "empty_journal"


@pytest.fixture
def database(_server: Postgres, _journal: str) -> Iterator[str]:
    """The URI of a fresh database with an empty journal of the newest version; it is gone after the test."""
    yield from copied(_server, _journal)


@pytest.fixture
def empty_database(_server: Postgres) -> Iterator[str]:
    """The URI of a fresh database with nothing in it; it is gone after the test."""
    yield from copied(_server, "template0")
