"""What the books show: balances, statements, a case's postings and holds, the trial balance."""

from __future__ import annotations

from datetime import date
from typing import Any

from partners.kit import Connection
from partners.ledger.books import no_such_merchant, one, rows
from partners.ledger.forms import (
    AccountBody,
    Chart,
    ChartLine,
    HoldsBody,
    MerchantBody,
    PostingBody,
    PostingsBody,
    PostingsOfDay,
    StatementBody,
    StatementLine,
    TrialBalance,
)
from partners.ledger.holds import control_body


async def balances(connection: Connection, merchant_no: str) -> MerchantBody:
    """What each of the merchant's accounts holds; Refusal 404 `no-such-merchant`."""
    found = await rows(connection, "merchant_balances", merchant_no=merchant_no)
    if not found:
        raise no_such_merchant(merchant_no)
    reserved = await one(connection, "merchant_reserved", merchant_no=merchant_no)
    assert reserved is not None
    return MerchantBody(
        merchant_no=merchant_no,
        balances={row["code"]: row["fen"] for row in found},
        reserved_fen=reserved["fen"],
    )


async def statement(connection: Connection, merchant_no: str, after: str, limit: int) -> StatementBody:
    """Movements on the merchant's accounts: the `limit` postings after posting `after`, whole."""
    if await one(connection, "find_merchant", merchant_no=merchant_no) is None:
        raise no_such_merchant(merchant_no)
    found = await rows(connection, "statement", merchant_no=merchant_no, after=after, limit=limit)
    lines = [StatementLine(**row) for row in found]
    full = len({line.posting_id for line in lines}) == limit
    before = await rows(connection, "balances_before", merchant_no=merchant_no, after=after)
    opening = {row["code"]: row["fen"] for row in before}
    closing = dict(opening)
    for line in lines:
        closing[line.account] += line.amount_fen if line.side == "credit" else -line.amount_fen
    return StatementBody(
        merchant_no=merchant_no,
        opening=opening,
        closing=closing,
        lines=lines,
        next=lines[-1].posting_id if full else None,
    )


async def postings_of_day(connection: Connection, day: date, after: str, limit: int) -> PostingsOfDay:
    """Up to `limit` of the day's postings after posting `after`."""
    found = await rows(connection, "postings_of_day", day=day, after=after, limit=limit)
    postings = [PostingBody(**row) for row in found]
    return PostingsOfDay(day=day, postings=postings, next=postings[-1].posting_id if len(postings) == limit else None)


async def chart(connection: Connection) -> Chart:
    """Every kind of account and what it is for."""
    return Chart(accounts=[ChartLine(**row) for row in await rows(connection, "chart")])


async def postings_of_case(connection: Connection, case_id: str) -> PostingsBody:
    """The case's postings, oldest first; none for a case the ledger never heard of."""
    found = await rows(connection, "postings_of_case", case_id=case_id)
    return PostingsBody(case_id=case_id, postings=[PostingBody(**row) for row in found])


async def holds_of_case(connection: Connection, case_id: str) -> HoldsBody:
    """What each of the case's controls holds."""
    found = await rows(connection, "controls_of_case", case_id=case_id)
    return HoldsBody(case_id=case_id, holds=[control_body(row) for row in found])


async def trial_balance(connection: Connection, through: date | None = None) -> TrialBalance:
    """All accounts in one statement, so at one moment; only what was booked through a day if one is given."""
    accounts = [_account_body(row) for row in await rows(connection, "account_balances", through=through)]
    debit_fen = sum(account.debit_fen for account in accounts)
    credit_fen = sum(account.credit_fen for account in accounts)
    return TrialBalance(
        through=through,
        debit_fen=debit_fen,
        credit_fen=credit_fen,
        difference_fen=debit_fen - credit_fen,
        accounts=accounts,
    )


def _account_body(row: dict[str, Any]) -> AccountBody:
    grown = row["debit_fen"] - row["credit_fen"]
    return AccountBody(
        account=row["account"],
        merchant_no=row["merchant_no"],
        nature=row["nature"],
        debit_fen=row["debit_fen"],
        credit_fen=row["credit_fen"],
        balance_fen=grown if row["nature"] == "asset" else -grown,
    )
