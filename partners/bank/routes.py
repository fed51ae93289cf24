"""The bank's calls."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from partners.bank import accounts, micro_deposits, payouts, transactions
from partners.bank.forms import (
    AccountBody,
    AccountCheck,
    AccountCheckBody,
    AccountFile,
    AccountNumber,
    AccountStatement,
    MicroDeposit,
    MicroDepositBody,
    Payout,
    PayoutBody,
    Told,
    TransactionBatch,
    TransactionList,
)
from partners.bank.statement import statement_file
from partners.kit import Effect, Here, Name, refusals
from partners.kit.payloads import Day

routes = APIRouter()


class CsvResponse(Response):
    """A CSV file."""

    media_type = "text/csv"


@routes.put("/accounts/{number}", response_model=AccountBody, tags=["accounts"], summary="Say what an account is")
async def set_account(number: Annotated[AccountNumber, Path()], body: AccountFile, here: Here) -> AccountBody:
    """An account nobody described is open and held by whoever it is first named with."""
    async with here.connection() as connection:
        return await accounts.set_account(connection, number, body)


@routes.get(
    "/accounts/{number}/statement",
    response_model=AccountStatement,
    responses=refusals(404),
    tags=["accounts"],
    summary="What was credited to an account",
)
async def account_statement(number: Annotated[AccountNumber, Path()], here: Here) -> AccountStatement:
    """Newest first, as the account's holder sees it."""
    async with here.connection() as connection:
        return await accounts.statement(connection, number)


@routes.post(
    "/account-checks",
    response_model=AccountCheckBody,
    responses=refusals(409),
    tags=["accounts"],
    summary="Check whose account it is",
)
async def account_check(body: AccountCheck, effect: Effect) -> Response:
    """Compares holder, and resident id, uscc and phone where given (四要素). 200 whether they match or not."""
    return await effect.once("account_check", body, lambda connection: accounts.check(connection, body), status=200)


@routes.post(
    "/micro-deposits",
    status_code=201,
    response_model=MicroDepositBody,
    responses=refusals(409),
    tags=["micro-deposits"],
    summary="Send a micro-deposit (打款验证)",
)
async def micro_deposit(body: MicroDeposit, effect: Effect) -> Response:
    """Sends 1 to 99 fen, which show on the account's statement. 409 `account-closed` or `holder-mismatch`."""
    return await effect.once("micro_deposit", body, lambda connection: micro_deposits.send(connection, body))


@routes.post(
    "/micro-deposits/{deposit_ref}/confirm",
    response_model=MicroDepositBody,
    responses=refusals(404, 409),
    tags=["micro-deposits"],
    summary="Tell the amount that arrived",
)
async def confirm(deposit_ref: Annotated[Name, Path()], body: Told, effect: Effect) -> Response:
    """Three tries within 7 days: `confirmed`, or `pending` with `tries_left`, or `failed`. Then 409."""
    return await effect.once(
        "micro_deposit_told",
        body,
        lambda connection: micro_deposits.confirm(connection, deposit_ref, body),
        status=200,
    )


@routes.post(
    "/payouts",
    status_code=202,
    response_model=PayoutBody,
    responses=refusals(409),
    tags=["payouts"],
    summary="Send money to an account",
)
async def payout(body: Payout, effect: Effect, here: Here) -> Response:
    """Accepted at once. A signed callback to `/hooks/bank` follows: `confirmed`, or `bounced` with a `reason`.

    Its `step_key` is this call's Idempotency-Key.
    """
    delay_ms = here.settings.number("delay_ms", payouts.DELAY_MS)
    return await effect.once(
        "payout", body, lambda connection: payouts.accept(connection, effect.key, body, delay_ms), status=202
    )


@routes.get(
    "/payouts/{key}",
    response_model=PayoutBody,
    responses=refusals(404),
    tags=["payouts"],
    summary="How a payout stands",
)
async def find_payout(key: Annotated[Name, Path()], here: Here) -> PayoutBody:
    """By the Idempotency-Key it was made under."""
    async with here.connection() as connection:
        return await payouts.find(connection, key)


@routes.get("/statement", response_class=CsvResponse, tags=["payouts"], summary="The statement file of a day")
async def day_statement(day: Annotated[Day, Query(alias="date")], here: Here) -> CsvResponse:
    """CSV of everything booked that day in Shanghai: payouts, returned payouts, micro-deposits."""
    async with here.connection() as connection:
        text = await statement_file(connection, day)
    headers = {"Content-Disposition": f'attachment; filename="statement-{day}.csv"'}
    return CsvResponse(text, headers=headers)


@routes.post(
    "/transactions",
    status_code=201,
    response_model=TransactionList,
    responses=refusals(409),
    tags=["transactions"],
    summary="Record what the switch processed",
)
async def record_transactions(body: TransactionBatch, effect: Effect) -> Response:
    """One recorded before is left as it is. 409 `transaction-differs` when it is recorded otherwise."""
    return await effect.once("transactions", body, lambda connection: transactions.record(connection, body))


@routes.get(
    "/transactions",
    response_model=TransactionList,
    tags=["transactions"],
    summary="Recorded transactions by their references",
)
async def find_transactions(
    ref: Annotated[list[Name], Query(min_length=1, max_length=200)], here: Here
) -> TransactionList:
    """Those of the references that are recorded; others are left out."""
    async with here.connection() as connection:
        return await transactions.by_refs(connection, ref)


@routes.get(
    "/terminals/{terminal_id}/transactions",
    response_model=TransactionList,
    tags=["transactions"],
    summary="What a terminal did on a day",
)
async def terminal_transactions(
    terminal_id: Annotated[Name, Path()], day: Annotated[Day, Query(alias="date")], here: Here
) -> TransactionList:
    """Of a day in Shanghai, oldest first."""
    async with here.connection() as connection:
        return await transactions.of_terminal(connection, terminal_id, day)
