"""Quiet hours: at night a merchant's telephone stays silent, except for a freeze and a release.

An e-mail disturbs nobody, so it goes out at any hour; a text message waits for the morning, or becomes an e-mail where
there is an address. Source: spec timers.csv, freeze_notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from domain.business_time import SHANGHAI
from domain.policy import Timers

URGENT = frozenset({"freeze_notice", "control_added", "legal_hold", "case_closed"})
"""Notices of a freeze or a release: sent at any hour."""


class Addressed(Protocol):
    """Something with a channel it goes over."""

    @property
    def channel(self) -> str: ...


A = TypeVar("A", bound=Addressed)


def until_morning(timers: Timers, at: datetime) -> timedelta:
    """How long quiet hours go on from `at`; nought outside them."""
    local = at.astimezone(SHANGHAI)
    morning = datetime.combine(local.date(), timers.quiet_until, SHANGHAI)
    if local.time() >= timers.quiet_from:
        return morning + timedelta(days=1) - local
    return max(morning - local, timedelta())


def silent(addresses: Iterable[A]) -> list[A]:
    """The addresses that ring no telephone."""
    return [address for address in addresses if address.channel != "sms"]
