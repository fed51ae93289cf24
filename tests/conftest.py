"""What all tests share: a real PostgreSQL for the session, and an empty database for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from workers.stack.postgres import Postgres

TESTS = Path(__file__).parent
ONE_STACK = "blackbox"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run in parallel, a file's tests stay together; those on a whole desk all share one, so they too."""
    for item in items:
        file = item.path.relative_to(TESTS)
        item.add_marker(pytest.mark.xdist_group(ONE_STACK if file.parts[0] == ONE_STACK else str(file)))


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
