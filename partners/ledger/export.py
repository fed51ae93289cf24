"""The books as plain text that beancount and hledger read, closing balances included as assertions.

Both programs add the postings up by themselves and then compare with the balances the ledger states.
Debits are positive, as those programs have it. A posting stands on the day it is booked on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from partners.kit import Connection
from partners.ledger.books import rows

Row = dict[str, Any]

_ROOTS = {"asset": "Assets", "liability": "Liabilities", "income": "Income"}


async def export(connection: Connection, form: str) -> str:
    """The whole ledger as a `beancount` or `hledger` journal, as it stood at one moment."""
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    accounts = await rows(connection, "account_balances", through=None)
    lines = await rows(connection, "all_lines")
    write = beancount if form == "beancount" else hledger
    return "\n".join(write(accounts, lines)) + "\n"


def beancount(accounts: Sequence[Row], lines: Sequence[Row]) -> Iterator[str]:
    """The books in beancount's language."""
    yield 'option "title" "Ledger"'
    yield 'option "operating_currency" "CNY"'
    for account in accounts:
        yield f"{account['opened_on']} open {_name(account)} CNY"
    names = {account["account"]: _name(account) for account in accounts}
    last = date.min
    for posting in _postings(lines):
        first = posting[0]
        last = first["booked_on"]
        yield ""
        yield f'{last} * "{first["kind"]}" "{_quoted(first["ref"] or "")}"'
        yield from (f'  {name}: "{_quoted(value)}"' for name, value in _details(first))
        yield from (f"  {names[line['account']]}  {_yuan(_signed(line))} CNY" for line in posting)
    yield ""
    for account in accounts if lines else ():
        # Stated for the morning after: beancount checks a balance before that day's postings.
        yield f"{last + timedelta(days=1)} balance {_name(account)}  {_yuan(_balance(account))} CNY"


def hledger(accounts: Sequence[Row], lines: Sequence[Row]) -> Iterator[str]:
    """The books in hledger's journal format."""
    yield "commodity 1000.00 CNY"
    names = {account["account"]: _name(account).lower() for account in accounts}
    yield from (f"account {name}" for name in names.values())
    last = date.min
    for posting in _postings(lines):
        first = posting[0]
        last = first["booked_on"]
        yield ""
        yield f"{last} * ({first['posting_id']}) {first['kind']}"
        yield from (f"    ; {name}: {_tag(value)}" for name, value in _details(first))
        yield from (f"    {names[line['account']]}  {_yuan(_signed(line))} CNY" for line in posting)
    if lines:
        yield ""
        yield f"{last} * closing balances"
        yield from (f"    {names[row['account']]}  0.00 CNY = {_yuan(_balance(row))} CNY" for row in accounts)


def _postings(lines: Sequence[Row]) -> Iterator[list[Row]]:
    for _, group in groupby(lines, key=itemgetter("posting_id")):
        yield list(group)


def _details(first: Row) -> Iterator[tuple[str, str]]:
    names = {"posting_id": "posting", "case_id": "case", "key": "key", "reverses": "reverses"}
    yield from ((shown, first[column]) for column, shown in names.items() if first[column])


def _name(account: Row) -> str:
    """`Liabilities:Merchant-Payable:M898…`: parts start with a capital and hold letters, digits and dashes."""
    parts = [_ROOTS[account["nature"]], account["code"].replace("_", "-").title()]
    if account["merchant_no"]:
        parts.append(f"M{account['merchant_no']}")
    return ":".join(parts)


def _signed(line: Row) -> int:
    return int(line["amount_fen"]) if line["side"] == "debit" else -int(line["amount_fen"])


def _balance(account: Row) -> int:
    return int(account["debit_fen"]) - int(account["credit_fen"])


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _tag(text: str) -> str:
    return re.sub(r"[,;]", " ", text)
