"""Activation fees and deposits: agreed for a terminal, taken from its first takings, given back or kept.

agreed → charged → refunded | kept → returned. A purchase is kept at once.
"""

from __future__ import annotations

from partners.kit import Connection, Refusal
from partners.ledger import payouts
from partners.ledger.books import Entry, credit, debit, lock_merchant, of_merchant, one, post, run
from partners.ledger.fee_forms import Fee, FeeBody, FeeEnd, FeeRefund, State
from partners.ledger.forms import PayoutBody


async def agree(connection: Connection, key: str, body: Fee) -> FeeBody:
    """Agree a fee; it is charged when the terminal's first takings come in. Refusal 409 `fee-running`."""
    await lock_merchant(connection, body.merchant_no)
    running = await one(connection, "running_fee", terminal_sn=body.terminal_sn)
    if running is not None:
        raise Refusal(409, "fee-running", f"Terminal {body.terminal_sn} has a fee already.", fee_key=running["fee_key"])
    await run(connection, "agree_fee", key=key, **body.model_dump(exclude={"currency"}))
    return await find(connection, key)


async def charge_at_first_swipe(connection: Connection, merchant_no: str, terminal_sn: str) -> None:
    """Dr merchant_payable / Cr fee_refundable (of a purchase: fee_income), as soon as the takings suffice.

    Part of the settlement's effect, under a key of its own: a caller's key holds no space.
    """
    due = await one(connection, "fee_to_charge", terminal_sn=terminal_sn, merchant_no=merchant_no)
    if due is None:
        return
    payable = of_merchant("merchant_payable", merchant_no)
    there = await one(connection, "credit_balance", account=payable)
    assert there is not None
    if there["fen"] < due["amount_fen"]:
        return
    kept = due["kind"] == "purchase"
    to = "fee_income" if kept else of_merchant("fee_refundable", merchant_no)
    lines = [debit(payable, due["amount_fen"]), credit(to, due["amount_fen"])]
    await post(connection, Entry("fee", merchant_no, None, f"fee {due['fee_key']}", lines=lines, ref=due["fee_key"]))
    await run(connection, "move_fee", fee_key=due["fee_key"], state="kept" if kept else "charged")


async def refund(connection: Connection, key: str, body: FeeRefund) -> PayoutBody:
    """Dr fee_refundable / Cr in_transit: a payout like any other from then on.

    Refusals: 409 `impossible-move` unless charged; `volume-not-reached` with `volume_fen` and `volume_target_fen`.
    """
    fee = await _locked(connection, body.fee_key, "charged", "be refunded")
    if not fee.reached:
        raise Refusal(
            409,
            "volume-not-reached",
            f"The terminal's volume is {fee.volume_fen} fen of {fee.volume_target_fen} fen.",
            volume_fen=fee.volume_fen,
            volume_target_fen=fee.volume_target_fen,
        )
    await run(connection, "move_fee", fee_key=fee.fee_key, state="refunded")
    source = of_merchant("fee_refundable", fee.merchant_no)
    return await payouts.begin(connection, key, fee.merchant_no, body.case_id, fee.amount_fen, source)


async def keep(connection: Connection, key: str, body: FeeEnd) -> FeeBody:
    """Dr fee_refundable / Cr fee_income. Refusals 409: `impossible-move` unless charged; `volume-reached`."""
    fee = await _locked(connection, body.fee_key, "charged", "be kept")
    if fee.volume_target_fen is not None and fee.reached:
        raise Refusal(409, "volume-reached", "The volume target is reached: the fee goes back to the merchant.")
    return await _moved(connection, key, fee, "kept", "fee_kept", body.reason)


async def give_back(connection: Connection, key: str, body: FeeEnd) -> FeeBody:
    """Dr fee_income / Cr merchant_payable, by agreement. Refusal 409 `impossible-move` unless kept."""
    fee = await _locked(connection, body.fee_key, "kept", "be given back")
    return await _moved(connection, key, fee, "returned", "fee_returned", body.reason)


async def find(connection: Connection, fee_key: str) -> FeeBody:
    """The fee and its terminal's volume; Refusal 404 `no-such-fee`."""
    row = await one(connection, "find_fee", fee_key=fee_key)
    if row is None:
        raise Refusal(404, "no-such-fee", f"There is no fee {fee_key}.")
    return FeeBody(**row)


async def _moved(connection: Connection, key: str, fee: FeeBody, state: State, kind: str, reason: str) -> FeeBody:
    refundable, payable = (of_merchant(code, fee.merchant_no) for code in ("fee_refundable", "merchant_payable"))
    source, to = (refundable, "fee_income") if state == "kept" else ("fee_income", payable)
    lines = [debit(source, fee.amount_fen), credit(to, fee.amount_fen)]
    posting = await post(connection, Entry(kind, fee.merchant_no, None, key, lines=lines, ref=reason))
    await run(connection, "move_fee", fee_key=fee.fee_key, state=state)
    return fee.model_copy(update={"state": state, "posting": posting})


async def _locked(connection: Connection, fee_key: str, state: State, move: str) -> FeeBody:
    """The fee as it is once its merchant is locked."""
    fee = await find(connection, fee_key)
    await lock_merchant(connection, fee.merchant_no)
    fee = await find(connection, fee_key)
    if fee.state != state:
        raise Refusal(409, "impossible-move", f"Fee {fee_key} is {fee.state} and cannot {move}.", state=fee.state)
    return fee
