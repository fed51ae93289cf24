"""How a policy's levers are moved: one proposes, another confirms, and new cases come under a new version.

The rule. A supervisor or a compliance head proposes to move one lever, says why, and from which day on. Someone else of
them confirms it; one of the two is a compliance head. A proposal rests on what the lever stood at; when that moved
meanwhile, it is stale and cannot be confirmed. A change takes effect on its day, or on the day it is confirmed if that
is later; never for cases opened before. A proposal may be dropped, by whoever made it or whoever might confirm it. When
a new dated policy is shipped its own numbers count: changes belong to the policy they were made to.

The facts stand in the stream `policy`, form 1 each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias

import orjson

from domain import levers
from domain.actors import Actor, name_of
from domain.business_time import local_time, parse_time
from domain.levers import Lever
from domain.money import yuan
from domain.policy import Policy
from domain.refusals import Refused, refuse
from domain.stream import Draft, Entry, canonical
from domain.text import Text

STREAM = "policy"
LEADS = ("compliance_head", "supervisor")
"""Who proposes and confirms; in the order in which one of both roles signs."""
MOST_AHEAD = timedelta(days=180)


# --- events ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PolicyChangeProposed:
    """Someone proposes to move a lever of the policy `base` from a day on. Values are written as in a version."""

    change_id: str
    base: str
    lever: str
    old: str
    new: str
    reason: str
    effective: str


@dataclass(frozen=True, slots=True)
class PolicyChangeConfirmed:
    """A second person confirmed the change. It is the policy's change `number` and counts from the day `effective`;
    `version` and `digest` are those of the policy of that day, as far as it was known then."""

    change_id: str
    number: int
    effective: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class PolicyChangeDropped:
    """A proposal will not come about."""

    change_id: str
    reason: str


Event: TypeAlias = PolicyChangeProposed | PolicyChangeConfirmed | PolicyChangeDropped
EVENTS: Mapping[str, type[Event]] = {
    kind.__name__: kind for kind in (PolicyChangeProposed, PolicyChangeConfirmed, PolicyChangeDropped)
}


def draft(event: Event, position: int) -> Draft:
    """The event as the entry of this position."""
    return Draft(type(event).__name__, 1, position, canonical(asdict(event)))


# --- state ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A proposal and what became of it. `by` and `settled_by` are `role:name`."""

    proposed: PolicyChangeProposed
    by: str
    at: str
    state: Literal["proposed", "confirmed", "dropped"] = "proposed"
    confirmed: PolicyChangeConfirmed | None = None
    settled_by: str | None = None
    settled_at: str | None = None
    dropped_for: str = ""

    @property
    def change_id(self) -> str:
        return self.proposed.change_id

    @property
    def effective(self) -> str:
        """From which day on it counts, or would."""
        return self.confirmed.effective if self.confirmed else self.proposed.effective


@dataclass(frozen=True, slots=True)
class Changes:
    """Every change ever proposed, in the order of the proposals, and how many entries the stream has."""

    items: tuple[Change, ...] = ()
    position: int = 0

    def after(self, entries: Iterable[Entry]) -> Changes:
        """The same, continued by entries of the stream."""
        items, position = {change.change_id: change for change in self.items}, self.position
        for entry in entries:
            event = EVENTS[entry.type](**orjson.loads(entry.data))
            items[event.change_id] = _evolved(items.get(event.change_id), event, entry)
            position = entry.position
        return Changes(tuple(items.values()), position)

    def find(self, change_id: str) -> Change | None:
        return next((change for change in self.items if change.change_id == change_id), None)

    def confirmed(self, base: str) -> list[tuple[str, int, Change]]:
        """What was confirmed for a shipped policy, in the order in which it counts: day, number, change."""
        found = [
            (change.confirmed.effective, change.confirmed.number, change)
            for change in self.items
            if change.confirmed and change.proposed.base == base
        ]
        return sorted(found, key=lambda one: one[:2])

    def version_on(self, base: str, day: date) -> str:
        """The version that cases opened on this day come under, as far as is known now."""
        number, values = 0, {}
        for effective, its_number, change in self.confirmed(base):
            if effective <= day.isoformat():
                number, values[change.proposed.lever] = its_number, change.proposed.new
        return levers.version_of(base, number, values)

    def last_moved(self, base: str, lever: str, day: date) -> Change | None:
        """By which change a lever stands where it stands on this day."""
        moved = [
            change
            for effective, _, change in self.confirmed(base)
            if change.proposed.lever == lever and effective <= day.isoformat()
        ]
        return moved[-1] if moved else None


def _evolved(change: Change | None, event: Event, entry: Entry) -> Change:
    match event:
        case PolicyChangeProposed():
            return Change(event, entry.actor, entry.occurred_at)
        case PolicyChangeConfirmed():
            assert change is not None
            return replace(
                change, state="confirmed", confirmed=event, settled_by=entry.actor, settled_at=entry.occurred_at
            )
        case PolicyChangeDropped():
            assert change is not None
            return replace(
                change, state="dropped", dropped_for=event.reason, settled_by=entry.actor, settled_at=entry.occurred_at
            )


# --- commands -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wrong:
    """A field that cannot be so, in words that say what it may be."""

    field: str
    text: Text


def in_force(changes: Changes, base: Policy, day: date) -> Policy:
    """The policy of cases opened on this day."""
    version = changes.version_on(base.version, day)
    return base if version == base.version else levers.revised(base, version)


