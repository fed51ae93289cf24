"""What merchants are advised to keep to, so that a terminal is not restricted (again).

Advice is no rule: no case is decided by it, so it is neither dated nor pinned, and may be reworded at any time. It says
what to keep to and never what is watched for or from which amount on: that would show how to stay unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import policies
from domain.policy import Policy
from domain.text import Text
from policies.rows import Row, rows

Topic = Literal["always", "sales", "vouchers", "terminal", "security", "account", "papers"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
ALWAYS: Topic = "always"

_FILE = Path(__file__).with_name("guidance.csv")


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to keep to, and the public reasons it keeps away; those of the topic `always` name none."""

    topic: Topic
    reasons: tuple[str, ...]
    text: Text


@cache
def every() -> tuple[Advice, ...]:
    """All of it, topic by topic."""
    return read(_FILE, policies.load(policies.newest()))


def against(public_code: str) -> tuple[Advice, ...]:
    """What keeps a public reason away; what is true for every merchant where nothing in particular does.

    A hidden reason is asked for by the public one it shows as, so both are given the same advice.
    """
    return tuple(one for one in every() if public_code in one.reasons) or general()


def general() -> tuple[Advice, ...]:
    """What is true for every merchant."""
    return tuple(one for one in every() if one.topic == ALWAYS)


def read(path: Path, policy: Policy) -> tuple[Advice, ...]:
    """The advice in a file. Raises PolicyError naming row and column."""
    public = {code for code, reason in policy.reasons.items() if reason.public_code == code}
    found = [_advice(row, public) for row in rows(path, "topic reasons zh en")]
    return tuple(sorted(found, key=lambda one: TOPICS.index(one.topic)))


def _advice(row: Row, public: set[str]) -> Advice:
    topic, reasons = row.one_of("topic", TOPICS), row.list("reasons")
    if bool(reasons) == (topic == ALWAYS):
        raise row.wrong("reasons", f"{ALWAYS!r} names no reason, and every other topic names those it keeps away")
    for code in reasons:
        if code not in public:
            raise row.wrong("reasons", f"{code!r} is no reason that merchants are told")
    return Advice(topic, reasons, Text(row.text("zh"), row.text("en")))
