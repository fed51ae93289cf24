"""Business days, working time and deadlines, by the calendar of 2026."""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

import policies
from domain.business_time import (
    SHANGHAI,
    Calendar,
    SlaClock,
    after_calendar_days,
    after_hours,
    after_minutes,
    after_working_days,
    business_days_before,
    end_of_business_day,
    end_of_day,
    format_time,
    local_date,
    months_before,
    parse_time,
)

CALENDAR: Calendar = policies.load("2026-11-01").calendar
YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]

# a month more on either side than the table covers
moments = st.timedeltas(timedelta(), timedelta(days=425)).map(
    lambda gone: datetime(2025, 12, 1, tzinfo=SHANGHAI) + gone
)
counts = st.integers(1, 30)
pauses = st.timedeltas(timedelta(), timedelta(days=5))


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def due_in_shanghai(due: str) -> str:
    return parse_time(due).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


# The table of 2026


def test_the_table_says_what_chinese_calendar_says() -> None:
    assert [day for day in YEAR if CALENDAR.is_business_day(day) != chinese_calendar.is_workday(day)] == []


def test_the_table_says_what_the_holidays_package_says() -> None:
    china = holidays.country_holidays("CN", subdiv=None, years=2026)
    assert [day for day in YEAR if CALENDAR.is_business_day(day) != china.is_working_day(day)] == []


def test_the_table_covers_the_whole_of_2026_and_nothing_else() -> None:
    assert CALENDAR.is_known(date(2026, 1, 1))
    assert CALENDAR.is_known(date(2026, 12, 31))
    assert not CALENDAR.is_known(date(2025, 12, 31))
    assert not CALENDAR.is_known(date(2027, 1, 1))


def test_a_make_up_saturday_is_worked_and_a_holiday_monday_is_not() -> None:
    assert CALENDAR.is_business_day(date(2026, 10, 10))
    assert not CALENDAR.is_business_day(date(2026, 10, 5))
    assert CALENDAR.business_days_between(date(2026, 9, 30), date(2026, 10, 10)) == 3  # 8, 9 and 10 October


def test_no_business_day_lies_between_a_day_and_an_earlier_one() -> None:
    assert CALENDAR.business_days_between(date(2026, 10, 10), date(2026, 9, 30)) == 0


# What a merchant must do


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-02 10:00", 1, "2026-11-04 00:00"),  # Monday: the day itself does not count
        ("2026-11-02 23:59", 1, "2026-11-04 00:00"),
        ("2026-11-06 10:00", 1, "2026-11-10 00:00"),  # Friday to Monday's end
        ("2026-11-07 10:00", 1, "2026-11-10 00:00"),  # Saturday likewise
        ("2026-09-30 10:00", 1, "2026-10-09 00:00"),  # over the National Day week
        ("2026-09-30 10:00", 3, "2026-10-11 00:00"),  # make-up Saturday 10 October is the third
        ("2026-09-24 10:00", 10, "2026-10-16 00:00"),  # Mid-Autumn and National Day
        ("2026-02-13 10:00", 1, "2026-02-15 00:00"),  # make-up Saturday before Spring Festival
        ("2026-02-14 10:00", 1, "2026-02-25 00:00"),  # nine days of Spring Festival
        ("2026-02-14 10:00", 5, "2026-03-01 00:00"),  # make-up Saturday 28 February is the fifth
    ],
)
def test_merchants_have_until_the_end_of_the_nth_business_day(start: str, days: int, due: str) -> None:
    assert due_in_shanghai(end_of_business_day(CALENDAR, shanghai(start), days).due) == due


def test_a_deadline_is_kept_in_utc_with_microseconds() -> None:
    deadline = end_of_business_day(CALENDAR, shanghai("2026-11-27 10:00"), 1)
    assert deadline.due == "2026-11-30T16:00:00.000000+00:00"
    assert deadline.at == end_of_day(date(2026, 11, 30))


