"""Money to the merchant's bank account: sent, confirmed or bounced, and sent again."""

from __future__ import annotations

from typing import Any

from partners.kit import Connection, Refusal
from partners.ledger.books import (
    Entry,
    Line,
    credit,
    debit,
    lock_merchant,
    of_merchant,
    one,
    post,
    require_balance,
    run,
)
from partners.ledger.forms import Payout, PayoutBody, PayoutOutcome, PayoutState, Resend


async def send(connection: Connection, key: str, body: Payout) -> PayoutBody:
    """Dr merchant_payable / Cr in_transit; Refusal 409 `insufficient-payable`."""
    await lock_merchant(connection, body.merchant_no)
    await require_balance(connection, "merchant_payable", body.merchant_no, body.amount_fen)
    payable = of_merchant("merchant_payable", body.merchant_no)
    return await begin(connection, key, body.merchant_no, body.case_id, body.amount_fen, payable)


async def begin(
    connection: Connection, key: str, merchant_no: str, case_id: str, amount_fen: int, source: str
) -> PayoutBody:
    """Dr `source` / Cr in_transit, the merchant locked and the money there; the payout is under way from then on."""
    payout = {"payout_key": key, "merchant_no": merchant_no, "case_id": case_id, "amount_fen": amount_fen}
    await run(connection, "send_payout", key=key, merchant_no=merchant_no, case_id=case_id, amount_fen=amount_fen)
    lines = [debit(source, amount_fen), credit("in_transit", amount_fen)]
    return await _moved(connection, payout, state="in_transit", kind="payout", key=key, lines=lines)


async def find(connection: Connection, payout_key: str) -> PayoutState:
    """The payout as it stands; Refusal 404 `no-such-payout`."""
    payout = await one(connection, "find_payout", payout_key=payout_key)
    if payout is None:
        raise Refusal(404, "no-such-payout", f"There is no payout {payout_key}.")
    return PayoutState(**payout)


async def settle(connection: Connection, key: str, body: PayoutOutcome) -> PayoutBody:
    """Confirmed: Dr in_transit / Cr bank. Bounced: Dr in_transit / Cr refund_suspense.

    Refusal 409 `impossible-move` unless the payout is in transit, naming the state it is in.
    """
    payout = await _locked(connection, body.payout_key)
    _require_state(payout, "in_transit", f"be {body.outcome}")
    amount_fen = payout["amount_fen"]
    to = "bank" if body.outcome == "confirmed" else of_merchant("refund_suspense", payout["merchant_no"])
    lines = [debit("in_transit", amount_fen), credit(to, amount_fen)]
    return await _moved(connection, payout, state=body.outcome, kind=f"payout_{body.outcome}", key=key, lines=lines)


async def resend(connection: Connection, key: str, body: Resend) -> PayoutBody:
    """Dr refund_suspense / Cr in_transit; Refusal 409 `impossible-move` unless the payout has bounced."""
    payout = await _locked(connection, body.payout_key)
    _require_state(payout, "bounced", "be sent again")
    suspense = of_merchant("refund_suspense", payout["merchant_no"])
    lines = [debit(suspense, payout["amount_fen"]), credit("in_transit", payout["amount_fen"])]
    return await _moved(connection, payout, state="in_transit", kind="payout_resent", key=key, lines=lines)


async def _moved(
    connection: Connection, payout: dict[str, Any], *, state: str, kind: str, key: str, lines: list[Line]
) -> PayoutBody:
    entry = Entry(kind, payout["merchant_no"], payout["case_id"], key, lines=lines, ref=payout["payout_key"])
    posting = await post(connection, entry)
    await run(connection, "move_payout", payout_key=payout["payout_key"], state=state)
    return PayoutBody(**payout | {"state": state, "posting": posting})


async def _locked(connection: Connection, payout_key: str) -> dict[str, Any]:
    """The payout as it is once its merchant is locked; Refusal 404 `no-such-payout`."""
    await lock_merchant(connection, (await find(connection, payout_key)).merchant_no)
    payout = await one(connection, "find_payout", payout_key=payout_key)
    assert payout is not None
    return payout


def _require_state(payout: dict[str, Any], state: str, move: str) -> None:
    if payout["state"] != state:
        raise Refusal(
            409,
            "impossible-move",
            f"Payout {payout['payout_key']} is {payout['state']} and cannot {move}.",
            state=payout["state"],
        )
