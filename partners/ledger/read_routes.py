"""The ledger's calls that only look."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import PlainTextResponse

from partners.kit import Here, Name, refusals
from partners.kit.payloads import Day
from partners.ledger import payouts, periods, reads
from partners.ledger.export import export
from partners.ledger.forms import (
    Chart,
    HoldsBody,
    MerchantBody,
    MerchantNo,
    PayoutState,
    PostingsBody,
    PostingsOfDay,
    StatementBody,
    TrialBalance,
)
from partners.ledger.period_forms import Periods

reading = APIRouter(tags=["books"])

After = Annotated[str, Query(pattern=r"^(P\d{1,18})?$", description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500, description="postings per page")]


@reading.get("/merchants/{merchant_no}/balances", response_model=MerchantBody, responses=refusals(404))
async def balances(merchant_no: Annotated[MerchantNo, Path()], here: Here) -> MerchantBody:
    """What each of a merchant's accounts holds, in fen."""
    async with here.connection() as connection:
        return await reads.balances(connection, merchant_no)


@reading.get("/merchants/{merchant_no}/statement", response_model=StatementBody, responses=refusals(404))
async def statement(
    merchant_no: Annotated[MerchantNo, Path()],
    here: Here,
    after: After = "",
    limit: Limit = 100,
) -> StatementBody:
    """A merchant's movements, oldest first, with what its accounts held before and after the page."""
    async with here.connection() as connection:
        return await reads.statement(connection, merchant_no, after, limit)


@reading.get("/cases/{case_id}/postings", response_model=PostingsBody)
async def postings_of_case(case_id: Annotated[Name, Path()], here: Here) -> PostingsBody:
    """Everything posted for a case, oldest first."""
    async with here.connection() as connection:
        return await reads.postings_of_case(connection, case_id)


@reading.get("/postings", response_model=PostingsOfDay)
async def postings_of_day(
    here: Here, day: Annotated[Day, Query()], after: After = "", limit: Limit = 500
) -> PostingsOfDay:
    """Everything booked on a day, oldest first."""
    async with here.connection() as connection:
        return await reads.postings_of_day(connection, day, after, limit)


@reading.get("/payouts/{key:path}", response_model=PayoutState, responses=refusals(404))
async def payout(key: Name, here: Here) -> PayoutState:
    """A payout, by the Idempotency-Key it was first sent under."""
    async with here.connection() as connection:
        return await payouts.find(connection, key)


@reading.get("/chart", response_model=Chart)
async def chart(here: Here) -> Chart:
    """The chart of accounts."""
    async with here.connection() as connection:
        return await reads.chart(connection)


@reading.get("/periods", response_model=Periods, tags=["periods"])
async def closed_periods(here: Here) -> Periods:
    """The closed months, and the day through which the books are closed."""
    async with here.connection() as connection:
        return await periods.periods(connection)


@reading.get("/holds", response_model=HoldsBody)
async def holds_of_case(case_id: Annotated[Name, Query()], here: Here) -> HoldsBody:
    """Per control of a case: held, where it went, reserved, remaining."""
    async with here.connection() as connection:
        return await reads.holds_of_case(connection, case_id)


@reading.get("/trial-balance", response_model=TrialBalance)
async def trial_balance(
    here: Here, through: Annotated[Day | None, Query(description="only what was booked through this day")] = None
) -> TrialBalance:
    """Every account's debits and credits; the difference of the totals is 0."""
    async with here.connection() as connection:
        return await reads.trial_balance(connection, through)


@reading.get("/export", response_class=PlainTextResponse, summary="The books as a plain-text journal")
async def export_books(
    here: Here, form: Annotated[Literal["hledger", "beancount"], Query(alias="format")] = "hledger"
) -> PlainTextResponse:
    """Accepted by hledger or by beancount, closing balances included as assertions."""
    async with here.connection() as connection:
        return PlainTextResponse(await export(connection, form))
