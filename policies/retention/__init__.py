"""The dated schedules of retention: how long personal data must be kept.

A schedule names the rules it rests on in Chinese, as they are published; `sources.csv` has their names in English.
They stand apart from the policies of cases because a case keeps the policy it was opened under, while the schedule in
force on the day decides what may be erased on that day.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from domain.retention import Period, Retention
from domain.text import Text
from policies.rows import PolicyError, rows, table, toml

_HOME = Path(__file__).parent


@cache
def versions() -> tuple[str, ...]:
    """The schedules at hand, oldest first."""
    return tuple(sorted(path.stem for path in _HOME.glob("[0-9]*-[0-9]*-[0-9]*.toml")))


def in_force(today: date) -> Retention:
    """The newest schedule that is in force on the day; before the first one, the first one."""
    begun = [version for version in versions() if date.fromisoformat(version) <= today]
    return load(begun[-1] if begun else versions()[0])


@cache
def load(version: str) -> Retention:
    """The schedule of this version. Raises PolicyError for an unknown version or an unsound file."""
    if version not in versions():
        raise PolicyError(f"there is no schedule {version!r}; the versions are {', '.join(versions())}")
    return read(_HOME / f"{version}.toml")


def read(path: Path) -> Retention:
    """The schedule in a file whose name is its version. Raises PolicyError naming file and key."""
    content, place = toml(path), f"policies/{path.parent.name}/{path.name}"
    listed = content.pop("periods", [])
    if not isinstance(listed, list) or not listed:
        raise PolicyError(f"{place}: names no period; without one everything could be erased at once")
    periods = tuple(_period(values, f"{place}, period {n}") for n, values in enumerate(listed, start=1))
    for n, period in enumerate(periods, start=1):
        if period.years < 1:
            raise PolicyError(f"{place}, period {n}, key years: a period lasts one year at least")
    missing = {"relation", "case_closed"} - {period.start for period in periods}
    if missing:
        raise PolicyError(f"{place}: no period starts with {', '.join(sorted(missing))}")
    digest = sha256(path.read_bytes()).hexdigest()
    return table(Retention, content, place, version=path.stem, digest=digest, periods=periods)


def _period(values: dict[str, Any], place: str) -> Period:
    named = values.pop("source", None)
    source = _sources().get(named)
    if source is None:
        raise PolicyError(f"{place}, key source: {named!r} has no English name in policies/retention/sources.csv")
    return table(Period, values, place, source=source)


@cache
def _sources() -> dict[Any, Text]:
    return {row.text("zh"): Text(row.text("zh"), row.text("en")) for row in rows(_HOME / "sources.csv", "zh en")}
