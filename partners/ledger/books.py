"""Writing a posting, and the checks that stand before one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from partners.kit import Connection, Queries, Refusal
from partners.ledger.forms import LineBody, PostingBody, Side

SQL = Queries(Path(__file__).with_name("queries.sql"))

MERCHANT_CODES = ("merchant_payable", "merchant_held", "refund_suspense", "fee_refundable", "claims_payable")
"""The accounts every merchant has: what we owe it, and in which state."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a posting to be written."""

    account: str
    side: Side
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting to be written under the effect's `key`, booked on a day (today in Shanghai if None). Lines of 0 fen are
    left out."""

    kind: str
    merchant_no: str | None
    case_id: str | None
    key: str
    lines: Sequence[Line]
    ref: str | None = None
    reverses: str | None = None
    booked_on: date | None = None


def of_merchant(code: str, merchant_no: str) -> str:
    """The account `code` of a merchant."""
    return f"{code}:{merchant_no}"


def debit(account: str, amount_fen: int) -> Line:
    """A debit line."""
    return Line(account, "debit", amount_fen)


def credit(account: str, amount_fen: int) -> Line:
    """A credit line."""
    return Line(account, "credit", amount_fen)


async def one(connection: Connection, query: str, **values: Any) -> dict[str, Any] | None:
    """The first row of the named query, or None."""
    return await (await connection.execute(SQL[query], values)).fetchone()


async def rows(connection: Connection, query: str, **values: Any) -> list[dict[str, Any]]:
    """All rows of the named query."""
    return await (await connection.execute(SQL[query], values)).fetchall()


async def run(connection: Connection, query: str, **values: Any) -> None:
    """Run the named statement, which gives no rows."""
    await connection.execute(SQL[query], values)


async def post(connection: Connection, entry: Entry) -> PostingBody:
    """Write `entry`; the database refuses it at commit if it does not balance."""
    lines = [line for line in entry.lines if line.amount_fen]
    row = await one(
        connection,
        "post",
        kind=entry.kind,
        merchant_no=entry.merchant_no,
        case_id=entry.case_id,
        key=entry.key,
        ref=entry.ref,
        reverses=entry.reverses,
        booked_on=entry.booked_on,
        accounts=[line.account for line in lines],
        sides=[line.side for line in lines],
        amounts=[line.amount_fen for line in lines],
    )
    assert row is not None
    return PostingBody(
        posting_id=row["posting_id"],
        kind=entry.kind,
        merchant_no=entry.merchant_no,
        case_id=entry.case_id,
        key=entry.key,
        ref=entry.ref,
        posted_at=row["posted_at"],
        booked_on=row["booked_on"],
        reverses=entry.reverses,
        lines=[LineBody(account=line.account, side=line.side, amount_fen=line.amount_fen) for line in lines],
    )


async def lock_merchant(connection: Connection, merchant_no: str) -> None:
    """Make this the only transaction that moves the merchant's money; Refusal 404 when it has no accounts."""
    if await one(connection, "lock_merchant", merchant_no=merchant_no) is None:
        raise no_such_merchant(merchant_no)


def no_such_merchant(merchant_no: str) -> Refusal:
    """404 for a merchant without accounts."""
    return Refusal(404, "no-such-merchant", f"Merchant {merchant_no} has no accounts here.")


async def require_balance(connection: Connection, code: str, merchant_no: str, amount_fen: int) -> None:
    """Refusal 409 `insufficient-<account>` unless the merchant's account holds the amount; lock the merchant first."""
    row = await one(connection, "credit_balance", account=of_merchant(code, merchant_no))
    assert row is not None
    if row["fen"] < amount_fen:
        name = code.removeprefix("merchant_").replace("_", "-")
        raise Refusal(
            409,
            f"insufficient-{name}",
            f"{amount_fen} fen asked of {code}, which holds {row['fen']} fen.",
            available_fen=row["fen"],
            asked_fen=amount_fen,
        )
