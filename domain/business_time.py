"""Business days and working time in China, and deadlines that say how they were computed.

- A business day is a weekday that is no public holiday, or a make-up day (调休) on which China works at a weekend.
- What a merchant must do is due at the end (24:00 in Shanghai) of the n-th business day after the day it began.
- What we promise ourselves (reviews) is due after n working days of working time (09:00 to 18:00 on business days);
  time in which the merchant or a partner is waited for does not count.
- Beyond the days the calendar's table covers only weekends are known; such a deadline is provisional and says so.

Nothing here reads a clock. Shanghai is a fixed UTC+8 (China has had no summer time since 1991), so no time zone files
are read and the rules run unchanged inside a workflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from domain.text import Text

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_NO_TIME = timedelta()
_SATURDAY = 5


def parse_time(text: str) -> datetime:
    """The moment written as RFC 3339. Raises ValueError for other text and when the offset is missing."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return at


def format_time(at: datetime) -> str:
    """The one canonical text of a moment: UTC with microseconds, `2026-11-30T16:00:00.000000+00:00`."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no UTC offset")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def local_date(at: datetime) -> date:
    """The day in Shanghai on which the moment falls (a document is valid through its last day there)."""
    return at.astimezone(SHANGHAI).date()


def local_time(at: datetime) -> str:
    """The moment as people read it: `2026-11-23 18:30`, Shanghai time."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def day_ended(at: datetime) -> date | None:
    """The day that a moment is the end of: the one before, if it is midnight in Shanghai to the instant."""
    local = at.astimezone(SHANGHAI)
    return local.date() - _DAY if local.time() == time.min else None


def due_time(at: datetime) -> Text:
    """A deadline as people read it. One at midnight is the end of the day before: `2026-12-11 24:00`, `end of
    2026-12-11`; nobody is to think they had the day that begins then."""
    day = day_ended(at)
    return Text(f"{day} 24:00", f"end of {day}") if day else Text(local_time(at), local_time(at))


def end_of_day(day: date) -> datetime:
    """24:00 in Shanghai on `day`."""
    return _clock(day + _DAY, time.min)


