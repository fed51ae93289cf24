"""The ledger: money held, reserved, released and paid out, each posting once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from temporalio import activity

from activities.calls import Call, segment
from workflows.ports import Order, Receipt


@dataclass(frozen=True, slots=True)
class Posting:
    posting_id: str


@dataclass(frozen=True, slots=True)
class Booked:
    """What the ledger answers: a posting, a reservation, or a payout with the posting just made for it."""

    posting_id: str | None = None
    reservation_key: str | None = None
    posting: Posting | None = None

    @property
    def ref(self) -> str:
        return self.posting_id or (self.posting.posting_id if self.posting else None) or self.reservation_key or ""


@dataclass(frozen=True, slots=True)
class Opened:
    merchant_no: str


class Ledger:
    def __init__(self, call: Call) -> None:
        self._call = call

    @activity.defn(name="ledger.open_accounts")
    async def open_accounts(self, order: Order) -> Receipt:
        """Open the merchant's accounts; accounts that are open stay as they are."""
        return Receipt((await self._open(order.merchant_no)).merchant_no)

    @activity.defn(name="ledger.hold")
    async def hold(self, order: Order) -> Receipt:
        """Hold `amount_fen` under the control. Refused above the payable balance: `available_fen` is what there was."""
        await self._open(order.merchant_no)
        return await self._book(
            "/holds",
            order,
            control_id=order.control_id,
            amount_fen=order.amount_fen,
            terminal_sn=order.terminal_sn or None,
            **_of(order),
        )

    @activity.defn(name="ledger.reserve")
    async def reserve(self, order: Order) -> Receipt:
        """Set `amount_fen` of what the controls hold aside for the release that follows."""
        return await self._book(
            "/reservations", order, amount_fen=order.amount_fen, control_ids=order.control_ids, **_of(order)
        )

    @activity.defn(name="ledger.cancel_reservation")
    async def cancel_reservation(self, order: Order) -> Receipt:
        """Give back what the reservation `related_key` set aside."""
        return await self._book("/reservations/cancel", order, reservation_key=order.related_key)

    @activity.defn(name="ledger.ledger_release")
    async def ledger_release(self, order: Order) -> Receipt:
        """Release what the reservation `related_key` set aside: to the merchant, as penalty, for claims."""
        return await self._book(
            "/releases",
            order,
            reservation_key=order.related_key,
            release_fen=order.release_fen,
            penalty_fen=order.penalty_fen,
            claims_fen=order.claims_fen,
            **_of(order),
        )

    @activity.defn(name="ledger.release_legal_hold")
    async def release_legal_hold(self, order: Order) -> Receipt:
        """Give the merchant back the `amount_fen` that a legal order had held anew under the control.

        Two effects: a reservation under a key of its own, which may be repeated freely, and the release under `key`.
        """
        reservation_key = f"{order.key}:reserve"
        if not await self._standing(order):
            body = {"amount_fen": order.amount_fen, "control_ids": [order.control_id], **_of(order)}
            await self._call.ask("/reservations", reservation_key, Booked, json=body)
        return await self._book(
            "/releases", order, reservation_key=reservation_key, release_fen=order.amount_fen, **_of(order)
        )

    @activity.defn(name="ledger.book_payout")
    async def book_payout(self, order: Order) -> Receipt:
        """Book `amount_fen` out of the payable balance, on its way to the bank."""
        return await self._book("/payouts", order, amount_fen=order.amount_fen, **_of(order))

    @activity.defn(name="ledger.settle_payout")
    async def settle_payout(self, order: Order) -> Receipt:
        """Book what the bank said (`outcome`) of the payout booked under `related_key`."""
        return await self._book("/payouts/settle", order, payout_key=order.related_key, outcome=order.outcome)

    @activity.defn(name="ledger.resend_payout")
    async def resend_payout(self, order: Order) -> Receipt:
        """Book the bounced payout of `related_key` on its way once more."""
        return await self._book("/payouts/resend", order, payout_key=order.related_key)

    @activity.defn(name="ledger.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the effect of `key`; None when it never took place."""
        return await self._standing(order)

    async def _open(self, merchant_no: str) -> Opened:
        return await self._call.put(f"/merchants/{segment(merchant_no)}", Opened)

    async def _book(self, path: str, order: Order, **body: Any) -> Receipt:
        return Receipt((await self._call.effect(path, body, order.key, Booked)).ref)

    async def _standing(self, order: Order) -> Receipt | None:
        found = await self._call.find(order.key, Booked)
        return Receipt(found.ref) if found else None


def _of(order: Order) -> Mapping[str, str]:
    """Whose money moves, and in which case."""
    return {"merchant_no": order.merchant_no, "case_id": order.case_id}
