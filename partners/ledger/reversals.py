"""Putting a posting right: never by changing it, always by its opposite."""

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
    rows,
)
from partners.ledger.forms import PenaltyReversal, PostingBody, Reversal
from partners.ledger.holds import control_body

REVERSIBLE = frozenset(
    {"settlement", "settlement_refund", "settlement_reversal", "hold", "release", "penalty_reversal"}
)
"""Payouts are not among them: money that left is settled, bounced or sent again."""


async def reverse(connection: Connection, key: str, body: Reversal) -> PostingBody:
    """Post the opposite of a posting, once.

    Refusals: 404 `no-such-posting`; 409 `already-reversed`, `not-reversible`, or `insufficient-payable` and the like
    when the money is no longer where the posting put it.
    """
    found = await one(connection, "find_posting", posting_id=body.posting_id)
    if found is None:
        raise Refusal(404, "no-such-posting", f"There is no posting {body.posting_id}.")
    await lock_merchant(connection, found["merchant_no"])
    found = await one(connection, "find_posting", posting_id=body.posting_id)
    assert found is not None
    if found["reversed_by"] is not None:
        raise Refusal(
            409, "already-reversed", f"Posting {body.posting_id} is reversed.", reversed_by=found["reversed_by"]
        )
    await _require_reversible(connection, found)
    lines = [Line(**row) for row in await rows(connection, "lines_of_posting", posting_id=body.posting_id)]
    opposite = [Line(line.account, "credit" if line.side == "debit" else "debit", line.amount_fen) for line in lines]
    await _require_money(connection, found, opposite)
    entry = Entry(
        "reversal",
        found["merchant_no"],
        found["case_id"],
        key,
        lines=opposite,
        ref=body.reason,
        reverses=body.posting_id,
    )
    return await post(connection, entry)


async def reverse_penalty(connection: Connection, key: str, body: PenaltyReversal) -> PostingBody:
    """Dr penalty_income / Cr merchant_payable; Refusal 409 `exceeds-penalty` beyond what the case's penalties hold."""
    await lock_merchant(connection, body.merchant_no)
    await _require_penalty(connection, body.case_id, body.merchant_no, body.amount_fen)
    payable = of_merchant("merchant_payable", body.merchant_no)
    lines = [debit("penalty_income", body.amount_fen), credit(payable, body.amount_fen)]
    return await post(connection, Entry("penalty_reversal", body.merchant_no, body.case_id, key, lines=lines))


async def _require_reversible(connection: Connection, posting: dict[str, Any]) -> None:
    if posting["kind"] not in REVERSIBLE:
        raise Refusal(409, "not-reversible", f"A {posting['kind']} is not reversed.", kind=posting["kind"])
    if posting["kind"] == "hold":
        balances = await rows(
            connection, "controls_of_merchant", merchant_no=posting["merchant_no"], control_ids=[posting["ref"]]
        )
        control = control_body(balances[0])
        if control.remaining_fen < control.held_fen or control.reserved_fen:
            raise Refusal(
                409, "not-reversible", f"Money of control {control.control_id} is reserved or released.", kind="hold"
            )


async def _require_money(connection: Connection, posting: dict[str, Any], lines: list[Line]) -> None:
    """Refuse what would take back more than is still there: of a merchant's account, or of the case's penalties."""
    for line in lines:
        code, _, owner = line.account.partition(":")
        if line.side == "debit" and owner:
            await require_balance(connection, code, owner, line.amount_fen)
        if line.side == "debit" and code == "penalty_income":
            await _require_penalty(connection, posting["case_id"], posting["merchant_no"], line.amount_fen)


async def _require_penalty(connection: Connection, case_id: str, merchant_no: str, amount_fen: int) -> None:
    row = await one(connection, "penalties_of_case", case_id=case_id, merchant_no=merchant_no)
    kept_fen = row["kept_fen"] if row else 0
    if amount_fen > kept_fen:
        raise Refusal(
            409,
            "exceeds-penalty",
            f"{amount_fen} fen to give back of {kept_fen} fen taken in this case.",
            available_fen=kept_fen,
            asked_fen=amount_fen,
        )
