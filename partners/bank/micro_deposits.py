"""Micro-deposits: a few fen sent to an account prove who can read its statement."""

from __future__ import annotations

import secrets

from partners.bank.accounts import meet, one, run, same_name
from partners.bank.forms import MicroDeposit, MicroDepositBody, Told
from partners.kit import Connection, Refusal

MOST_FEN = 99
TRIES = 3
DAYS = 7


async def send(connection: Connection, body: MicroDeposit) -> MicroDepositBody:
    """Send 1 to 99 fen; Refusals 409 `account-closed`, `holder-mismatch`."""
    account = await meet(connection, body.number, body.holder)
    if account["state"] == "closed":
        raise Refusal(409, "account-closed", "The account is closed.")
    if not same_name(account["holder"], body.holder):
        raise Refusal(409, "holder-mismatch", "The account is held by someone else.")
    amount_fen = secrets.randbelow(MOST_FEN) + 1
    row = await one(
        connection,
        "send_micro_deposit",
        deposit_ref=f"MD{secrets.token_hex(8)}",
        number=body.number,
        amount_fen=amount_fen,
        tries=TRIES,
        days=DAYS,
    )
    assert row is not None
    await run(
        connection, "book", number=body.number, amount_fen=amount_fen, kind="micro_deposit", ref=row["deposit_ref"]
    )
    return MicroDepositBody(**row)


async def confirm(connection: Connection, deposit_ref: str, body: Told) -> MicroDepositBody:
    """Compare the amount told with the one sent. A wrong one costs a try and is an answer, not a refusal.

    Refusals: 404 `no-such-deposit`; 409 `deposit-closed` once confirmed or failed, `deposit-expired` after 7 days.
    """
    deposit = await one(connection, "lock_micro_deposit", deposit_ref=deposit_ref)
    if deposit is None:
        raise Refusal(404, "no-such-deposit", f"There is no micro-deposit {deposit_ref}.")
    if deposit["state"] != "pending":
        raise Refusal(409, "deposit-closed", f"The micro-deposit is {deposit['state']}.", state=deposit["state"])
    if deposit["expired"]:
        raise Refusal(409, "deposit-expired", f"Its amount was to be told within {DAYS} days.")
    right = body.amount_fen == deposit["amount_fen"]
    tries_left = deposit["tries_left"] - (0 if right else 1)
    state = "confirmed" if right else "pending" if tries_left else "failed"
    await run(connection, "judge_micro_deposit", deposit_ref=deposit_ref, state=state, tries_left=tries_left)
    return MicroDepositBody.model_validate(deposit | {"state": state, "tries_left": tries_left})
