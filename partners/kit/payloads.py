"""Checked types that requests are made of."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

MOST_FEN = 10**15
"""¥10 trillion: above it an amount is a mistake, below it sums fit a bigint."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A number, name or reference: one line of 1 to 200 characters."""

Fen = Annotated[int, Field(strict=True, gt=0, le=MOST_FEN, description="integer fen, more than 0")]
FenOrZero = Annotated[int, Field(strict=True, ge=0, le=MOST_FEN, description="integer fen, 0 or more")]


def _written_as_day(value: object) -> object:
    # Left alone pydantic also takes seconds since 1970.
    if not isinstance(value, str | date) or (isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        raise ValueError("a day is written YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_written_as_day)]
"""A day, written YYYY-MM-DD."""

CURRENCY_NOT_KEPT = "currency-not-kept"
"""The code of the refusal of any other currency."""


def _only_cny(value: object) -> object:
    if value != "CNY":
        raise PydanticCustomError(
            CURRENCY_NOT_KEPT,
            "Money is kept in CNY only: nothing was booked, and nothing is converted. "
            "仅以人民币（CNY）记账：本次未入账，也不作币种换算。",
        )
    return value


Currency = Annotated[Literal["CNY"], BeforeValidator(_only_cny)]
"""CNY; any other is refused with a code of its own."""


class Payload(BaseModel):
    """A request body: unknown fields are refused, so a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
