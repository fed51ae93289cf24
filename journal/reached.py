"""At which addresses a merchant is known to be reached: what was sent there arrived, or a code sent there was used.

Rows alone, made from receipts and log-ins, which have records of their own; the address lies in the vault. An address
that bounces is known no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from journal.parties import subject_of
from journal.statements import Pool, load, reading, transaction
from journal.vault import ForgottenError, Vault

SQL = load("reached")

Address = tuple[str, str]
"""A channel, and where on it."""
CHANNELS = frozenset({"email", "sms", "wechat"})


@dataclass(frozen=True, slots=True)
class _Row:
    address_ref: str
    channel: str
    how: str | None
    reached_at: datetime | None


class Reached:
    """Keeps and tells it."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool, self._vault = pool, vault

    async def known(self, merchant_no: str) -> frozenset[Address]:
        """The addresses at which the merchant was reached; none of one that was forgotten."""
        found = await self._addresses(merchant_no)
        return frozenset(address for address, row in found.items() if row.reached_at is not None)

    async def ref_of(self, merchant_no: str, address: Address) -> str | None:
        """The address's reference, made if it has none; None for a merchant that was forgotten."""
        known = (await self._addresses(merchant_no)).get(address)
        if known is not None:
            return known.address_ref
        channel, to = address
        try:
            async with transaction(self._pool) as connection:
                ref = await self._vault.put(subject_of(merchant_no), "reached", {"to": to}, within=connection)
                row = {"ref": ref, "merchant_no": merchant_no, "channel": channel}
                await connection.execute(SQL["put"], row)
        except ForgottenError:
            return None
        return ref

    async def reach(self, ref: str, how: Literal["receipt", "code"], at: datetime) -> None:
        """The merchant was reached there."""
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["reach"], {"ref": ref, "how": how, "at": at})

    async def lose(self, ref: str) -> None:
        """What was sent there bounced."""
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["lose"], {"ref": ref})

    async def _addresses(self, merchant_no: str) -> Mapping[Address, _Row]:
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(_Row)) as cursor:
            await cursor.execute(SQL["of_merchant"], {"merchant_no": merchant_no})
            rows = await cursor.fetchall()
        data = await self._vault.known(row.address_ref for row in rows)
        return {(row.channel, str(found["to"])): row for row in rows if (found := data[row.address_ref]) is not None}