def test_the_day_a_deadline_counts_from_is_the_day_in_shanghai() -> None:
    late_in_utc = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)  # already 3 November in Shanghai
    assert local_date(late_in_utc) == date(2026, 11, 3)
    assert due_in_shanghai(end_of_business_day(CALENDAR, late_in_utc, 1).due) == "2026-11-05 00:00"


def test_a_deadline_says_which_holidays_it_skipped_and_which_make_up_days_it_counted() -> None:
    deadline = end_of_business_day(CALENDAR, shanghai("2026-09-24 10:00"), 10)
    assert deadline.basis.en == (
        "end (24:00 Shanghai) of 2026-10-15, the 10th business day after 2026-09-24; "
        "public holidays skipped: 2026-09-25 to 2026-09-27, 2026-10-01 to 2026-10-07; make-up days counted: 2026-10-10"
    )
    assert deadline.basis.zh == (
        "自2026-09-24次日起的第10个工作日（2026-10-15）24:00（北京时间）；"
        "跳过法定节假日2026-09-25至2026-09-27、2026-10-01至2026-10-07；计入调休上班日2026-10-10"
    )
    assert not deadline.provisional


def test_a_deadline_in_an_ordinary_week_names_no_holidays() -> None:
    deadline = end_of_business_day(CALENDAR, shanghai("2026-11-02 10:00"), 3)
    assert deadline.basis.en == "end (24:00 Shanghai) of 2026-11-05, the 3rd business day after 2026-11-02"


def test_a_merchants_deadline_counts_at_least_one_day() -> None:
    with pytest.raises(ValueError, match="at least 1 business day, not 0"):
        end_of_business_day(CALENDAR, shanghai("2026-11-02 10:00"), 0)


def test_the_last_day_of_the_table_is_not_provisional_and_the_next_one_is() -> None:
    last = end_of_business_day(CALENDAR, shanghai("2026-12-30 10:00"), 1)
    beyond = end_of_business_day(CALENDAR, shanghai("2026-12-30 10:00"), 2)
    assert (due_in_shanghai(last.due), last.provisional) == ("2027-01-01 00:00", False)
    assert (due_in_shanghai(beyond.due), beyond.provisional) == ("2027-01-02 00:00", True)
    assert beyond.basis.en.endswith(
        "provisional: public holidays are known from 2026-01-01 to 2026-12-31; beyond, only weekends were skipped"
    )
    assert "暂定" in beyond.basis.zh


# What we promise ourselves


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-02 10:00", 1, "2026-11-03 10:00"),
        ("2026-11-02 09:00", 1, "2026-11-02 18:00"),  # used up exactly at closing time
        ("2026-11-02 07:00", 1, "2026-11-02 18:00"),  # before opening: from the opening
        ("2026-11-02 20:00", 1, "2026-11-03 18:00"),  # after closing: from the next opening
        ("2026-11-07 12:00", 1, "2026-11-09 18:00"),  # Saturday
        ("2026-11-06 17:00", 3, "2026-11-11 17:00"),
        ("2026-09-30 17:00", 1, "2026-10-08 17:00"),  # National Day week
        ("2026-10-09 17:00", 2, "2026-10-12 17:00"),  # through make-up Saturday
        ("2026-11-07 12:00", 0, "2026-11-09 09:00"),
    ],
)
def test_reviews_are_due_after_working_time(start: str, days: int, due: str) -> None:
    assert due_in_shanghai(after_working_days(CALENDAR, shanghai(start), days).due) == due


def test_a_pause_moves_the_deadline_by_its_working_time_and_is_named() -> None:
    deadline = after_working_days(CALENDAR, shanghai("2026-11-02 10:00"), 3, timedelta(hours=10, minutes=30))
    assert due_in_shanghai(deadline.due) == "2026-11-06 11:30"
    assert deadline.basis.en == (
        "3 working days of working time (09:00–18:00) from 2026-11-02 10:00 Shanghai; "
        "plus 10 h 30 min of working time paused"
    )
    assert "另加暂停的10小时30分工作时间" in deadline.basis.zh


