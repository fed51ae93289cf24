"""Dates and validity periods as Chinese papers print them. A period without an end (长期) is told from one unread."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_DATE = re.compile(r"(?<!\d)(\d{4})(?:年|[./\-~_,·])(\d{1,2})(?:月|[./\-~_,·])(\d{1,2})(?!\d)(?:日|号)?")
_PACKED = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
_ENDLESS = re.compile(r"长期|永久|永续|无固定期限|不约定期限|无期限|long-?term|permanent", re.IGNORECASE)
_LOOKALIKE = str.maketrans({"O": "0", "o": "0", "〇": "0", "l": "1", "I": "1", "|": "1", "—": "-", "–": "-", "－": "-"})
_RUN_TOGETHER = re.compile(r"([./-]\d{2})(\d{4}[./-])")
"""Two dates whose dash was overlooked."""
_NUMERAL = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "O": 0}
_CHINESE_DATE = re.compile(
    r"([〇零○O一二三四五六七八九]{4})年([元正一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
_UNTIL = ("至", "到", "止", "截至", "-", "~")


EARLIEST, LATEST = 1900, 2199
"""Years that dates on papers lie in; other digits that could be a date are part of a number."""


@dataclass(frozen=True, slots=True)
class Period:
    """A validity period, both days included; `end` None with `endless` False means: not read."""

    start: date | None
    end: date | None
    endless: bool = False

    @property
    def known(self) -> bool:
        """Whether the end was read, be it a day or 长期."""
        return self.endless or self.end is not None


def dates_in(text: str) -> list[tuple[date, int, int]]:
    """The dates in the text in order, each with where it starts and ends; impossible days are left out."""
    clean = _RUN_TOGETHER.sub(r"\1-\2", _western(text).translate(_LOOKALIKE))
    found = [_dated(match) for pattern in (_DATE, _PACKED) for match in pattern.finditer(clean)]
    return sorted((one for one in found if one is not None), key=lambda one: one[1])


def period_in(text: str, *, single_is_end: bool = False) -> Period:
    """The period a text gives. `single_is_end`: one date alone is the last day (有效期至), not the first."""
    found = dates_in(text)
    endless = _ENDLESS.search(text)
    if endless:
        return Period(found[0][0] if found else None, None, endless=True)
    if len(found) > 2:
        return Period(None, None)  # more than a period: something else has been taken for a part of it
    if len(found) == 2:
        start, end = found[0][0], found[1][0]
        return Period(start, end) if start <= end else Period(None, None)
    if not found:
        return Period(None, None)
    day, begins, ends = found[0]
    before, after = text[:begins], text[ends:]
    if before.rstrip().endswith(_UNTIL) or after.lstrip().startswith("止"):
        return Period(None, day)
    if "自" in before or after.lstrip().startswith(("起", *_UNTIL)):
        return Period(day, None)
    return Period(None, day) if single_is_end else Period(None, None)


def _western(text: str) -> str:
    """Dates in Chinese numerals (二〇一六年六月一日) as digits, padded so that positions stay about where they were."""

    def replace(match: re.Match[str]) -> str:
        year = "".join(str(_NUMERAL[char]) for char in match[1])
        digits = f"{year}年{_count(match[2])}月{_count(match[3])}日"
        return digits.ljust(len(match[0]))[: max(len(match[0]), len(digits))]

    return _CHINESE_DATE.sub(replace, text)


def _count(numeral: str) -> int:
    if numeral in ("元", "正"):
        return 1
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return _NUMERAL.get(numeral, 0) if len(numeral) == 1 else 0
    return (_NUMERAL.get(tens, 0) if tens else 1) * 10 + (_NUMERAL.get(ones, 0) if ones else 0)


def _dated(match: re.Match[str]) -> tuple[date, int, int] | None:
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return (day, match.start(), match.end()) if EARLIEST <= day.year <= LATEST else None
