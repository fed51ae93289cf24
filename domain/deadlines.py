"""The deadlines of a freeze appeal: which run from which event, each with the words that say how it was computed.

Source: spec timers.csv. Every function takes the moment it counts from (RFC 3339) and gives `Due`s for an event.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import business_time as bt
from domain.case import Case, Control
from domain.events import Due
from domain.policy import Policy

STAGE_BOUND = (
    "evidence", "evidence_reminder", "supplement", "auto_check", "manual_check", "review", "approval",
    "field_accept", "field_visit",
)  # fmt: skip
"""Deadlines that end with the stage they belong to. The others end by an event of their own."""


def named(name: str, deadline: bt.Deadline) -> Due:
    return Due(name, deadline.due, deadline.basis, deadline.provisional)


def at_moment(name: str, moment: datetime, like: Due) -> Due:
    """A reminder at `moment`, explained by the deadline it reminds of."""
    return Due(name, bt.format_time(moment), like.basis, like.provisional)


def for_evidence(policy: Policy, start: str) -> tuple[Due, ...]:
    """The merchant's time to appeal and prove, with its reminders."""
    last = bt.end_of_business_day(policy.calendar, bt.parse_time(start), policy.timers.evidence_bd)
    return _with_reminders(policy, named("evidence", last), start)


def for_more_evidence(policy: Policy, case: Case, now: str) -> tuple[Due, ...]:
    """The same time extended once: counted on from the day it would have ended."""
    on_last_day = bt.parse_time(case.dues["evidence"].due) - timedelta(seconds=1)
    last = bt.end_of_business_day(policy.calendar, on_last_day, policy.timers.evidence_extension_bd)
    return _with_reminders(policy, named("evidence", last), now)


def _with_reminders(policy: Policy, last: Due, now: str) -> tuple[Due, ...]:
    reminders = []
    for days in policy.timers.evidence_reminders_bd:
        moment = bt.business_days_before(policy.calendar, bt.parse_time(last.due), days)
        if moment > bt.parse_time(now):
            reminders.append(at_moment(f"evidence_reminder:{days}", moment, last))
    return (last, *reminders)


def for_supplement(policy: Policy, start: str) -> tuple[Due, ...]:
    due = bt.end_of_business_day(policy.calendar, bt.parse_time(start), policy.timers.supplement_bd)
    return (named("supplement", due),)


def for_auto_check(policy: Policy, start: str) -> tuple[Due, ...]:
    return (named("auto_check", bt.after_minutes(bt.parse_time(start), policy.timers.auto_check_minutes)),)


def for_manual_check(policy: Policy, start: str) -> tuple[Due, ...]:
    due = bt.after_working_days(policy.calendar, bt.parse_time(start), policy.timers.manual_check_bd)
    return (named("manual_check", due),)


def for_review(policy: Policy, level: int, start: str) -> tuple[Due, ...]:
    days = policy.timers.review_1_bd if level == 1 else policy.timers.review_2_bd
    return (named("review", bt.after_working_days(policy.calendar, bt.parse_time(start), days)),)


def for_approval(policy: Policy, start: str) -> tuple[Due, ...]:
    days = policy.timers.approval_validity_bd
    return (named("approval", bt.after_working_days(policy.calendar, bt.parse_time(start), days)),)


def for_hold(control_id: str, placed_at: str, day: int) -> tuple[Due, ...]:
    """A hold's next re-justification, `day` calendar days after the control was placed."""
    return (named(f"hold:{control_id}", bt.after_calendar_days(bt.parse_time(placed_at), day)),)


def next_hold_day(policy: Policy, control: Control, now: str) -> int:
    """The day (30, 60, …) on which the control is to be justified next."""
    elapsed = bt.parse_time(now) - bt.parse_time(control.placed.placed_at)
    every = policy.timers.hold_rejustify_days
    return (elapsed.days // every + 1) * every


def for_visit(policy: Policy, place: str, start: str) -> tuple[Due, ...]:
    """By when field service is to accept a visit, and to have come."""
    moment, timers = bt.parse_time(start), policy.timers
    days = timers.field_visit_rural_bd if place == "rural" else timers.field_visit_city_bd
    accept = named("field_accept", bt.after_hours(moment, timers.field_accept_hours))
    return (accept, named("field_visit", bt.end_of_business_day(policy.calendar, moment, days)))


def for_freeze_notice(policy: Policy, start: str) -> tuple[Due, ...]:
    due = bt.after_working_days(policy.calendar, bt.parse_time(start), policy.timers.freeze_notice_bd)
    return (named("freeze_notice", due),)


def for_post_actions(policy: Policy, start: str) -> tuple[Due, ...]:
    """The merchant's days for post-actions: reminders, the end, and the day the terminal is blocked again."""
    moment, timers = bt.parse_time(start), policy.timers
    reminders = (
        named(f"post_action_reminder:{day}", bt.after_calendar_days(moment, day))
        for day in timers.post_action_reminder_days
    )
    last = named("post_action", bt.after_calendar_days(moment, timers.post_action_days))
    lapse = named("post_action_lapse", bt.after_calendar_days(moment, timers.post_action_resuspend_day))
    return (*reminders, last, lapse)


def for_monitoring(policy: Policy, start: str) -> tuple[Due, ...]:
    return (named("monitoring", bt.after_calendar_days(bt.parse_time(start), policy.timers.monitoring_days)),)


def for_reopening(policy: Policy, start: str) -> tuple[Due, ...]:
    return (named("reopen", bt.after_calendar_days(bt.parse_time(start), policy.timers.reopen_days)),)


def for_step_alert(policy: Policy, start: str, days: int | None) -> tuple[Due, ...]:
    """When a release that hangs is told of: after an hour to the merchant (`days` None), after three days and then
    daily to operations."""
    moment, timers = bt.parse_time(start), policy.timers
    if days is None:
        return (named("step_alert", bt.after_hours(moment, 1)),)
    wait = timers.step_alert_days if days < timers.step_alert_days else timers.step_alert_every_days
    return (named("step_alert", bt.after_calendar_days(moment, wait)),)


def for_promise(policy: Policy, case: Case, now: str) -> tuple[Due, ...]:
    """When the decision promised to the merchant falls due, the times someone else was waited for left out."""
    reason = policy.reasons[case.reason_code]
    if reason.sla_bd is None:
        return ()
    calendar, moment = policy.calendar, bt.parse_time(now)
    spent = sum(
        int(calendar.working_time(bt.parse_time(begin), bt.parse_time(end or now)).total_seconds())
        for begin, end in case.sla_runs
    )
    clock = bt.SlaClock(reason.sla_bd, spent, bt.format_time(moment))
    due = clock.due(calendar, moment)
    return (named("promise", due),) if due else ()


def earliest(case: Case) -> Due | None:
    """The next deadline of the case; of two at one moment, the first by name."""
    return min(case.dues.values(), key=lambda due: (due.due, due.name), default=None)
