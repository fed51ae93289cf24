"""What the books show: balances, statements, a case's postings and holds, the trial balance."""

from __future__ import annotations

from typing import Any

from partners.kit import Connection
from partners.ledger.books import no_such_merchant, one, rows
from partners.ledger.forms import (
    AccountBody,
    HoldsBody,
    MerchantBody,
    PostingBody,
    PostingsBody,
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
    return StatementBody(merchant_no=merchant_no, lines=lines, next=lines[-1].posting_id if full else None)


async def postings_of_case(connection: Connection, case_id: str) -> PostingsBody:
    """The case's postings, oldest first; none for a case the ledger never heard of."""
    found = await rows(connection, "postings_of_case", case_id=case_id)
    return PostingsBody(case_id=case_id, postings=[PostingBody(**row) for row in found])


async def holds_of_case(connection: Connection, case_id: str) -> HoldsBody:
    """What each of the case's controls holds."""
    found = await rows(connection, "controls_of_case", case_id=case_id)
    return HoldsBody(case_id=case_id, holds=[control_body(row) for row in found])


async def trial_balance(connection: Connection) -> TrialBalance:
    """All accounts in one statement, so at one moment."""
    accounts = [_account_body(row) for row in await rows(connection, "account_balances")]
    debit_fen = sum(account.debit_fen for account in accounts)
    credit_fen = sum(account.credit_fen for account in accounts)
    return TrialBalance(
        debit_fen=debit_fen, credit_fen=credit_fen, difference_fen=debit_fen - credit_fen, accounts=accounts
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
