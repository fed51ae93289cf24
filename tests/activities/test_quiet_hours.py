"""At night and on holidays no telephone rings, except for a freeze and a release."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import policies
from activities.addresses import Address
from activities.quiet_hours import quiet_for, silent
from domain.business_time import SHANGHAI

POLICY = policies.load(policies.newest())


def at(clock: str) -> datetime:
    return datetime.fromisoformat(clock).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [
        ("2026-11-02 20:59", timedelta()),
        ("2026-11-02 21:00", timedelta(hours=11)),
        ("2026-11-03 00:30", timedelta(hours=7, minutes=30)),
        ("2026-11-03 07:59", timedelta(minutes=1)),
        ("2026-11-03 08:00", timedelta()),
        ("2026-11-03 12:00", timedelta()),
        ("2026-11-07 12:00", timedelta()),
    ],
)
def test_quiet_hours_last_from_nine_in_the_evening_to_eight_in_the_morning(clock: str, quiet: timedelta) -> None:
    assert quiet_for(POLICY, at(clock)) == quiet


@pytest.mark.parametrize("clock", ["2026-09-30 22:00", "2026-10-01 12:00", "2026-10-07 23:30", "2026-10-03 00:10"])
def test_public_holidays_are_quiet_until_the_first_morning_after_them(clock: str) -> None:
    assert at(clock) + quiet_for(POLICY, at(clock)) == at("2026-10-08 08:00")


def test_what_is_due_within_the_holidays_waits_for_the_morning_only() -> None:
    evening = at("2026-10-01 22:00")
    assert evening + quiet_for(POLICY, evening, at("2026-10-05 00:00")) == at("2026-10-02 08:00")
    assert quiet_for(POLICY, at("2026-10-02 12:00"), at("2026-10-08 12:00")) == timedelta()
    assert evening + quiet_for(POLICY, evening, at("2026-11-20 00:00")) == at("2026-10-08 08:00")


def test_an_e_mail_and_a_webhook_ring_no_telephone() -> None:
    mail, text = Address("email", "a@example.com", "zh"), Address("sms", "13800138000", "zh")
    hook, wechat = Address("webhook", "https://shop.example", "zh", "s" * 16), Address("wechat", "oABCDEF", "zh")
    assert silent([text, mail, wechat, hook]) == [mail, hook]
    assert silent([text, wechat]) == []
