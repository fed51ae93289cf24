"""The ledger: real double entry in integer fen, a stand-in for the institution's core accounting."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from partners.kit import Settings, partner_app
from partners.ledger.routes import routes

DESCRIPTION = """
The books of a payment institution: double entry in integer fen, CNY only.

An effect makes one posting at most (a terminal's first takings also that of its fee). Postings balance, are never
changed, and are undone by their opposite; the database itself refuses anything else, and any posting in a closed month.
Money of a merchant is payable, held under a control, reserved for a release, in transit to its bank, in suspense after
a payout bounced, or an activation fee or deposit that may go back.
"""


def app(settings: Settings) -> FastAPI:
    """The ledger over `settings`; `opening_fen` is what a newly opened merchant comes with (0 for nothing)."""
    return partner_app(
        "ledger",
        settings,
        title="Ledger",
        description=DESCRIPTION,
        schema=Path(__file__).with_name("schema.sql"),
        routes=routes,
    )
