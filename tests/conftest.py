"""What all tests share: a real PostgreSQL for the session, and an empty database for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from xdist.scheduler import LoadScopeScheduling

from workers.stack.postgres import Postgres

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


@pytest.fixture
def database(_server: Postgres) -> Iterator[str]:
    """The URI of a fresh, empty database that is gone after the test."""
    name = f"test_{uuid4().hex}"
    uri = _server.create_database(name)
    yield uri
    _server.drop_database(name)
