"""How long personal data must be kept, and what stands in the way of erasing it.

The schedule in force on the day counts, not the one of an earlier day: these are the law's minimum periods, and a
longer one holds for what is still there. A period of years begins on the day after the event and lasts through the same
day of the month, years later (Civil Code, articles 201 and 202). Silence erases nothing: by default what is due is
listed, and a compliance head erases it.
Source: features.csv S0.48, S4.25; spec README, What must always hold 10 (a legal hold beats erasure).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from domain.business_time import months_before
from domain.text import Text

Start: TypeAlias = Literal["case_closed", "relation"]
"""From when a period counts: a case's closing, or the business relation's last sign (a registration, an update)."""
Erasing: TypeAlias = Literal["listed", "automatic"]


@dataclass(frozen=True, slots=True)
class Period:
    """One duty to keep: so many calendar years from an event; `source` names the rule that asks for it."""

    name: str
    start: Start
    years: int
    zh: str
    en: str
    source: Text

    def last_day(self, begun: date) -> date:
        """The last day on which what began `begun` must still be there."""
        return months_before(begun, -12 * self.years)


@dataclass(frozen=True, slots=True)
class Retention:
    """A dated schedule. `erasing`: what is due is only listed, or erased by the desk itself."""

    version: str
    digest: str
    erasing: Erasing
    periods: tuple[Period, ...]

    def due_from(self, start: Start, begun: date) -> date:
        """The first day on which what began `begun` may be erased."""
        return max(
            (period.last_day(begun) + timedelta(days=1) for period in self.periods if period.start == start),
            default=begun,
        )

    def begun_by(self, start: Start, today: date) -> date:
        """The latest day that something may have begun on to be due `today`: a bound to look cases up by."""
        years = max((period.years for period in self.periods if period.start == start), default=0)
        return months_before(today, 12 * years)


@dataclass(frozen=True, slots=True)
class ClosedCase:
    """A case that is closed for good, and the day it closed."""

    case_id: str
    closed_on: date


BASES: Mapping[str, Text] = {
    "court": Text("人民法院", "court"),
    "regulator": Text("监管机构", "regulator"),
    "police": Text("公安机关", "police"),
    "dispute": Text("争议或诉讼", "dispute"),
    "audit": Text("审计", "audit"),
}
"""What demands a legal hold."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on a person's data: nothing of it is erased until it is lifted. `basis` names what demands it."""

    hold_id: str
    basis: str
    reference: str
    since: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What erasing someone's data depends on.

    `open_cases` are open, or still watched after their closing; `controls` stand on a terminal, of whatever case.
    """

    merchant_no: str
    relation_on: date
    open_cases: tuple[str, ...] = ()
    closed_cases: tuple[ClosedCase, ...] = ()
    controls: tuple[str, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why data may not be erased: its kind, what it is about, and where it ends by itself, the first day after."""

    kind: Literal["open-case", "control", "legal-hold", "retention"]
    about: str
    text: Text
    until: date | None = None


def obstacles(holding: Holding, retention: Retention, today: date) -> tuple[Obstacle, ...]:
    """Everything that stands in the way of erasing today; nothing when it may be done."""
    return (
        *(_open(case_id) for case_id in holding.open_cases),
        *(_control(control_id) for control_id in holding.controls),
        *(_held(hold) for hold in holding.holds),
        *_kept(holding, retention, today),
    )


def due_on(holding: Holding, retention: Retention) -> date:
    """The first day on which no period runs any more, whatever else stands in the way."""
    days = [retention.due_from("relation", holding.relation_on)]
    days += [retention.due_from("case_closed", case.closed_on) for case in holding.closed_cases]
    return max(days)


def _open(case_id: str) -> Obstacle:
    return Obstacle(
        "open-case",
        case_id,
        Text(f"案件 {case_id} 尚未全部办结", f"case {case_id} is not finished for good"),
    )


def _control(control_id: str) -> Obstacle:
    return Obstacle(
        "control",
        control_id,
        Text(f"管控措施 {control_id} 仍在生效", f"control {control_id} still stands"),
    )


def _held(hold: Hold) -> Obstacle:
    demands = BASES.get(hold.basis, Text(hold.basis, hold.basis))
    return Obstacle(
        "legal-hold",
        hold.hold_id,
        Text(f"依法保全({demands.zh} {hold.reference})", f"a legal hold ({demands.en} {hold.reference})"),
    )


def _kept(holding: Holding, retention: Retention, today: date) -> Iterable[Obstacle]:
    begun: Sequence[tuple[str, Start, date]] = [
        (holding.merchant_no, "relation", holding.relation_on),
        *((case.case_id, "case_closed", case.closed_on) for case in holding.closed_cases),
    ]
    for about, start, day in begun:
        for period in retention.periods:
            last = period.last_day(day)
            if period.start == start and today <= last:
                yield Obstacle(
                    "retention",
                    about,
                    Text(
                        f"{about}:{period.zh},至 {last} 止({period.source.zh})",
                        f"{about}: {period.en}, through {last} ({period.source.en})",
                    ),
                    last + timedelta(days=1),
                )