def test_working_time_leaves_out_nights_weekends_and_holidays() -> None:
    assert CALENDAR.working_time(shanghai("2026-09-30 17:00"), shanghai("2026-10-08 10:00")) == timedelta(hours=2)
    assert CALENDAR.working_time(shanghai("2026-10-10 00:00"), shanghai("2026-10-11 00:00")) == timedelta(hours=9)
    assert CALENDAR.working_time(shanghai("2026-11-03 10:00"), shanghai("2026-11-02 10:00")) == timedelta()


def test_nothing_negative_can_be_counted() -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        after_working_days(CALENDAR, shanghai("2026-11-02 10:00"), -1)
    with pytest.raises(ValueError, match="cannot be counted"):
        after_working_days(CALENDAR, shanghai("2026-11-02 10:00"), 1, timedelta(seconds=-1))


# Plain spans and reminders


def test_plain_spans_run_day_and_night() -> None:
    start = shanghai("2026-09-30 17:30")
    assert due_in_shanghai(after_calendar_days(start, 7).due) == "2026-10-07 17:30"
    assert due_in_shanghai(after_hours(start, 4).due) == "2026-09-30 21:30"
    assert due_in_shanghai(after_minutes(start, 10).due) == "2026-09-30 17:40"
    assert after_calendar_days(start, 30).basis.en == "30 calendar days from 2026-09-30 17:30 Shanghai"
    assert after_hours(start, 1).basis.en == "1 hour from 2026-09-30 17:30 Shanghai"
    assert after_minutes(start, 10).basis.zh == "自2026-09-30 17:30（北京时间）起10分钟"


def test_reminders_come_at_opening_time_business_days_before_the_last_day() -> None:
    deadline = end_of_business_day(CALENDAR, shanghai("2026-09-24 10:00"), 10)  # the end of Thursday 15 October
    assert business_days_before(CALENDAR, deadline, 1) == shanghai("2026-10-14 09:00")
    assert business_days_before(CALENDAR, deadline, 3) == shanghai("2026-10-12 09:00")
    assert business_days_before(CALENDAR, deadline, 4) == shanghai("2026-10-10 09:00")
    assert business_days_before(CALENDAR, shanghai("2026-10-08 12:00"), 1) == shanghai("2026-09-30 09:00")


def test_months_are_counted_back_to_the_same_day_or_the_months_last() -> None:
    assert months_before(date(2026, 11, 23), 12) == date(2025, 11, 23)
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 1) == date(2025, 12, 15)
    assert months_before(date(2028, 2, 29), 12) == date(2027, 2, 28)


# The clock of a promise


def test_a_promise_stands_still_while_the_merchant_is_waited_for() -> None:
    clock = SlaClock(3).started(shanghai("2026-11-02 10:00"))
    clock = clock.paused(CALENDAR, shanghai("2026-11-03 12:00"))  # 11 working hours used
    assert (clock.spent, clock.running_since) == (11 * 3600, None)
    assert clock.due(CALENDAR, shanghai("2026-11-04 12:00")) is None

    clock = clock.resumed(shanghai("2026-11-09 09:00"))
    deadline = clock.due(CALENDAR, shanghai("2026-11-09 09:00"))
    assert deadline is not None
    assert due_in_shanghai(deadline.due) == "2026-11-10 16:00"  # 16 of 27 hours were left
    assert deadline.basis.en == (
        "3 working days promised, 11 h used before, "
        "16 h of working time (09:00–18:00) left from 2026-11-09 09:00 Shanghai"
    )


def test_a_running_promise_never_paused_is_due_like_plain_working_days() -> None:
    start = shanghai("2026-09-28 15:20")
    deadline = SlaClock(5).started(start).due(CALENDAR, start)
    assert deadline is not None
    assert deadline.due == after_working_days(CALENDAR, start, 5).due


