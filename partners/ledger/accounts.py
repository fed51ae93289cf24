"""Opening a merchant's accounts, and the takings that come in from the card network."""

from __future__ import annotations

from datetime import date

from partners.kit import Connection
from partners.ledger.books import (
    MERCHANT_CODES,
    Entry,
    credit,
    debit,
    lock_merchant,
    of_merchant,
    one,
    post,
    require_balance,
    run,
)
from partners.ledger.fees import charge_at_first_swipe
from partners.ledger.forms import PostingBody, Settlement
from partners.ledger.periods import require_open


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
    """Dr network_receivable / Cr merchant_payable; a refund or reversal the other way round.

    The terminal's first takings pay the fee agreed for it. Refusals 409: `period-closed`, `day-not-come`;
    `insufficient-payable` where more is taken back than there is.
    """
    await lock_merchant(connection, body.merchant_no)
    await require_open(connection, body.booked_on)
    if body.kind == "sale":
        posting = await post(
            connection, settlement_of(body.merchant_no, body.amount_fen, body.ref, key, body.booked_on)
        )
    else:
        await require_balance(connection, "merchant_payable", body.merchant_no, body.amount_fen)
        posting = await post(connection, _taken_back(key, body))
    if body.terminal_sn:
        signed_fen = body.amount_fen if body.kind == "sale" else -body.amount_fen
        await run(
            connection,
            "note_turnover",
            posting_id=posting.posting_id,
            terminal_sn=body.terminal_sn,
            amount_fen=signed_fen,
        )
        await charge_at_first_swipe(connection, body.merchant_no, body.terminal_sn)
    return posting


def settlement_of(merchant_no: str, amount_fen: int, ref: str, key: str, booked_on: date | None = None) -> Entry:
    """The posting for a merchant's takings."""
    payable = of_merchant("merchant_payable", merchant_no)
    lines = [debit("network_receivable", amount_fen), credit(payable, amount_fen)]
    return Entry("settlement", merchant_no, None, key, lines=lines, ref=ref, booked_on=booked_on)


def _taken_back(key: str, body: Settlement) -> Entry:
    payable = of_merchant("merchant_payable", body.merchant_no)
    lines = [debit(payable, body.amount_fen), credit("network_receivable", body.amount_fen)]
    kind = f"settlement_{body.kind}"
    return Entry(kind, body.merchant_no, None, key, lines=lines, ref=body.ref, booked_on=body.booked_on)
