"""What document verification read on a paper: fields and checks, sealed in the vault under whom the paper is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journal.statements import Pool, load, reading, transaction
from journal.vault import Vault

SQL = load("readings")
KIND = "document_reading"


class Readings:
    """Keeps the newest reading of each document."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def put(self, document_id: str, subject: str, data: Mapping[str, Any]) -> str:
        """Seals a reading and gives back its vault reference; one that says the same as the last is not kept twice.

        Raises the vault's errors, `ForgottenError` above all.
        """
        async with transaction(self._pool) as connection:
            row = await (await connection.execute(SQL["reading"], {"document_id": document_id})).fetchone()
            if row is not None and await self._vault.get(row[0], within=connection) == data:
                return str(row[0])
            ref = await self._vault.put(subject, KIND, data, within=connection)
            await connection.execute(SQL["put_reading"], {"document_id": document_id, "ref": ref})
            return ref

    async def get(self, document_id: str) -> dict[str, Any] | None:
        """The newest reading of a document, or None when it was never read. Raises the vault's errors."""
        async with reading(self._pool) as connection:
            row = await (await connection.execute(SQL["reading"], {"document_id": document_id})).fetchone()
            return None if row is None else await self._vault.get(row[0], within=connection)
