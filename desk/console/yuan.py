"""Amounts as people type them: yuan with at most two decimals, turned into whole fen without ever being a float."""

from __future__ import annotations

import re
import unicodedata

from domain.money import MOST_FEN, Fen

_AMOUNT = re.compile(r"¥?\s*((?:[0-9]{1,3}(?:,[0-9]{3})+)|[0-9]+)(?:\.([0-9]{1,2}))?\s*元?")


class NotAnAmountError(ValueError):
    """The text is no amount of yuan."""


def fen_of(text: str) -> Fen:
    """`86,420.00`, `¥86420` or `８６４２０.5` as fen. Raises NotAnAmountError."""
    plain = unicodedata.normalize("NFKC", text).strip()  # full-width digits and signs, too
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise NotAnAmountError(text)
    whole, cents = found.group(1).replace(",", ""), found.group(2) or ""
    if len(whole) > len(str(MOST_FEN)):
        raise NotAnAmountError(text)
    fen = int(whole) * 100 + int(cents.ljust(2, "0"))
    if fen > MOST_FEN:
        raise NotAnAmountError(text)
    return fen


def typed(fen: Fen) -> str:
    """The amount as a form shows it for editing: 8642000 fen is `86420.00`."""
    whole, cents = divmod(fen, 100)
    return f"{whole}.{cents:02d}"
