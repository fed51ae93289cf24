"""The ledger's calls."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse, Response

from partners.kit import Effect, Here, refusals
from partners.ledger import accounts, holds, payouts, periods, reads, reversals
from partners.ledger.fee_routes import fees
from partners.ledger.forms import (
    Cancellation,
    Hold,
    MerchantBody,
    MerchantNo,
    Payout,
    PayoutBody,
    PayoutOutcome,
    PenaltyReversal,
    PostingBody,
    Release,
    Resend,
    Reservation,
    ReservationBody,
    Reversal,
    Settlement,
)
from partners.ledger.period_forms import Close, PeriodBody
from partners.ledger.read_routes import reading

OPENING_FEN = 200_000_000
"""The takings a newly opened merchant comes with, unless set otherwise: ¥2,000,000."""

_POSTED: dict[str, Any] = {"status_code": 201, "responses": refusals(404, 409)}

writing = APIRouter(tags=["postings"])


@writing.put(
    "/merchants/{merchant_no}",
    response_model=MerchantBody,
    status_code=201,
    responses={200: {"model": MerchantBody, "description": "It was open already."}},
    summary="Open a merchant's accounts",
)
async def open_merchant(merchant_no: Annotated[MerchantNo, Path()], here: Here) -> Response:
    """Idempotent: 201 when opened, 200 when open already.

    A newly opened merchant comes with one settlement of its recent takings, so that there is money to hold.
    """
    async with here.connection() as connection:
        opened = await accounts.open_merchant(connection, merchant_no, here.settings.number("opening_fen", OPENING_FEN))
        body = await reads.balances(connection, merchant_no)
    return JSONResponse(body.model_dump(mode="json"), status_code=201 if opened else 200)


@writing.post("/settlements", response_model=PostingBody, summary="Import a merchant's takings", **_POSTED)
async def settlement(body: Settlement, effect: Effect) -> Response:
    """Dr network_receivable / Cr merchant_payable."""
    return await effect.once(
        "settlement", body, lambda connection: accounts.import_settlement(connection, effect.key, body)
    )


@writing.post("/holds", response_model=PostingBody, summary="Hold a merchant's money under a control", **_POSTED)
async def hold(body: Hold, effect: Effect) -> Response:
    """Dr merchant_payable / Cr merchant_held.

    409 `insufficient-payable` with `available_fen` above the payable balance; 409 `already-held` for a control that
    has its hold.
    """
    return await effect.once("hold", body, lambda connection: holds.place_hold(connection, effect.key, body))


@writing.post("/reservations", response_model=ReservationBody, summary="Set held money aside for a release", **_POSTED)
async def reservation(body: Reservation, effect: Effect) -> Response:
    """No posting, but no other reservation can count on this money.

    Its key is this call's Idempotency-Key. 409 `insufficient-held` with `available_fen`.
    """
    return await effect.once("reservation", body, lambda connection: holds.reserve(connection, effect.key, body))


@writing.post("/reservations/cancel", response_model=ReservationBody, summary="Give reserved money back", **_POSTED)
async def cancel_reservation(body: Cancellation, effect: Effect) -> Response:
    """Undoes an open reservation; 409 `reservation-not-open` with its `state` otherwise."""
    return await effect.once(
        "reservation_cancelled", body, lambda connection: holds.cancel_reservation(connection, body)
    )


@writing.post("/releases", response_model=PostingBody, summary="Release reserved money", **_POSTED)
async def release(body: Release, effect: Effect) -> Response:
    """Dr merchant_held / Cr merchant_payable, penalty_income, claims_payable, network_penalty_payable; one posting.

    Consumes the reservation. 409 `reservation-not-open`, `exceeds-reservation`, or `other-reservation` for one of
    another merchant or case.
    """
    return await effect.once("release", body, lambda connection: holds.release(connection, effect.key, body))


@writing.post("/payouts", response_model=PayoutBody, summary="Send money to a merchant's bank account", **_POSTED)
async def payout(body: Payout, effect: Effect) -> Response:
    """Dr merchant_payable / Cr in_transit. Its key is this call's Idempotency-Key."""
    return await effect.once("payout", body, lambda connection: payouts.send(connection, effect.key, body))


@writing.post("/payouts/settle", response_model=PayoutBody, summary="Record what the bank said of a payout", **_POSTED)
async def settle_payout(body: PayoutOutcome, effect: Effect) -> Response:
    """Confirmed: Dr in_transit / Cr bank. Bounced: Dr in_transit / Cr refund_suspense.

    409 `impossible-move` with its `state` when the payout is not in transit.
    """
    return await effect.once("payout_settled", body, lambda connection: payouts.settle(connection, effect.key, body))


@writing.post("/payouts/resend", response_model=PayoutBody, summary="Send a bounced payout again", **_POSTED)
async def resend_payout(body: Resend, effect: Effect) -> Response:
    """Dr refund_suspense / Cr in_transit; the payout keeps its key and is in transit again."""
    return await effect.once("payout_resent", body, lambda connection: payouts.resend(connection, effect.key, body))


@writing.post("/reversals", response_model=PostingBody, summary="Undo a posting by its opposite", **_POSTED)
async def reversal(body: Reversal, effect: Effect) -> Response:
    """Once per posting, and only while the money is where the posting put it. Payouts are not reversed."""
    return await effect.once("reversal", body, lambda connection: reversals.reverse(connection, effect.key, body))


@writing.post("/penalties/reverse", response_model=PostingBody, summary="Give a penalty back", **_POSTED)
async def reverse_penalty(body: PenaltyReversal, effect: Effect) -> Response:
    """Dr penalty_income / Cr merchant_payable; 409 `exceeds-penalty` beyond what the case's penalties hold."""
    return await effect.once(
        "penalty_reversal", body, lambda connection: reversals.reverse_penalty(connection, effect.key, body)
    )


@writing.post("/periods/close", response_model=PeriodBody, summary="Close a month", tags=["periods"], **_POSTED)
async def close_period(body: Close, effect: Effect) -> Response:
    """Closes it and whatever month before it is open: no posting is booked there any more.

    409 `period-not-over`, `period-closed`.
    """
    return await effect.once("period_closed", body, lambda connection: periods.close(connection, effect.key, body))


routes = APIRouter()
routes.include_router(writing)
routes.include_router(fees)
routes.include_router(reading)
