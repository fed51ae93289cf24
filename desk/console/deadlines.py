"""How each deadline of a case was counted, for its page: the hours and days that counted, and those that did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk.console.formats import local, span
from desk.console.words import word
from desk.histories import Told
from desk.language import Language
from desk.recent import Recent
from domain import counting
from domain.business_time import SHANGHAI, parse_time
from domain.counting import Span
from domain.policy import Policy

MOST = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of the time until a deadline, in words. `counts` is empty for what does not count."""

    what: str
    when: str
    counts: str
    name: str


_counted = Recent[tuple[str, Language], dict[str, list[Line]]](1000)


def counted(told: Told, events: Sequence[Mapping[str, Any]], language: Language) -> dict[str, list[Line]]:
    """The lines for each deadline that runs, by its name; none for those that run day and night. (They follow from the
    case's history alone, so they are counted once.)"""
    key = (told.history.head.hash, language)
    lines = _counted.get(key)
    if lines is None:
        lines = _count(told, events, language)
        _counted.put(key, lines)
    return lines


def _count(told: Told, events: Sequence[Mapping[str, Any]], language: Language) -> dict[str, list[Line]]:
    case, found = told.case, dict[str, list[Line]]()
    runs = [(parse_time(begin), parse_time(end) if end else None) for begin, end in case.sla_runs]
    for name, due in case.dues.items():
        if name not in counting.WORKING | counting.DAYS | {"promise"}:
            continue
        start = _start(name, due.due, events)
        if start is not None:
            spans = counting.spans(told.policy.calendar, name, start, parse_time(due.due), runs)
            found[name] = [_line(one, told.policy, language) for one in spans[:MOST]]
    return found


def _start(name: str, due: str, events: Sequence[Mapping[str, Any]]) -> datetime | None:
    """From when a deadline counts: the event that set it, or the end of the one it goes on from."""
    setting: Mapping[str, Any] | None = None
    former: str | None = None
    for event in events:
        for one in event["data"].get("dues", ()):
            if one["name"] == name and one["due"] == due and setting is None:
                setting = event
            elif one["name"] == name and setting is None:
                former = one["due"]
    if setting is None:
        return None
    if setting["type"] == "EvidenceExtended" and former is not None:
        return parse_time(former) - timedelta(seconds=1)
    return parse_time(setting["occurred_at"])


def _line(one: Span, policy: Policy, language: Language) -> Line:
    if one.what in {"worked", "paused"}:
        begin, end = local(one.begin), local(one.end)
        when = f"{begin} – {end[-5:] if begin[:10] == end[:10] else end}"
    else:
        first = one.begin.astimezone(SHANGHAI).date()
        last = (one.end - timedelta(seconds=1)).astimezone(SHANGHAI).date()
        when = str(first) if first == last else f"{first} – {last}"
    counts = ""
    if one.what == "worked":
        whole = one.worked == policy.calendar.working_day
        counts = word("counting", "whole_day").of(language) if whole else span(one.worked, language)
    elif one.what == "days":
        counts = word("counting", "many_days" if one.days > 1 else "one_day").of(language).format(days=one.days)
    named = word("counting", "makeup" if one.makeup else one.what).of(language)
    return Line(one.what, when, counts, named)
