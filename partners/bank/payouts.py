"""Payouts: accepted at once, settled a little later, and then told to the desk by a signed callback."""

from __future__ import annotations

import secrets
from typing import Any

from partners.bank.accounts import meet, one, run, same_name
from partners.bank.forms import BounceReason, Payout, PayoutBody
from partners.kit import Connection, Partner, Refusal

DELAY_MS = 800
"""How long after acceptance a payout is settled, unless `delay_ms` says otherwise."""


async def accept(connection: Connection, key: str, body: Payout, delay_ms: int) -> PayoutBody:
    """Take the payout on; whether the account can take it shows when it is settled."""
    await meet(connection, body.account.number, body.account.holder, body.account.bank)
    await run(
        connection,
        "accept_payout",
        key=key,
        payout_ref=f"BP{secrets.token_hex(8)}",
        case_id=body.case_id,
        amount_fen=body.amount_fen,
        currency=body.currency,
        holder=body.account.holder,
        number=body.account.number,
        delay_s=delay_ms / 1000,
    )
    return await find(connection, key)


async def find(connection: Connection, payout_key: str) -> PayoutBody:
    """The payout as it stands; Refusal 404 `no-such-payout`."""
    row = await one(connection, "find_payout", payout_key=payout_key)
    if row is None:
        raise Refusal(404, "no-such-payout", f"There is no payout {payout_key}.")
    return PayoutBody(**row)


async def settle_due(partner: Partner) -> float:
    """Settle every payout whose time has come, each in its own transaction; the seconds until the next is due."""
    settled = 0
    while await _settle_one(partner):
        settled += 1
    if settled:
        partner.wake()
    async with partner.connection() as connection:
        row = await one(connection, "seconds_to_next_payout")
    return 60.0 if row is None or row["seconds"] is None else max(row["seconds"], 0.01)


async def _settle_one(partner: Partner) -> bool:
    async with partner.connection() as connection:
        payout = await one(connection, "take_due_payout")
        if payout is None:
            return False
        reason = _bounces(payout)
        outcome = "bounced" if reason else "confirmed"
        settled = await one(connection, "settle_payout", payout_key=payout["payout_key"], state=outcome, reason=reason)
        assert settled is not None
        if reason is None:
            await run(
                connection,
                "book",
                number=payout["number"],
                amount_fen=payout["amount_fen"],
                kind="payout",
                ref=payout["payout_ref"],
            )
        more: dict[str, Any] = {"reason": reason} if reason else {}
        await partner.callbacks.put(
            connection,
            case_id=payout["case_id"],
            step_key=payout["payout_key"],
            outcome=outcome,
            occurred_at=settled["settled_at"],
            payout_ref=payout["payout_ref"],
            amount_fen=payout["amount_fen"],
            **more,
        )
    return True


def _bounces(payout: dict[str, Any]) -> BounceReason | None:
    if payout["account_state"] == "closed":
        return "account_closed"
    if not same_name(payout["account_holder"], payout["holder"]):
        return "holder_mismatch"
    return None
