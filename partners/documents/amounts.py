"""Amounts as papers print them, in fen: figures (¥86,420.00) and the characters of invoices (捌万陆仟肆佰贰拾元整)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from partners.documents.layout import Value, plain

_FIGURES = re.compile(r"(?<![\d.,])(\d{1,3}(?:[,.']\d{3})+|\d+)(?:[.,](\d{2}))?(?![\d%])")
"""86,420.00; also 86.420.00, where a comma was misread."""
_WORDS = re.compile(r"[零〇壹贰叁肆伍陆柒捌玖拾佰仟万亿元圆角分整正]{2,}")
_DIGIT = {char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")} | {"〇": 0}
_PLACE = {"拾": 10, "佰": 100, "仟": 1000}
_VARIANTS = str.maketrans("圆正", "元整")
_GROUPS = re.compile(r"\d{1,3}(?:[,.']\d{3})+")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in fen with where it stands in its text; `exact`: its two decimals are printed."""

    fen: int
    exact: bool
    start: int
    end: int


def amounts_in(text: str) -> list[Amount]:
    """The amounts in figures that the text holds, in order."""
    found = []
    for match in _FIGURES.finditer(plain(text)):
        whole, cents = match[1], match[2]
        if cents is None and _GROUPS.fullmatch(whole) and whole.count(".") == 1 and "," not in whole:
            continue  # 86.420: a comma misread, or three decimals
        digits = re.sub(r"\D", "", whole)
        if len(digits) <= 12:
            found.append(Amount(int(digits) * 100 + int(cents or 0), cents is not None, match.start(), match.end()))
    return found


def amount_of(value: Value | None) -> Amount | None:
    """The one amount a value holds; None when it holds none or several different ones."""
    found = amounts_in(value.text) if value else []
    exact = [one for one in found if one.exact] or found
    return exact[0] if exact and len({one.fen for one in exact}) == 1 else None


def words_in(text: str) -> int | None:
    """The amount that characters in the text spell, in fen; None when there is none or it is not whole."""
    candidates = [match[0] for match in _WORDS.finditer(text) if "元" in match[0] or "圆" in match[0]]
    return _spelled(candidates[0].translate(_VARIANTS)) if len(candidates) == 1 else None


def _spelled(words: str) -> int | None:
    yuan, _, rest = words.partition("元")
    whole = _number(yuan)
    if whole is None or not yuan:
        return None
    cents = re.fullmatch(r"零?(?:([壹贰叁肆伍陆柒捌玖])角)?零?(?:([壹贰叁肆伍陆柒捌玖])分)?整?", rest)
    if cents is None or (not rest.endswith("整") and cents[2] is None):
        return None  # an amount ends in 整 or in its last fen: else its end was not read
    return whole * 100 + _DIGIT.get(cents[1] or "零", 0) * 10 + _DIGIT.get(cents[2] or "零", 0)


def _number(words: str) -> int | None:
    total, section, digit = 0, 0, None
    for char in words:
        if char in _DIGIT:
            digit = _DIGIT[char]
        elif char in _PLACE:
            section += (1 if digit is None else digit) * _PLACE[char]
            digit = None
        elif char in "万亿":
            total = (total + section + (digit or 0)) * (10_000 if char == "万" else 100_000_000)
            section, digit = 0, None
        else:
            return None
    return total + section + (digit or 0)