def wrong_with(
    proposal: PolicyChangeProposed, lever: Lever, changes: Changes, base: Policy, today: date
) -> list[Wrong]:
    """What about a proposal cannot be: its value, what the value leads to beside the others, its day."""
    found = []
    day = date.fromisoformat(proposal.effective)
    if not today <= day <= today + MOST_AHEAD:
        most = today + MOST_AHEAD
        found.append(Wrong("effective", Text(f"须在 {today} 至 {most} 之间", f"It must be from {today} to {most}")))
    stands = levers.read(base, lever.key)
    try:
        value = levers.parsed(proposal.new, stands)
    except ValueError:
        return [*found, Wrong("new", _wanted(stands))]
    if not lever.admits(value):
        found.append(Wrong("new", _within(lever)))
    elif proposal.new == proposal.old:
        found.append(Wrong("new", Text("与现值相同", "This is what it stands at already")))
    else:
        found += (Wrong("new", text) for text in _contradictions(proposal, changes, base, max(day, today)))
    return found


def _within(lever: Lever) -> Text:
    said = yuan if lever.unit == "fen" else levers.written
    least, most = said(lever.least), said(lever.most)  # type: ignore[arg-type]
    return Text(f"须在 {least} 至 {most} 之间", f"It must be from {least} to {most}")


def _wanted(like: levers.Value) -> Text:
    if isinstance(like, int):
        return Text("请填写整数", "Give a whole number")
    if isinstance(like, tuple):
        return Text("请填写整数,以逗号分隔,如 3, 1", "Give whole numbers with commas between, such as 3, 1")
    return Text("请填写时刻,如 21:00", "Give a time of day, such as 21:00")


def _contradictions(proposal: PolicyChangeProposed, changes: Changes, base: Policy, day: date) -> Iterator[Text]:
    """What would not go together, on the day of the change or a later one for which a change is confirmed."""
    later = {date.fromisoformat(one) for one, _, _ in changes.confirmed(base.version) if one > day.isoformat()}
    known: dict[str, Text] = {}
    for moment in (day, *sorted(later)):
        moved = changes.last_moved(base.version, proposal.lever, moment)
        if moment > day and moved is not None and moved.effective > day.isoformat():
            continue
        version = changes.version_on(base.version, moment)
        values = dict(part.split("=") for part in version.removesuffix(")").partition("(")[2].split(",") if part)
        would = levers.version_of(base.version, 1, {**values, proposal.lever: proposal.new})
        known |= {text.en: text for text in levers.contradictions(levers.revised(base, would))}
    yield from known.values()


def moved_meanwhile(proposal: PolicyChangeProposed, changes: Changes, base: Policy, day: date) -> Refused | None:
    """The refusal of a proposal that rests on what the lever stands at no longer."""
    now = levers.written(levers.read(in_force(changes, base, day), proposal.lever))
    if proposal.base == base.version and now == proposal.old:
        return None
    by = changes.last_moved(base.version, proposal.lever, day)
    return refuse(
        "policy-moved",
        lever=proposal.lever,
        seen=proposal.old,
        now=now,
        version=levers.short(changes.version_on(base.version, day)),
        by=name_of(by.by) if by else base.version,
    )


def confirm(
    changes: Changes, change_id: str, base: Policy, actor: Actor, today: date
) -> PolicyChangeConfirmed | Refused | tuple[Wrong, ...]:
    """The second person's word."""
    change = changes.find(change_id)
    assert change is not None
    refusal = _not_open(change) or _not_second(change, actor)
    day = max(date.fromisoformat(change.proposed.effective), today)
    if refusal or (refusal := moved_meanwhile(change.proposed, changes, base, day)):
        return refusal
    if wrong := tuple(Wrong("new", text) for text in _contradictions(change.proposed, changes, base, day)):
        return wrong
    number = 1 + sum(one.confirmed is not None for one in changes.items)
    confirmed = PolicyChangeConfirmed(change_id, number, day.isoformat(), "", "")
    items = tuple(replace(one, confirmed=confirmed) if one is change else one for one in changes.items)
    policy = in_force(replace(changes, items=items), base, day)
    return replace(confirmed, version=policy.version, digest=policy.digest)


def drop(changes: Changes, change_id: str, reason: str) -> PolicyChangeDropped | Refused:
    """A proposal taken back or declined."""
    change = changes.find(change_id)
    assert change is not None
    return _not_open(change) or PolicyChangeDropped(change_id, reason)


def _not_open(change: Change) -> Refused | None:
    if change.state == "proposed":
        return None
    at = parse_time(change.settled_at or change.at)
    return refuse("proposal-settled", by=name_of(change.settled_by or ""), at=local_time(at))


def _not_second(change: Change, actor: Actor) -> Refused | None:
    if name_of(change.by) == actor.name:
        return refuse("own-proposal", name=actor.name)
    if not actor.has("compliance_head") and not change.by.startswith("compliance_head:"):
        return refuse("compliance-head-needed", name=name_of(change.by))
    return None


def told(change: Change) -> dict[str, Any]:
    """The change as people and machines read it."""
    return {
        **asdict(change.proposed),
        "effective": change.effective,
        "state": change.state,
        "proposed_by": change.by,
        "proposed_at": change.at,
        "settled_by": change.settled_by,
        "settled_at": change.settled_at,
        "dropped_for": change.dropped_for or None,
        "number": change.confirmed.number if change.confirmed else None,
        "version": change.confirmed.version if change.confirmed else None,
        "digest": change.confirmed.digest if change.confirmed else None,
    }
