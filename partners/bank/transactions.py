"""Transactions as the acquirer's switch recorded them: what was charged when, at which terminal, on which card.

They are recorded once and never changed; a refund is a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from partners.bank.accounts import SQL
from partners.bank.forms import RecordedTransaction, TransactionBatch, TransactionList
from partners.kit import Connection, Refusal

MOST_LISTED = 500


async def record(connection: Connection, batch: TransactionBatch) -> TransactionList:
    """Record transactions; one recorded before is left as it is. Refusal 409 `transaction-differs` if it says else."""
    for wanted in batch.transactions:
        await connection.execute(SQL["record_transaction"], wanted.model_dump())
    recorded = await by_refs(connection, [wanted.ref for wanted in batch.transactions])
    standing = {one.ref: one for one in recorded.transactions}
    for wanted in batch.transactions:
        if standing[wanted.ref] != wanted:
            detail = f"Transaction {wanted.ref} is recorded otherwise."
            raise Refusal(409, "transaction-differs", detail, ref=wanted.ref)
    return recorded


async def by_refs(connection: Connection, refs: Sequence[str]) -> TransactionList:
    """Those of the references that are recorded, oldest first."""
    return await _listed(connection, "transactions_by_refs", refs=list(refs))


async def of_terminal(connection: Connection, terminal_id: str, day: date) -> TransactionList:
    """What a terminal did on a day in Shanghai, oldest first, at most MOST_LISTED."""
    return await _listed(connection, "transactions_of_terminal", terminal_id=terminal_id, day=day, most=MOST_LISTED)


async def _listed(connection: Connection, query: str, **values: object) -> TransactionList:
    rows = await (await connection.execute(SQL[query], values)).fetchall()
    return TransactionList(transactions=[RecordedTransaction(**row) for row in rows])
