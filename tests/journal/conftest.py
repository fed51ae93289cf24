"""A migrated journal in a database of its own, and a vault in it."""

from collections.abc import AsyncIterator

import pytest

from journal.connections import Pool, open_pool
from journal.migrating import migrate
from journal.vault import Vault

KEK = "11" * 32


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """Connections to a database that has the journal's tables, and nothing in them."""
    await migrate(database)
    connections = await open_pool(database)
    yield connections
    await connections.close()


@pytest.fixture
def vault(pool: Pool) -> Vault:
    """A vault that was never written to."""
    return Vault(pool, KEK)
