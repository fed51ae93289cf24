"""At night no telephone rings, except for a freeze and a release."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import policies
from activities.notices import Address
from activities.quiet_hours import silent, until_morning
from domain.business_time import SHANGHAI

TIMERS = policies.load(policies.newest()).timers


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [
        ("2026-11-02 20:59", timedelta()),
        ("2026-11-02 21:00", timedelta(hours=11)),
        ("2026-11-03 00:30", timedelta(hours=7, minutes=30)),
        ("2026-11-03 07:59", timedelta(minutes=1)),
        ("2026-11-03 08:00", timedelta()),
        ("2026-11-03 12:00", timedelta()),
    ],
)
def test_quiet_hours_last_from_nine_in_the_evening_to_eight_in_the_morning(clock: str, quiet: timedelta) -> None:
    assert until_morning(TIMERS, datetime.fromisoformat(clock).replace(tzinfo=SHANGHAI)) == quiet


def test_an_e_mail_rings_no_telephone() -> None:
    mail, text = Address("email", "a@example.com", "zh"), Address("sms", "13800138000", "zh")
    assert silent([text, mail]) == [mail]
    assert silent([text]) == []
