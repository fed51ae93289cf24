"""How urgent a task is: the reviewers' queue in the order of breach risk, money times days, tier and age.

A task ranks at the time it is due, less what its tier, its money and its age are worth under the policy's queue rules.
Money counts by how long it has been held, in fen times days, and a case by the days since it was opened; both grow, and
are worth more in steps. So a rank stays as it is until the next step is reached, and that moment is known beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.business_time import format_time, parse_time
from domain.case import Case
from domain.money import Fen
from domain.policy import QueueRules, Tier

DAY = timedelta(days=1)
DAY_US = DAY // timedelta(microseconds=1)
FAR = timedelta(days=36_500)
"""A step further away than a century is none."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a task's rank is made of. `held_since` is when the held money was put on hold (of several holds the mean,
    each counting by its money), `opened_at` when the case was opened."""

    since: datetime
    due_at: datetime | None
    tier: Tier
    amount_fen: Fen
    held_since: datetime
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Rank:
    """A task's place in the queue, how many minutes earlier each component puts it, and when it reaches a step next."""

    at: datetime
    tier_minutes: int
    amount_minutes: int
    money_days_minutes: int
    age_minutes: int
    next_at: datetime | None


def rank(standing: Standing, rules: QueueRules, now: datetime) -> Rank:
    """Where the task stands in the queue at a moment."""
    money = _reached(((s.minutes, _held_at(standing, s.from_fen_days)) for s in rules.money_days_boosts), now)
    age = _reached(((s.minutes, standing.opened_at + s.from_days * DAY) for s in rules.age_boosts), now)
    tier, amount = rules.tier_boost_minutes[standing.tier], rules.amount_boost(standing.amount_fen)
    base = standing.due_at or standing.since + DAY
    return Rank(
        at=base - timedelta(minutes=tier + amount + money.minutes + age.minutes),
        tier_minutes=tier,
        amount_minutes=amount,
        money_days_minutes=money.minutes,
        age_minutes=age.minutes,
        next_at=min((at for at in (money.next_at, age.next_at) if at is not None), default=None),
    )


def fen_days(amount_fen: Fen, held_since: datetime, now: datetime) -> int:
    """Held money times the days it has been held."""
    return amount_fen * max((now - held_since) // timedelta(microseconds=1), 0) // DAY_US


def held_since(case: Case) -> datetime:
    """Since when the case's money is held: the mean over its holds, each counting by what it still holds; for a case
    that holds none, since it was opened."""
    opened = parse_time(case.opened_at)
    if not case.remaining_fen:
        return opened
    waited = sum(
        control.remaining_fen * ((parse_time(control.placed.placed_at) - opened) // timedelta(microseconds=1))
        for control in case.controls
    )
    return opened + timedelta(microseconds=waited // case.remaining_fen)


def ranked(standing: Standing, rules: QueueRules, policy_version: str, now: datetime) -> dict[str, Any]:
    """The task's columns that say where it stands, and what is needed to rank it anew."""
    found = rank(standing, rules, now)
    return {
        "rank_at": format_time(found.at),
        "reranks_at": format_time(found.next_at) if found.next_at else None,
        "priority": {
            "due_at": format_time(standing.due_at) if standing.due_at else None,
            "tier_boost_minutes": found.tier_minutes,
            "amount_boost_minutes": found.amount_minutes,
            "money_days_boost_minutes": found.money_days_minutes,
            "age_boost_minutes": found.age_minutes,
            "held_since": format_time(standing.held_since),
            "opened_at": format_time(standing.opened_at),
            "policy_version": policy_version,
        },
    }


@dataclass(frozen=True, slots=True)
class _Reached:
    minutes: int
    next_at: datetime | None


def _reached(steps: Iterable[tuple[int, datetime | None]], now: datetime) -> _Reached:
    """What the steps reached by now are worth, and when the next one is reached."""
    known = [(minutes, at) for minutes, at in steps if at is not None]
    return _Reached(
        max((minutes for minutes, at in known if at <= now), default=0),
        min((at for _, at in known if at > now), default=None),
    )


def _held_at(standing: Standing, from_fen_days: int) -> datetime | None:
    """When the held money has been held for so many fen times days; None when that is far away."""
    if standing.amount_fen <= 0:
        return None
    needed = timedelta(
        microseconds=min(-(-from_fen_days * DAY_US // standing.amount_fen), FAR // timedelta(microseconds=1))
    )
    return standing.held_since + needed if needed < FAR else None
