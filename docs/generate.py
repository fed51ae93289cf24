"""Writes the pages of docs/ that are drawn from the code: `python -m docs.generate`, or with `--check` only says which
of them are out of date (a test does the same).

Events, refusals and the policy are read from `domain` and `policies`; the state diagram is found by trying everything
that can be asked in every state (`tests.domain.exploration`); `partners/*.json` are the partners' OpenAPI documents.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import policies
from domain.case import CLOSED, Status
from domain.commands import PEOPLES
from domain.events import (
    Amounts,
    Due,
    FiledDocument,
    PlacedControl,
    PlannedStep,
    QuestionedTransaction,
    SupplementItem,
)
from domain.fold import UNVERSIONED
from domain.levers import read, written
from domain.policy import Policy, Reason, Timers
from domain.policy_changes import EVENTS as OF_THE_POLICY
from domain.refusals import REFUSALS
from domain.text import Text
from domain.wire import EVENTS, FORMS
from partners.kit import Settings
from partners.kit.serve import factory, names
from policies.levers import levers
from tests.domain.exploration import Arrow, arrows

HOME = Path(__file__).parent
MADE = "<!-- Made by `python -m docs.generate` (`make docs`) from the code; edit that instead. -->"
FROM_MANY = 4
"""An event that leads to one status from this many others is told in words, not drawn."""


def page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", MADE, *parts]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# --- events ---------------------------------------------------------------------------------------------------------


def events() -> str:
    intro = (
        "Every business fact of a freeze appeal, as it stands in the journal. A shipped form never changes: another "
        "form gets another number. The version is the one people see and decide on; it rises only with events that a "
        "decision rests on. Amounts are whole fen, times RFC 3339 in UTC; examples are in `tests/domain/golden/`."
    )
    parts = (_part(kind) for kind in (Due, PlacedControl, QuestionedTransaction, FiledDocument, SupplementItem, Amounts,
                                      PlannedStep, Text))  # fmt: skip
    policy_intro = "In the stream `policy`. They raise no case's version: a case keeps the policy it was opened under."
    return page(
        "Events",
        intro,
        *(_event(name, kind) for name, kind in EVENTS.items()),
        "# What events are made of",
        *parts,
        "# Changes of the policy",
        policy_intro,
        *(_described(kind, "Form 1. ") for kind in OF_THE_POLICY.values()),
    )


def _event(name: str, kind: type) -> str:
    raises = "leaves the version" if kind in UNVERSIONED else "raises the version"
    return _described(kind, f"Form {FORMS.newest(name)}, {raises}. ")


def _part(kind: type) -> str:
    return _described(kind, "")


def _described(kind: type, before: str) -> str:
    meaning = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    fields = [(f"`{field.name}`", f"`{field.type}`") for field in dataclasses.fields(kind)]
    return f"## {kind.__name__}\n\n{before}{meaning}\n\n{table(('field', 'type'), fields)}"


# --- refusals -------------------------------------------------------------------------------------------------------


def refusals() -> str:
    intro = (
        "Every way the rules of a freeze appeal say no. Over HTTP the type is `urn:thaw:refused:<code>`; `{…}` is "
        "filled in with the case's facts."
    )
    rows = [(f"`{code}`", str(status), zh, en) for code, (status, zh, en) in sorted(REFUSALS.items())]
    return page("Refusals", intro, table(("code", "status", "中文", "English"), rows))


# --- states ---------------------------------------------------------------------------------------------------------


def states() -> str:
    drawn, told = _sorted_out(arrows())
    lines = [f"    {_node(old)} --> {_node(new)}: {', '.join(sorted(names))}" for (old, new), names in drawn.items()]
    closed = [f"    {status.value} --> [*]" for status in sorted(CLOSED)]
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", *lines, *closed, "```"])
    many = [(f"`{event}`", ", ".join(sorted(olds)), new) for (event, new), olds in told.items()]
    people = [(f"`{name}`", ", ".join(turn.roles), _statuses(turn.when)) for name, turn in sorted(PEOPLES.items())]
    return page(
        "States of a freeze appeal",
        "Which event leads from which status to which, found by trying every command and every deadline in every "
        "state. A closed case may still be reopened, or taken up again when its hold must be disposed of.",
        diagram,
        "## From many states\n\n" + table(("event", "from", "to"), many),
        "## Who may ask for what, and when\n\nThe rules may still refuse it: [refusals](refusals.md).\n\n"
        + table(("command", "roles", "statuses"), people),
    )


def _sorted_out(every: Iterable[Arrow]) -> tuple[dict[tuple[str, str], set[str]], dict[tuple[str, str], set[str]]]:
    """Arrows to draw, by their ends; and events that come from many statuses, with these."""
    sources: dict[tuple[str, str], set[str]] = defaultdict(set)
    for old, event, new in sorted(every):
        sources[event, new].add(old)
    told = {key: olds for key, olds in sources.items() if len(olds) >= FROM_MANY}
    drawn: dict[tuple[str, str], set[str]] = defaultdict(set)
    for old, event, new in sorted(every, key=_in_order):
        if (event, new) not in told:
            drawn[old, new].add(event)
    return drawn, told


_ORDER = ["-", *(status.value for status in Status)]


def _in_order(arrow: Arrow) -> tuple[int, int, str]:
    old, event, new = arrow
    return _ORDER.index(old), _ORDER.index(new), event


def _node(status: str) -> str:
    return "[*]" if status == "-" else status


def _statuses(when: frozenset[Status]) -> str:
    if len(when) == len(Status):
        return "any"
    if when >= frozenset(Status) - CLOSED:
        return "any open one" if not when & CLOSED else "any but " + ", ".join(sorted(set(Status) - when))
    if len(when) > len(Status) // 2:
        return "any but " + ", ".join(sorted(set(Status) - when))
    return ", ".join(status.value for status in Status if status in when)


# --- policy ---------------------------------------------------------------------------------------------------------


def policy() -> str:
    rules = policies.load(policies.newest())
    kinds = "Only reasons of freeze appeals (K1) are listed with their evidence; the policy has the others, too."
    return page(
        f"The policy of {rules.version}",
        "The rule numbers that new cases use, from `policies/`. A case keeps the policy it opened under.",
        f"## Levers\n\n{_LEVERS}\n\n" + table(("lever", "what", "value", "from", "to", "unit"), _levers(rules)),
        f"## Reasons\n\n{kinds}\n\n" + table(_REASONS, [_reason(r) for r in rules.reasons.values() if _k1(r)]),
        "## Timers\n\n" + table(("name", "value"), _timers(rules.timers)),
        "## Tiers\n\n" + table(("what", "tier or amount"), _tiers(rules)),
        "## Who decides\n\n" + table(("tier", "first review", "second review"), _deciders(rules)),
    )


_LEVERS = (
    "Two people may move these while the desk is open (the console's page “Policy”; `thaw policy show` and `history`). "
    "What comes of it is a version that spells out what was moved, `2026-11-01+3(timers.evidence_bd=12)`; cases opened "
    "from its day on come under it."
)


def _levers(rules: Policy) -> list[tuple[str, ...]]:
    return [
        (f"`{one.key}`", one.title.en, *map(written, (read(rules, one.key), one.least, one.most)), one.unit)
        for one in levers(rules)
    ]


_REASONS = ("code", "中文", "English", "tier", "evidence", "days", "before", "after", "release", "told as")


def _k1(reason: Reason) -> bool:
    return "K1" in reason.case_kinds


def _reason(reason: Reason) -> tuple[str, ...]:
    return (
        reason.code,
        reason.title.zh,
        reason.title.en,
        reason.tier,
        ", ".join(requirement.key for requirement in reason.evidence),
        "" if reason.sla_bd is None else str(reason.sla_bd),
        ", ".join(reason.actions_before),
        ", ".join(reason.actions_after),
        reason.release,
        reason.public_code,
    )


def _timers(timers: Timers) -> list[tuple[str, str]]:
    return [(f"`{field.name}`", _value(getattr(timers, field.name))) for field in dataclasses.fields(timers)]


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _tiers(rules: Policy) -> list[tuple[str, str]]:
    numbers = dataclasses.fields(rules.tiers)
    return [
        (f"`{field.name}`", _value(getattr(rules.tiers, field.name))) for field in numbers if field.name != "reviewers"
    ]


def _deciders(rules: Policy) -> list[tuple[str, ...]]:
    return [
        (tier, ", ".join(rules.tiers.roles(tier, 1)), ", ".join(rules.tiers.roles(tier, 2)) or "—")
        for tier in rules.tiers.reviewers
    ]


# --- partners -------------------------------------------------------------------------------------------------------


def partner(name: str) -> str:
    """The OpenAPI document of a partner: the contract that a system in its place must keep."""
    app = factory(name)(Settings(database_url="postgresql://"))
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1) + "\n"


# --- writing --------------------------------------------------------------------------------------------------------

PAGES: Mapping[str, Callable[[], str]] = {
    "events.md": events,
    "refusals.md": refusals,
    "states.md": states,
    "policy.md": policy,
    **{f"partners/{name}.json": partial(partner, name) for name in names()},
}
"""The generated pages and what makes each."""


def stale() -> list[str]:
    """The pages that are not what the code says now."""
    return [name for name, make in PAGES.items() if _on_disk(name) != make()]


def _on_disk(name: str) -> str:
    path = HOME / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the generated pages of docs/.")
    parser.add_argument("--check", action="store_true", help="only say which pages are out of date")
    check: bool = parser.parse_args().check
    old = stale()
    for name in old:
        if not check:
            (HOME / name).parent.mkdir(exist_ok=True)
            (HOME / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name} {'is out of date: run make docs' if check else 'written'}")
    return int(check and bool(old))


if __name__ == "__main__":
    sys.exit(main())
