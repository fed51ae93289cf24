"""The bank: accounts, payouts and recorded transactions, a stand-in for the bank that clears for the institution."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from partners.bank.payouts import settle_due
from partners.bank.routes import routes
from partners.kit import Partner, Settings, partner_app

DESCRIPTION = """
Payouts in CNY with asynchronous confirmation or bounce, account checks, micro-deposits, statement files, and the
transactions that the switch recorded.

A payout is accepted (202) and settled a moment later; the outcome comes as a signed callback and can be asked for by
its key. It bounces when its account is closed or held by someone else than named.
"""


@asynccontextmanager
async def _settling(partner: Partner) -> AsyncGenerator[None]:
    async with partner.keep_doing(partial(settle_due, partner)):
        yield


def app(settings: Settings) -> FastAPI:
    """The bank over `settings`; `delay_ms` is the time from acceptance to settlement."""
    return partner_app(
        "bank",
        settings,
        title="Bank",
        description=DESCRIPTION,
        schema=Path(__file__).with_name("schema.sql"),
        routes=routes,
        lifespan=_settling,
    )
