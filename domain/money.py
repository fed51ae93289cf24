"""Money is a whole number of fen (1/100 yuan), everywhere; yuan appear only in text for people."""

from __future__ import annotations

from typing import TypeAlias

Fen: TypeAlias = int

MOST_FEN: Fen = 2**53 - 1  # the largest integer every JSON reader keeps exact


def check_fen(amount: object, name: str = "amount_fen", *, least: Fen = 0) -> Fen:
    """`amount` when it is an amount of money of at least `least` fen.

    Raises TypeError for anything but an integer (a float, a string, True) and ValueError for an amount below `least`
    or beyond `MOST_FEN`; both name the field `name`.
    """
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise TypeError(f"{name} must be a whole number of fen, not {type(amount).__name__}")
    if amount < least:
        raise ValueError(f"{name} must be at least {least} fen, not {amount}")
    if amount > MOST_FEN:
        raise ValueError(f"{name} must be at most {MOST_FEN} fen, not {amount}")
    return amount


def yuan(amount: Fen) -> str:
    """The amount as people read it: 8642000 fen is `¥86,420.00`."""
    whole, cents = divmod(abs(check_fen(amount, least=-MOST_FEN)), 100)
    return f"{'-' if amount < 0 else ''}¥{whole:,}.{cents:02d}"
