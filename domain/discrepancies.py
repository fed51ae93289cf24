"""Discrepancies: effects that must come about and that a partner refuses, each shown until it is put right.

A reversal, a control's block or a change of limits is tried on for as long as it takes. That it is refused is journaled
once per effect, operations are told, and the case says so wherever it says what it waits for. Source: spec README, What
must always hold 6.
"""

from __future__ import annotations

from domain.case import Case, refusal_of
from domain.commands import ReportRefusal, SettleRefusal
from domain.events import DiscrepancyFound, DiscrepancyResolved, Event
from domain.refusals import Refused, refuse


def reported(case: Case, command: ReportRefusal) -> tuple[Event, ...] | Refused:
    """The partner's no, once per effect."""
    if refusal_of(case, command.step_key):
        return refuse("already-done", what=command.source)
    return (DiscrepancyFound(command.source, "", command.step_key, "decided", command.code),)


def settled(case: Case, command: SettleRefusal) -> tuple[Event, ...] | Refused:
    """The effect took place after all."""
    return ended(case, command.step_key) or refuse("already-done", what=command.step_key)


def ended(case: Case, step_key: str) -> tuple[Event, ...]:
    """That the effect of `step_key` took place, if it had been refused."""
    open_one = refusal_of(case, step_key)
    return (DiscrepancyResolved(open_one.source, step_key),) if open_one else ()