def months_before(day: date, months: int) -> date:
    """The same day of the month `months` earlier, or that month's last day when it is shorter."""
    first = date(day.year - (months - day.month + 12) // 12, (day.month - 1 - months) % 12 + 1, 1)
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(day=min(day.day, (following - _DAY).day))


def _clock(day: date, at: time) -> datetime:
    return datetime.combine(day, at, SHANGHAI)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One edition of the business calendar: the table's exceptions to "weekdays work, weekends do not".

    The table is complete from `known_from` through `known_until`; outside of it weekends alone decide.
    """

    version: str
    holidays: frozenset[date]
    makeup_days: frozenset[date]
    known_from: date
    known_until: date
    day_start: time = time(9)
    day_end: time = time(18)

    @property
    def working_day(self) -> timedelta:
        """How much working time one business day has."""
        return _clock(date.min, self.day_end) - _clock(date.min, self.day_start)

    def is_business_day(self, day: date) -> bool:
        """Whether China works on `day`."""
        if day in self.makeup_days:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def is_known(self, day: date) -> bool:
        """Whether the table covers `day`."""
        return self.known_from <= day <= self.known_until

    def business_days_between(self, after: date, through: date) -> int:
        """How many business days follow `after`, up to and including `through` (0 when `through` is not later)."""
        return sum(self.is_business_day(day) for day in _days(after, through))

    def business_day_after(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`; `day` itself is not counted."""
        while count:
            day += _DAY
            count -= self.is_business_day(day)
        return day

    def business_day_before(self, day: date, count: int) -> date:
        """The `count`-th business day before `day`; `day` itself is not counted."""
        while count:
            day -= _DAY
            count -= self.is_business_day(day)
        return day

    def working_time(self, a: datetime, b: datetime) -> timedelta:
        """The working time from `a` to `b`; none when `b` is not later."""
        first, last = local_date(a), local_date(b)
        total = _NO_TIME
        day = first
        while day <= last:
            if self.is_business_day(day):
                opened = max(a, _clock(day, self.day_start))
                closed = min(b, _clock(day, self.day_end))
                total += max(closed - opened, _NO_TIME)
            day += _DAY
        return total

    def after_working_time(self, start: datetime, work: timedelta) -> datetime:
        """The first moment, no earlier than `start` and in working hours, by which `work` has been worked."""
        day = local_date(start)
        while True:
            if self.is_business_day(day):
                opened = max(start, _clock(day, self.day_start))
                left = _clock(day, self.day_end) - opened
                if left > _NO_TIME and work <= left:
                    return opened + work
                work -= max(left, _NO_TIME)
            day += _DAY


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due and why then.

    `due` is canonical RFC 3339 in UTC. `basis` says in words how it was computed: the count and its unit, from when,
    which public holidays were skipped, which make-up days counted, how long the clock stood still. `provisional` means
    that the computation used days the calendar's table does not cover.
    """

    due: str
    basis: Text
    provisional: bool

    @property
    def at(self) -> datetime:
        """`due` as a moment."""
        return parse_time(self.due)


def end_of_business_day(calendar: Calendar, start: datetime, days: int) -> Deadline:
    """Due at the end (24:00 Shanghai) of the `days`-th business day after the day of `start`; for merchants.

    Raises ValueError when `days` is below 1.
    """
    if days < 1:
        raise ValueError(f"a merchant's deadline counts at least 1 business day, not {days}")
    first = local_date(start)
    last = calendar.business_day_after(first, days)
    basis = [
        Text(
            f"自{first}次日起的第{days}个工作日（{last}）24:00（北京时间）",
            f"end (24:00 Shanghai) of {last}, the {_ordinal(days)} business day after {first}",
        ),
        *_table_used(calendar, first + _DAY, last),
    ]
    return _deadline(end_of_day(last), basis, provisional=not _covered(calendar, first + _DAY, last))


def after_working_days(calendar: Calendar, start: datetime, days: int, paused: timedelta = _NO_TIME) -> Deadline:
    """Due when `days` working days of working time have passed since `start`, not counting `paused` working time.

    For what we promise: a start outside working hours counts from the next opening; a span that is used up exactly at
    closing time is due at closing time. Raises ValueError for negative `days` or `paused`.
    """
    if days < 0 or paused < _NO_TIME:
        raise ValueError(f"{days} working days with a pause of {paused} cannot be counted")
    due = calendar.after_working_time(start, days * calendar.working_day + paused)
    basis = [
        Text(
            f"自{local_time(start)}（北京时间）起{days}个工作日的工作时间（每日{_hours(calendar)}）",
            f"{_count(days, 'working day')} of working time ({_hours(calendar)}) from {local_time(start)} Shanghai",
        ),
    ]
    if paused:
        basis.append(Text(f"另加暂停的{_span_zh(paused)}工作时间", f"plus {_span_en(paused)} of working time paused"))
    basis += _table_used(calendar, local_date(start), local_date(due))
    return _deadline(due, basis, provisional=not _covered(calendar, local_date(start), local_date(due)))


def after_calendar_days(start: datetime, days: int) -> Deadline:
    """Due `days` calendar days after `start`, at the same time of day."""
    return _after(start, timedelta(days=days), Text(f"{days}个自然日", _count(days, "calendar day")))


def after_hours(start: datetime, hours: int) -> Deadline:
    """Due `hours` hours after `start`, day and night."""
    return _after(start, timedelta(hours=hours), Text(f"{hours}小时", _count(hours, "hour")))


def after_minutes(start: datetime, minutes: int) -> Deadline:
    """Due `minutes` minutes after `start`, day and night."""
    return _after(start, timedelta(minutes=minutes), Text(f"{minutes}分钟", _count(minutes, "minute")))


def business_days_before(calendar: Calendar, deadline: Deadline | datetime, days: int) -> datetime:
    """When to remind: opening time (09:00 Shanghai) of the `days`-th business day before the deadline's last day.

    A deadline at 24:00 has the day that ends then as its last day.
    """
    due = deadline.at if isinstance(deadline, Deadline) else deadline
    return _clock(calendar.business_day_before(local_date(due - _INSTANT), days), calendar.day_start)


@dataclass(frozen=True, slots=True)
class SlaClock:
    """A promise of `budget_bd` working days that stands still while someone else is waited for.

    `spent` is the working time used up before the present run, in whole seconds; `running_since` is canonical RFC 3339
    or None while the clock stands. A budget of None promises nothing (what frees the terminal is not a matter of days).
    """

    budget_bd: int | None
    spent: int = 0
    running_since: str | None = None

    def started(self, at: datetime) -> SlaClock:
        """The clock running from `at`, its spent time forgotten."""
        return replace(self, spent=0, running_since=format_time(at))

    def paused(self, calendar: Calendar, at: datetime) -> SlaClock:
        """The clock standing still from `at` (unchanged when it stands already)."""
        return replace(self, spent=self.spent_by(calendar, at), running_since=None)

    def resumed(self, at: datetime) -> SlaClock:
        """The clock running on from `at` (unchanged when it runs already)."""
        return self if self.running_since else replace(self, running_since=format_time(at))

    def spent_by(self, calendar: Calendar, at: datetime) -> int:
        """The working seconds used up by `at`."""
        if self.running_since is None:
            return self.spent
        return self.spent + int(calendar.working_time(parse_time(self.running_since), at).total_seconds())

    def due(self, calendar: Calendar, at: datetime) -> Deadline | None:
        """When the promise falls due, or None when the clock stands at `at` or promises nothing.

        A budget that was used up before the present run is due at the start of that run.
        """
        if self.budget_bd is None or self.running_since is None:
            return None
        since = parse_time(self.running_since)
        if at < since:
            return None
        left = max(self.budget_bd * calendar.working_day - timedelta(seconds=self.spent), _NO_TIME)
        due = calendar.after_working_time(since, left) if left else since
        used = timedelta(seconds=self.spent)
        basis = [
            Text(
                f"承诺{self.budget_bd}个工作日，此前已用{_span_zh(used)}，自{local_time(since)}（北京时间）起还有{_span_zh(left)}"
                f"工作时间（每日{_hours(calendar)}）",
                f"{_count(self.budget_bd, 'working day')} promised, {_span_en(used)} used before, "
                f"{_span_en(left)} of working time ({_hours(calendar)}) left from {local_time(since)} Shanghai",
            ),
            *_table_used(calendar, local_date(since), local_date(due)),
        ]
        return _deadline(due, basis, provisional=not _covered(calendar, local_date(since), local_date(due)))


def _after(start: datetime, span: timedelta, words: Text) -> Deadline:
    basis = Text(f"自{local_time(start)}（北京时间）起{words.zh}", f"{words.en} from {local_time(start)} Shanghai")
    return _deadline(start + span, [basis], provisional=False)


def _deadline(due: datetime, basis: list[Text], *, provisional: bool) -> Deadline:
    words = Text("；".join(part.zh for part in basis), "; ".join(part.en for part in basis))
    return Deadline(format_time(due), words, provisional)


def _covered(calendar: Calendar, first: date, last: date) -> bool:
    return calendar.is_known(first) and calendar.is_known(last)


def _table_used(calendar: Calendar, first: date, last: date) -> Iterator[Text]:
    """What the calendar's table changed from `first` through `last`, and whether it knows all of these days."""
    skipped = [day for day in sorted(calendar.holidays) if first <= day <= last]
    counted = [day for day in sorted(calendar.makeup_days) if first <= day <= last]
    if skipped:
        yield Text(
            f"跳过法定节假日{_runs(skipped, '至', '、')}", f"public holidays skipped: {_runs(skipped, ' to ', ', ')}"
        )
    if counted:
        yield Text(
            f"计入调休上班日{_runs(counted, '至', '、')}", f"make-up days counted: {_runs(counted, ' to ', ', ')}"
        )
    if not _covered(calendar, first, last):
        since, until = calendar.known_from, calendar.known_until
        yield Text(
            f"暂定：节假日安排仅收录{since}至{until}，此外仅按周末推算",
            f"provisional: public holidays are known from {since} to {until}; beyond, only weekends were skipped",
        )


def _runs(days: Iterable[date], to: str, also: str) -> str:
    """Days in order as text, each run of consecutive days as `first to last`."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == _DAY:
            runs[-1][1:] = [day]
        else:
            runs.append([day])
    return also.join(to.join(str(day) for day in run) for run in runs)


def _days(after: date, through: date) -> Iterator[date]:
    return (after + timedelta(days=n) for n in range(1, (through - after).days + 1))


def _hours(calendar: Calendar) -> str:
    return f"{calendar.day_start:%H:%M}–{calendar.day_end:%H:%M}"


def _span_zh(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"


def _span_en(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
