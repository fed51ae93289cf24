"""Filters of lists whose values are few and known: another one is a mistake, which an empty list would hide."""

from __future__ import annotations

from collections.abc import Collection

from desk import problems
from desk.controls import KIND
from domain.listing import TASK_KINDS

KINDS = {
    "K1": KIND,
    "K2": "suspension_release",
    "K3": "network_restoration",
    "K4": "reboarding",
    "K5": "unbind",
}
"""The kinds of cases by their short names."""


def one_of(field: str, value: str | None, known: Collection[str]) -> str | None:
    """The filter's value; None when none is given. Raises the 422 problem that names what there is."""
    if not value or value in known:
        return value or None
    raise problems.field_error(
        field, f"没有“{value}”。可用的值：{'、'.join(known)}。", f"There is no {value!r}. There are {', '.join(known)}."
    )


def case_kind(value: str | None) -> str | None:
    """A kind of cases, by its name or its short name."""
    found = one_of("kind", value, (*KINDS, *KINDS.values()))
    return KINDS.get(found, found) if found else None


def task_kind(value: str | None) -> str | None:
    """A kind of tasks, or of the cases that tasks belong to."""
    found = one_of("kind", value, (*TASK_KINDS, *KINDS, *KINDS.values()))
    return KINDS.get(found, found) if found else None