def test_pausing_or_resuming_twice_changes_nothing() -> None:
    clock = SlaClock(3).started(shanghai("2026-11-02 10:00"))
    paused = clock.paused(CALENDAR, shanghai("2026-11-02 12:00"))
    assert clock.resumed(shanghai("2026-11-02 11:00")) == clock
    assert paused.paused(CALENDAR, shanghai("2026-11-05 12:00")) == paused


def test_a_promise_that_was_used_up_is_due_when_it_goes_on() -> None:
    clock = SlaClock(1, spent=10 * 3600).resumed(shanghai("2026-11-02 10:00"))
    deadline = clock.due(CALENDAR, shanghai("2026-11-02 10:00"))
    assert deadline is not None
    assert due_in_shanghai(deadline.due) == "2026-11-02 10:00"


def test_a_reason_without_a_number_of_days_promises_no_date() -> None:
    at = shanghai("2026-11-02 10:00")
    assert SlaClock(None).started(at).due(CALENDAR, at) is None
    assert SlaClock(3).due(CALENDAR, at) is None


# Times as text


@pytest.mark.parametrize("text", ["2026-11-30", "2026-11-30T16:00:00", "next Monday", ""])
def test_a_time_without_an_offset_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset|isoformat"):
        parse_time(text)


def test_a_moment_without_an_offset_cannot_be_written_down() -> None:
    with pytest.raises(ValueError, match="no UTC offset"):
        format_time(datetime(2026, 11, 30, 16, 0))  # noqa: DTZ001 — the very thing refused


@given(moments)
def test_a_moment_survives_being_written_down(at: datetime) -> None:
    assert parse_time(format_time(at)) == at


# What holds for every moment


@given(moments, moments, counts)
def test_who_starts_later_is_never_due_earlier(a: datetime, b: datetime, days: int) -> None:
    a, b = sorted((a, b))
    assert end_of_business_day(CALENDAR, a, days).at <= end_of_business_day(CALENDAR, b, days).at
    assert after_working_days(CALENDAR, a, days).at <= after_working_days(CALENDAR, b, days).at


@given(moments, counts)
def test_one_more_day_is_always_due_later(start: datetime, days: int) -> None:
    assert end_of_business_day(CALENDAR, start, days).at < end_of_business_day(CALENDAR, start, days + 1).at
    assert after_working_days(CALENDAR, start, days).at < after_working_days(CALENDAR, start, days + 1).at


@given(moments, moments, moments)
def test_working_time_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    assert CALENDAR.working_time(a, b) + CALENDAR.working_time(b, c) == CALENDAR.working_time(a, c)


@given(moments, counts, pauses)
def test_a_working_deadline_has_exactly_its_working_time_before_it(
    start: datetime, days: int, paused: timedelta
) -> None:
    due = after_working_days(CALENDAR, start, days, paused).at
    assert CALENDAR.working_time(start, due) == days * CALENDAR.working_day + paused


@given(moments, counts)
def test_a_merchants_deadline_has_exactly_its_business_days_before_it(start: datetime, days: int) -> None:
    deadline = end_of_business_day(CALENDAR, start, days)
    last = local_date(deadline.at - timedelta(microseconds=1))
    assert CALENDAR.is_business_day(last)
    assert CALENDAR.business_days_between(local_date(start), last) == days
    assert local_date(business_days_before(CALENDAR, deadline, 1)) == CALENDAR.business_day_before(last, 1)


@given(moments, st.timedeltas(timedelta(), timedelta(days=9)), st.timedeltas(timedelta(), timedelta(days=9)))
def test_a_pause_costs_the_promise_nothing(start: datetime, ran: timedelta, stood: timedelta) -> None:
    stop, go = start + ran, start + ran + stood
    deadline = SlaClock(30).started(start).paused(CALENDAR, stop).resumed(go).due(CALENDAR, go)
    assert deadline is not None
    used = CALENDAR.working_time(start, stop) + CALENDAR.working_time(go, deadline.at)
    assert timedelta() <= used - 30 * CALENDAR.working_day < timedelta(seconds=1)
