"""Amounts that people type, exact to the fen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.console.yuan import NotAnAmountError, fen_of, typed
from domain.money import MOST_FEN, yuan


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("86420.00", 8_642_000), ("86,420.00", 8_642_000), ("¥86,420", 8_642_000), ("￥86420.5", 8_642_050),
        ("８６４２０．０１", 8_642_001), ("0", 0), ("0.07", 7), (" 12 元 ", 1200), ("1,234,567.89", 123_456_789),
        ("0.1", 10), ("90071992547409.91", MOST_FEN),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_whole_fen(text: str, fen: int):
    assert fen_of(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", "abc", "-1", "1.234", "1,23", "1e5", "１２，３４", "0x10", "1.", ".5", "NaN", "90071992547409.92", "9" * 400,
     "1 000", "¥", "1.2.3", "٣"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str):
    with pytest.raises(NotAnAmountError):
        fen_of(text)


@given(st.integers(0, MOST_FEN))
def test_what_a_form_shows_is_what_it_reads_back(fen: int):
    assert fen_of(typed(fen)) == fen
    assert fen_of(yuan(fen)) == fen
