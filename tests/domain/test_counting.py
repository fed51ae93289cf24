"""How a deadline was counted, shown piece by piece, adds up to what was promised."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policies
from domain import business_time as bt
from domain.business_time import SHANGHAI
from domain.counting import spans

POLICY = policies.load(policies.newest())
CALENDAR = POLICY.calendar


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


MOMENTS = st.integers(0, 320 * 24 * 60).map(lambda minutes: shanghai("2026-01-05T00:00") + timedelta(minutes=minutes))


@given(MOMENTS, st.integers(1, 15))
def test_what_was_worked_is_as_many_working_days_as_were_given(start: datetime, days: int):
    due = bt.after_working_days(CALENDAR, start, days).at
    pieces = spans(CALENDAR, "review", start, due)
    assert sum((one.worked for one in pieces), timedelta()) == days * CALENDAR.working_day
    assert pieces[-1].end == due


@given(MOMENTS, st.integers(1, 15))
def test_the_days_counted_are_as_many_business_days_as_were_given(start: datetime, days: int):
    due = bt.end_of_business_day(CALENDAR, start, days).at
    pieces = spans(CALENDAR, "evidence", start, due)
    assert sum(one.days for one in pieces) == days
    assert pieces[-1].end == due
    assert all(one.end == after.begin for one, after in pairwise(pieces))


def test_a_weekend_is_skipped_and_told_apart_from_a_holiday_and_a_make_up_day():
    start = shanghai("2026-09-24T17:00")  # a Thursday before the Mid-Autumn holiday
    due = bt.after_working_days(CALENDAR, start, 1).at
    told = [(one.what, one.begin.strftime("%m-%d %H:%M")) for one in spans(CALENDAR, "review", start, due)]
    assert told[0] == ("worked", "09-24 17:00")
    assert "holiday" in {what for what, _ in told}
    makeup = min(day for day in CALENDAR.makeup_days if day.year == 2026)
    at = datetime(makeup.year, makeup.month, makeup.day, 9, tzinfo=SHANGHAI)
    (piece,) = spans(CALENDAR, "review", at, bt.after_working_days(CALENDAR, at, 1).at)
    assert (piece.what, piece.makeup) == ("worked", True)


def test_the_promise_shows_when_its_clock_stood():
    runs = (
        (shanghai("2026-11-23T09:00"), shanghai("2026-11-23T12:00")),
        (shanghai("2026-11-25T09:00"), None),
    )
    told = spans(CALENDAR, "promise", runs[0][0], shanghai("2026-11-25T15:00"), runs)
    assert [(one.what, one.worked.total_seconds() / 3600) for one in told] == [
        ("worked", 3), ("paused", 0), ("worked", 6)
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["hold:C-1", "auto_check", "monitoring", "evidence_reminder:3"])
def test_what_runs_day_and_night_has_nothing_to_show(name: str):
    assert spans(CALENDAR, name, shanghai("2026-11-23T09:00"), shanghai("2026-11-25T09:00")) == ()
