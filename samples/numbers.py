"""Made-up numbers with valid check digits, the same for the same seed: nobody's real codes, only test data.

Sources of the check digits: GB 32100 (统一社会信用代码), GB 11643 (公民身份号码), ISO/IEC 7812 (Luhn, bank cards).
"""

from datetime import date, timedelta
from random import Random

from stdnum import luhn
from stdnum.cn import ric, uscc

USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""What a unified social credit code may hold: digits and capitals without I, O, S, V and Z."""

DISTRICTS = ("110105", "310104", "320102", "330102", "440103", "510104", "420102", "610103")
"""Administrative divisions whose code has stood since 1990, before anyone here was born."""


def uscc_of(seed: int, *, district: str | None = None, sole_trader: bool = False) -> str:
    """A valid 18-character unified social credit code; `district` is its six-digit administrative division."""
    rng = _random(seed, "uscc")
    body = "92" if sole_trader else "91"
    body += district or rng.choice(DISTRICTS)
    body += "MA" + "".join(rng.choice(USCC_LETTERS) for _ in range(7))
    return body + str(uscc.calc_check_digit(body))


def resident_id_of(
    seed: int, *, born: date | None = None, female: bool | None = None, district: str | None = None
) -> str:
    """A valid 18-character resident id of somebody born between 1991 and 2003, or on the day given."""
    rng = _random(seed, "resident")
    day = born or date(1991, 1, 1) + timedelta(days=rng.randrange(13 * 365))
    order = rng.randrange(1, 500) * 2 - (0 if (rng.random() < 0.5 if female is None else female) else 1)
    body = f"{district or rng.choice(DISTRICTS)}{day:%Y%m%d}{order:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def account_number_of(seed: int, *, prefix: str = "622202") -> str:
    """A bank card number of 19 digits that passes the Luhn check."""
    rng = _random(seed, "account")
    body = prefix + "".join(str(rng.randrange(10)) for _ in range(18 - len(prefix)))
    return body + str(luhn.calc_check_digit(body))


def merchant_no_of(seed: int) -> str:
    """A merchant number of 15 digits: institution, district, category, order."""
    rng = _random(seed, "merchant")
    return f"898{rng.randrange(1000, 9999)}5{rng.randrange(100, 999)}{rng.randrange(10_000):04d}"


def terminal_id_of(seed: int) -> str:
    """A terminal number (终端号) of eight digits."""
    return f"{_random(seed, 'terminal').randrange(10_000_000, 99_999_999)}"


def phone_of(seed: int) -> str:
    """A mobile number in a range that no operator hands out (prefix 100)."""
    return f"100{_random(seed, 'phone').randrange(10**8):08d}"


def with_wrong_check_digit(number: str) -> str:
    """The same number with another last character, so that its check digit fails."""
    swap = {"0": "7", "1": "5", "2": "9", "3": "6", "4": "1", "5": "2", "6": "4", "7": "3", "8": "2", "9": "4"}
    return number[:-1] + swap.get(number[-1], "4")


def _random(seed: int, kind: str) -> Random:
    return Random(f"{kind}:{seed}")  # noqa: S311 - test data wants to be repeatable, not secret
