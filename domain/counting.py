"""How a deadline was counted, piece by piece: which hours were worked, which days were skipped, when the clock stood.

The words beside a deadline (`Due.basis`) say what was counted; this shows it, from the same calendar. Source: spec
timers.csv. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from domain.business_time import SHANGHAI, Calendar, local_date

WORKING = frozenset({"review", "approval", "manual_check", "freeze_notice"})
"""Deadlines in working days of working time."""
DAYS = frozenset({"evidence", "supplement"})
"""Deadlines in business days, due at their end."""

What = Literal["worked", "days", "weekend", "holiday", "paused"]
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the time until a deadline: what it was, and how much of it counts (working time, or business days; of
    skipped and paused time nothing does). `makeup`: worked on a make-up day."""

    what: What
    begin: datetime
    end: datetime
    worked: timedelta = timedelta()
    days: int = 0
    makeup: bool = False


def spans(
    calendar: Calendar, name: str, start: datetime, due: datetime, runs: Sequence[tuple[datetime, datetime | None]] = ()
) -> tuple[Span, ...]:
    """How the deadline of this name was counted from `start` to `due`; nothing for one that runs day and night. `runs`
    are the times in which the promise's clock ran."""
    if name in WORKING:
        return tuple(_joined(_working(calendar, start, due)))
    if name in DAYS:
        return tuple(_joined(_business(calendar, start, due)))
    if name == "promise":
        return tuple(_promised(calendar, due, runs))
    return ()


def _working(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Span]:
    """Day by day: the hours worked from `begin` to `end`, and the days on which nobody works."""
    day, last = local_date(begin), local_date(end)
    while day <= last:
        if not calendar.is_business_day(day):
            yield _skipped(calendar, day)
        else:
            opened = max(begin, datetime.combine(day, calendar.day_start, SHANGHAI))
            closed = min(end, datetime.combine(day, calendar.day_end, SHANGHAI))
            if closed > opened:
                makeup = day in calendar.makeup_days
                yield Span("worked", opened, closed, worked=closed - opened, makeup=makeup)
        day += _DAY


def _business(calendar: Calendar, start: datetime, due: datetime) -> Iterator[Span]:
    """The days after the one on which it began: those that count and those that do not."""
    day, last = local_date(start) + _DAY, local_date(due - _INSTANT)
    while day <= last:
        if calendar.is_business_day(day):
            yield replace(_whole(day, "days"), days=1, makeup=day in calendar.makeup_days)
        else:
            yield _skipped(calendar, day)
        day += _DAY


def _promised(calendar: Calendar, due: datetime, runs: Sequence[tuple[datetime, datetime | None]]) -> Iterator[Span]:
    """The promise's clock: what was worked in each of its runs, and when it stood between them."""
    stood: datetime | None = None
    for begin, end in runs:
        if stood is not None:
            yield Span("paused", stood, begin)
        yield from _joined(_working(calendar, begin, end or max(begin, due)))
        stood = end


def _skipped(calendar: Calendar, day: date) -> Span:
    return _whole(day, "holiday" if day in calendar.holidays else "weekend")


def _whole(day: date, what: What) -> Span:
    return Span(what, datetime.combine(day, time.min, SHANGHAI), datetime.combine(day + _DAY, time.min, SHANGHAI))


def _joined(pieces: Iterable[Span]) -> Iterator[Span]:
    """Whole days of one sort that follow each other as one piece."""
    last: Span | None = None
    for piece in pieces:
        whole = piece.what != "worked" and last is not None
        if whole and last is not None and (last.what, last.end, last.makeup) == (piece.what, piece.begin, piece.makeup):
            last = replace(last, end=piece.end, days=last.days + piece.days)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
