"""Quiet hours: at night and on public holidays a merchant's telephone stays silent, except for a freeze and a release.

An e-mail or a webhook disturbs nobody, so it goes out at any hour; a text or WeChat message waits for the next morning
of an ordinary day, or goes over another channel where there is an address. What has a deadline within the holidays
waits only for the morning. Source: spec timers.csv, freeze_notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from domain.business_time import SHANGHAI
from domain.policy import Policy
from wording import SHORT


class Addressed(Protocol):
    """Something with a channel it goes over."""

    @property
    def channel(self) -> str: ...


A = TypeVar("A", bound=Addressed)

_NO_TIME, _DAY = timedelta(), timedelta(days=1)


def quiet_for(policy: Policy, at: datetime, due: datetime | None = None) -> timedelta:
    """How long quiet hours go on from `at`; nought outside them. `due` is the deadline the notice tells of."""
    ends = _ordinary_morning(policy, at)
    if due is not None and ends > due - _DAY:
        ends = _morning(policy, at)
    return ends - at


def _morning(policy: Policy, at: datetime) -> datetime:
    """`at` itself by day, else when the night ends."""
    local, timers = at.astimezone(SHANGHAI), policy.timers
    morning = datetime.combine(local.date(), timers.quiet_until, SHANGHAI)
    if local.time() >= timers.quiet_from:
        return morning + _DAY
    return max(morning, at)


def _ordinary_morning(policy: Policy, at: datetime) -> datetime:
    """The same, and on a public holiday the first morning after the holidays."""
    ends = _morning(policy, at)
    while ends.astimezone(SHANGHAI).date() in policy.calendar.holidays:
        ends = datetime.combine(ends.astimezone(SHANGHAI).date() + _DAY, policy.timers.quiet_until, SHANGHAI)
    return ends


def silent(addresses: Iterable[A]) -> list[A]:
    """The addresses that ring no telephone."""
    return [address for address in addresses if address.channel not in SHORT]
