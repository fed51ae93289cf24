"""The accounts the bank knows, and whether they are whose they are said to be."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

from partners.bank.forms import AccountBody, AccountCheck, AccountCheckBody, AccountFile, AccountStatement, Difference
from partners.kit import Connection, Queries, Refusal

SQL = Queries(Path(__file__).with_name("queries.sql"))

_IDENTITY: tuple[Difference, ...] = ("resident_id", "uscc", "phone")
"""Not the bank's name: it is spelt in too many ways, and the number says which bank it is."""


async def one(connection: Connection, query: str, **values: Any) -> dict[str, Any] | None:
    """The first row of the named query, or None."""
    return await (await connection.execute(SQL[query], values)).fetchone()


async def run(connection: Connection, query: str, **values: Any) -> None:
    """Run the named statement, which gives no rows."""
    await connection.execute(SQL[query], values)


async def set_account(connection: Connection, number: str, body: AccountFile) -> AccountBody:
    """Let the bank know the account like this from now on."""
    row = await one(connection, "set_account", number=number, **body.model_dump())
    assert row is not None
    return AccountBody(**row)


async def meet(connection: Connection, number: str, holder: str, bank: str | None = None) -> dict[str, Any]:
    """The account as the bank knows it; one never heard of is taken as open and this holder's."""
    await run(connection, "meet_account", number=number, holder=holder, bank=bank)
    account = await one(connection, "find_account", number=number)
    assert account is not None
    return account


async def check(connection: Connection, body: AccountCheck) -> AccountCheckBody:
    """Compare what is given with what is known; a particular never given before is learnt, if the holder is right."""
    account = await meet(connection, body.number, body.holder, body.bank)
    given = body.model_dump()
    differs: list[Difference] = [] if same_name(account["holder"], body.holder) else ["holder"]
    both = (name for name in _IDENTITY if given[name] and account[name])
    differs += [name for name in both if not same_name(account[name], given[name])]
    if not differs:
        await run(
            connection, "learn_identity", number=body.number, **{name: given[name] for name in ("bank", *_IDENTITY)}
        )
    return AccountCheckBody(match="no" if differs else "yes", state=account["state"], differs=differs)


async def statement(connection: Connection, number: str) -> AccountStatement:
    """The account's latest movements; Refusal 404 `no-such-account`."""
    if await one(connection, "find_account", number=number) is None:
        raise Refusal(404, "no-such-account", "The bank does not know this account.")
    rows = await (await connection.execute(SQL["movements_of_account"], {"number": number})).fetchall()
    return AccountStatement.model_validate({"number": number, "movements": rows})


def same_name(known: str, given: str) -> bool:
    """Whether two spellings name the same: full or half width, any spacing, any case."""
    return _plain(known) == _plain(given)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
