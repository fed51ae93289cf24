"""The table of levers (`levers.csv`): which numbers of a policy may be moved, within which bounds.

A key with `*` stands for one lever each: of every reason of a freeze appeal with a promise, of every rule of the
automatic reviewer, of every tier that two people decide. The table says what may be proposed; it is no rule itself, so
a version that was in force stays readable whatever becomes of the bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from functools import cache
from pathlib import Path

from domain.levers import UNITS, Lever, Value, parsed, read
from domain.policy import Policy
from domain.text import Text
from policies.rows import PolicyError, Row, rows

_TABLE = Path(__file__).parent / "levers.csv"
_COLUMNS = "key group unit least most statuses zh en affects_zh affects_en"


@cache
def levers(policy: Policy) -> tuple[Lever, ...]:
    """The policy's levers, in the order of the table. Raises PolicyError for a lever the policy has not."""
    return tuple(lever for row in rows(_TABLE, _COLUMNS) for lever in _levers(row, policy))


def lever(policy: Policy, key: str) -> Lever | None:
    """One of them."""
    return next((one for one in levers(policy) if one.key == key), None)


def _levers(row: Row, policy: Policy) -> Iterator[Lever]:
    key = row.text("key")
    if "*" not in key:
        yield _lever(row, policy, key, Text("", ""))
        return
    for name, words in _named(key, policy):
        yield _lever(row, policy, key.replace("*", name), words, name if key.startswith("reasons.") else None)


def _named(key: str, policy: Policy) -> Iterator[tuple[str, Text]]:
    match key.partition(".")[0]:
        case "reasons":
            for code, reason in policy.reasons.items():
                if "K1" in reason.case_kinds and reason.sla_bd is not None:
                    yield code, Text(f"{code} {reason.title.zh}", f"{code} {reason.title.en}")
        case "robot":
            for rule in policy.robot_rules:
                yield rule.name, Text(rule.name, rule.name)
        case "queue":
            for tier in ("L2", "L3"):
                yield tier, Text(tier, tier)


def _lever(row: Row, policy: Policy, key: str, words: Text, reason: str | None = None) -> Lever:
    try:
        stands = read(policy, key)
    except KeyError:
        raise row.wrong("key", f"the policy has no {key}") from None
    made = Lever(
        key=key,
        group=row.text("group"),
        unit=row.one_of("unit", UNITS),
        least=_bound(row, "least", stands),
        most=_bound(row, "most", stands),
        title=Text(row.text("zh").format(name=words.zh), row.text("en").format(name=words.en)),
        affects=Text(row.text("affects_zh"), row.text("affects_en")),
        statuses=row.list("statuses"),
        reason=reason,
    )
    if not made.admits(stands):
        raise PolicyError(f"{row.place}: {key} stands at {stands}, which is not within its bounds")
    return made


def _bound(row: Row, column: str, like: Value) -> int | time:
    try:
        bound = parsed(row.text(column), 0 if isinstance(like, tuple) else like)
    except ValueError as error:
        raise row.wrong(column, str(error)) from None
    assert not isinstance(bound, tuple)
    return bound
