"""Pieces of pages that are made once and shown often: rows of lists, the fields of forms, events of a timeline.

A piece is kept under its template and all it was made of, so it is as it would be if it were made anew. What changes by
the minute (ages, times left) is made of the minute. What belongs to a session never is: where its secret goes, or the
page's own key, a mark stands, which the page replaces. Nothing that comes out of the vault may be kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from datetime import datetime
from functools import lru_cache

from jinja2 import Environment
from markupsafe import Markup

from desk.recent import Recent

MOST_KEPT = 16_384
SECRET = f"secret-{secrets.token_hex(16)}"
"""Stands in a kept piece where a session's secret goes. Nobody outside this process knows it."""
KEY = f"key-{secrets.token_hex(16)}"
"""Stands where a page's own key goes, with which a form that is sent twice is done once."""


Maker = Callable[..., Markup]


def makers(environment: Environment) -> tuple[Maker, Maker, Maker]:
    """What makes a piece: `made` anew, of a template's name and the facts; `kept` under these, which must be hashable
    (lists are taken as tuples); `known` under a key given first, from which all the facts follow, such as the hash of
    the event that a case ends with."""
    by_key = Recent[tuple[Hashable, str], Markup](MOST_KEPT)

    def made(template: str, **facts: object) -> Markup:
        return Markup(environment.get_template(template).render(facts))  # noqa: S704 — a template escapes what it is given

    @lru_cache(MOST_KEPT)
    def remembered(template: str, facts: tuple[tuple[str, object], ...]) -> Markup:
        return made(template, **dict(facts))

    def kept(template: str, **facts: object) -> Markup:
        hashable = ((name, tuple(fact) if isinstance(fact, list) else fact) for name, fact in facts.items())
        return remembered(template, tuple(hashable))

    def known(key: Hashable, template: str, **facts: object) -> Markup:
        piece = by_key.get((key, template))
        if piece is None:
            piece = made(template, **facts)
            by_key.put((key, template), piece)
        return piece

    return made, kept, known


def minute(moment: datetime) -> datetime:
    """The minute that a moment falls in."""
    return moment.replace(second=0, microsecond=0)
