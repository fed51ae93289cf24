"""What closing a month takes and answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from partners.kit import Payload


class Close(Payload):
    """Close a month."""

    period: Annotated[str, StringConstraints(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")]


class PeriodBody(BaseModel):
    """A closed month, and what had been booked in it when it was closed."""

    period: str
    closed_at: datetime
    postings: int
    debit_fen: int
    credit_fen: int


class Periods(BaseModel):
    """The closed months, oldest first."""

    closed_through: date
    periods: list[PeriodBody]
