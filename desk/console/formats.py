"""How facts look on a page: money in yuan, moments in Shanghai time, ages and times left in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.business_time import SHANGHAI, due_time, local_time, parse_time
from domain.money import yuan
from domain.text import Text

_UNITS = ((86400, Text("天", "d")), (3600, Text("小时", "h")), (60, Text("分", "min")))


def money(fen: int) -> str:
    """8642000 fen as `¥86,420.00`."""
    return yuan(fen)


def at(moment: datetime | str) -> datetime:
    """The moment, whether it came as text or as itself."""
    return parse_time(moment) if isinstance(moment, str) else moment


def local(moment: datetime | str) -> str:
    """`2026-11-23 18:30`, Shanghai time."""
    return local_time(at(moment))


def due(moment: datetime | str, language: str) -> str:
    """A deadline: `2026-12-11 18:00`, and the end of the day before where it is midnight."""
    return due_time(at(moment)).of(language)


def local_seconds(moment: datetime | str) -> str:
    """`2026-11-23 18:30:05`, Shanghai time."""
    return at(moment).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def span(length: timedelta, language: str) -> str:
    """A length of time in its two largest units: `2 d 3 h`, `3 小时 5 分`."""
    left, parts = int(abs(length.total_seconds())), []
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit.of(language)}")
        elif parts:
            break
    return " ".join(parts[:2]) or Text("不到 1 分", "under 1 min").of(language)


def minutes(number: int, language: str) -> str:
    """So many minutes as a length of time."""
    return span(timedelta(minutes=number), language)


def ago(moment: datetime | str, now: datetime, language: str) -> str:
    """How long ago something was."""
    return span(now - at(moment), language)


def until(moment: datetime | str, now: datetime, language: str) -> str:
    """How long until a due time, or for how long it has passed."""
    left = at(moment) - now
    words = span(left, language)
    if left.total_seconds() < 0:
        return Text(f"已超 {words}", f"{words} over").of(language)
    return Text(f"还有 {words}", f"in {words}").of(language)


def urgency(moment: datetime | str | None, now: datetime) -> str:
    """`over`, `soon` (within four hours) or `calm`: how a due time is marked."""
    if moment is None:
        return "calm"
    left = at(moment) - now
    if left.total_seconds() < 0:
        return "over"
    return "soon" if left < timedelta(hours=4) else "calm"
