"""Opening a merchant's accounts, and the takings that come in from the card network."""

from __future__ import annotations

from partners.kit import Connection
from partners.ledger.books import MERCHANT_CODES, Entry, credit, debit, lock_merchant, of_merchant, one, post, run
from partners.ledger.forms import PostingBody, Settlement


async def open_merchant(connection: Connection, merchant_no: str, opening_fen: int) -> bool:
    """Open the merchant's accounts with `opening_fen` of recent takings; False when they were open already."""
    if await one(connection, "open_merchant", merchant_no=merchant_no) is None:
        return False
    await run(connection, "open_accounts", merchant_no=merchant_no, codes=list(MERCHANT_CODES))
    if opening_fen:
        # A caller's key holds no space, so none can be taken for this one.
        await post(connection, settlement_of(merchant_no, opening_fen, "opening", f"opening of {merchant_no}"))
    return True


async def import_settlement(connection: Connection, key: str, body: Settlement) -> PostingBody:
    """Dr network_receivable / Cr merchant_payable."""
    await lock_merchant(connection, body.merchant_no)
    return await post(connection, settlement_of(body.merchant_no, body.amount_fen, body.ref, key))


def settlement_of(merchant_no: str, amount_fen: int, ref: str, key: str) -> Entry:
    """The posting for a merchant's takings."""
    return Entry(
        kind="settlement",
        merchant_no=merchant_no,
        case_id=None,
        key=key,
        ref=ref,
        lines=[
            debit("network_receivable", amount_fen),
            credit(of_merchant("merchant_payable", merchant_no), amount_fen),
        ],
    )
