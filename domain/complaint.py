"""A merchant's complaint about how a case was handled.

It is received, looked into by someone who had no part in the case, and answered within the days the rules give; the
head of complaints may give it longer, with a reason the merchant is told, but never beyond the most days. Whoever is
not content with the answer says so and is told where else to turn. Nothing ends a complaint but an answer.
Source: transitions.csv P6; timers.csv complaint_answer; spec README, What must always hold 3 and 11.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from domain.business_time import after_calendar_days, local_date, parse_time
from domain.refusals import Refused, refuse

Status: TypeAlias = Literal["investigating", "answered", "dissatisfied"]
Channel: TypeAlias = Literal["portal", "phone", "counter", "letter", "12363", "regulator"]
REMINDED_BEFORE = timedelta(days=3)
"""How long before its time the lead is told that an answer is still owed."""
Outcome: TypeAlias = Literal["upheld", "partly", "not_upheld"]


@dataclass(frozen=True, slots=True)
class ComplaintRules:
    """How many calendar days an answer may take, and how many with every extension."""

    version: str
    digest: str
    answer_days: int
    most_days: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as it stands. What was said lies in the vault; `rules` names the rules it came in under."""

    complaint_id: str
    merchant_no: str
    case_id: str
    channel: Channel
    status: Status
    rules: str
    statement_ref: str
    opened_at: str
    due_at: str
    extended_for: str | None = None
    answer_ref: str | None = None
    outcome: Outcome | None = None
    answered_by: str | None = None
    answered_at: str | None = None
    reply_ref: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer is owed."""
        return self.status == "investigating"

    def is_overdue(self, now: datetime) -> bool:
        """Whether an answer is owed and its time has passed."""
        return self.is_open and parse_time(self.due_at) < now


def due(rules: ComplaintRules, opened_at: str) -> str:
    """By when a complaint that came in at this moment is to be answered."""
    return after_calendar_days(parse_time(opened_at), rules.answer_days).due


def may_extend(complaint: Complaint, rules: ComplaintRules, until: datetime) -> Refused | None:
    """Why its time cannot be extended until then."""
    if not complaint.is_open:
        return refuse("complaint-answered", complaint_id=complaint.complaint_id)
    latest = after_calendar_days(parse_time(complaint.opened_at), rules.most_days).due
    if not parse_time(complaint.due_at) < until <= parse_time(latest):
        return refuse("complaint-extension", due=_day(complaint.due_at), latest=_day(latest))
    return None


def _day(moment: str) -> str:
    return local_date(parse_time(moment)).isoformat()


def may_answer(complaint: Complaint, handler: str, parts: Collection[str]) -> Refused | None:
    """Why this person cannot answer it; `parts` are all who had a part in the case it is about."""
    if not complaint.is_open:
        return refuse("complaint-answered", complaint_id=complaint.complaint_id)
    if handler in parts:
        return refuse("complaint-own-case", name=handler, case_id=complaint.case_id)
    return None


def may_reply(complaint: Complaint) -> Refused | None:
    """Why its merchant cannot say now that the answer does not content them."""
    if complaint.status != "answered":
        return refuse("complaint-not-answered", complaint_id=complaint.complaint_id)
    return None
