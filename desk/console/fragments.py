"""Pieces of pages that are made once and shown often: rows of lists, the fields of forms, events of a timeline.

A piece is kept under its template and all it was made of, so it is as it would be if it were made anew. What changes by
the minute (ages, times left) is made of the minute. What belongs to a session never is: where its secret goes, a mark
stands, which the page replaces. Nothing that comes out of the vault may be kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from jinja2 import Environment
from markupsafe import Markup

MOST_KEPT = 16_384
SECRET = f"secret-{secrets.token_hex(16)}"
"""Stands in a kept piece where a session's secret goes. Nobody outside this process knows it."""


def makers(environment: Environment) -> tuple[Callable[..., Markup], Callable[..., Markup]]:
    """What makes a piece, and what keeps it too: of a template's name and the facts, which must be hashable to be kept
    (lists are taken as tuples)."""

    def made(template: str, **facts: object) -> Markup:
        return Markup(environment.get_template(template).render(facts))  # noqa: S704 — a template escapes what it is given

    @lru_cache(MOST_KEPT)
    def remembered(template: str, facts: tuple[tuple[str, object], ...]) -> Markup:
        return made(template, **dict(facts))

    def kept(template: str, **facts: object) -> Markup:
        hashable = ((name, tuple(fact) if isinstance(fact, list) else fact) for name, fact in facts.items())
        return remembered(template, tuple(hashable))

    return made, kept


def minute(moment: datetime) -> datetime:
    """The minute that a moment falls in."""
    return moment.replace(second=0, microsecond=0)
