"""Money is a whole number of fen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import MOST_FEN, check_fen, yuan


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (8_642_000, "¥86,420.00"),
        (0, "¥0.00"),
        (5, "¥0.05"),
        (100_000_000_01, "¥100,000,000.01"),
        (-1_250, "-¥12.50"),
    ],
)
def test_people_read_an_amount_in_yuan(amount: int, text: str) -> None:
    assert yuan(amount) == text


@given(st.integers(-MOST_FEN, MOST_FEN))
def test_the_text_of_an_amount_loses_no_fen(amount: int) -> None:
    assert int(yuan(amount).replace("¥", "").replace(",", "").replace(".", "")) == amount


@pytest.mark.parametrize("amount", [86420.0, "8642000", True, None])
def test_only_whole_numbers_are_money(amount: object) -> None:
    with pytest.raises(TypeError, match="penalty_fen must be a whole number of fen"):
        check_fen(amount, "penalty_fen")


def test_an_amount_is_not_negative_unless_that_is_allowed() -> None:
    with pytest.raises(ValueError, match="release_fen must be at least 0 fen, not -1"):
        check_fen(-1, "release_fen")
    assert check_fen(-1, least=-1) == -1


def test_an_amount_that_json_readers_would_round_is_refused() -> None:
    assert check_fen(MOST_FEN) == MOST_FEN
    with pytest.raises(ValueError, match="must be at most"):
        check_fen(MOST_FEN + 1)
