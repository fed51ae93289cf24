"""The dated rules of complaints. They stand apart from the policies of cases: a complaint may be about a case that was
closed under an old one, and is answered by the rules of the day it came in."""

from __future__ import annotations

from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

from domain.complaint import ComplaintRules
from policies.rows import PolicyError, table, toml

_HOME = Path(__file__).parent


@cache
def versions() -> tuple[str, ...]:
    """The rules at hand, oldest first."""
    return tuple(sorted(path.stem for path in _HOME.glob("[0-9]*-[0-9]*-[0-9]*.toml")))


def in_force(today: date) -> ComplaintRules:
    """The newest rules that are in force on the day; before the first ones, the first ones."""
    begun = [version for version in versions() if date.fromisoformat(version) <= today]
    return load(begun[-1] if begun else versions()[0])


@cache
def load(version: str) -> ComplaintRules:
    """The rules of this version. Raises PolicyError for an unknown version or an unsound file."""
    if version not in versions():
        raise PolicyError(f"there are no rules of complaints {version!r}; the versions are {', '.join(versions())}")
    path = _HOME / f"{version}.toml"
    digest = sha256(path.read_bytes()).hexdigest()
    return table(ComplaintRules, toml(path), f"policies/complaints/{path.name}", version=version, digest=digest)
