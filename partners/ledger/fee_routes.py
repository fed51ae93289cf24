"""The ledger's calls about activation fees and deposits."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from partners.kit import Effect, Here, Name, refusals
from partners.ledger import fees as work
from partners.ledger.fee_forms import Fee, FeeBody, FeeEnd, FeeRefund
from partners.ledger.forms import PayoutBody

fees = APIRouter(tags=["fees"], prefix="/fees", responses=refusals(404, 409))


@fees.post("", status_code=201, response_model=FeeBody, summary="Agree a terminal's fee or deposit")
async def agree(body: Fee, effect: Effect) -> Response:
    """Charged from the first swipe: Dr merchant_payable / Cr fee_refundable with the terminal's first takings.

    409 `fee-running` while the terminal has one that is agreed or charged.
    """
    return await effect.once("fee", body, lambda connection: work.agree(connection, effect.key, body))


@fees.post("/refund", status_code=201, response_model=PayoutBody, summary="Send a fee back")
async def refund(body: FeeRefund, effect: Effect) -> Response:
    """Dr fee_refundable / Cr in_transit; it is settled like any payout. 409 `volume-not-reached`."""
    return await effect.once("fee_refund", body, lambda connection: work.refund(connection, effect.key, body))


@fees.post("/keep", status_code=201, response_model=FeeBody, summary="Keep a fee whose volume was not reached")
async def keep(body: FeeEnd, effect: Effect) -> Response:
    """Dr fee_refundable / Cr fee_income. 409 `volume-reached` once it must go back."""
    return await effect.once("fee_kept", body, lambda connection: work.keep(connection, effect.key, body))


@fees.post("/give-back", status_code=201, response_model=FeeBody, summary="Give a kept fee back by agreement")
async def give_back(body: FeeEnd, effect: Effect) -> Response:
    """Dr fee_income / Cr merchant_payable."""
    return await effect.once("fee_returned", body, lambda connection: work.give_back(connection, effect.key, body))


@fees.get("/{key:path}", response_model=FeeBody, summary="A fee, and its terminal's volume so far")
async def find(key: Name, here: Here) -> FeeBody:
    """By the Idempotency-Key it was agreed under."""
    async with here.connection() as connection:
        return await work.find(connection, key)
