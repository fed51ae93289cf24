"""Checked types that requests are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_FEN = 10**15
"""¥10 trillion: above it an amount is a mistake, below it sums fit a bigint."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A number, name or reference: one line of 1 to 200 characters."""

Fen = Annotated[int, Field(strict=True, gt=0, le=MOST_FEN, description="integer fen, more than 0")]
FenOrZero = Annotated[int, Field(strict=True, ge=0, le=MOST_FEN, description="integer fen, 0 or more")]

Currency = Literal["CNY"]


class Payload(BaseModel):
    """A request body: unknown fields are refused, so a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
