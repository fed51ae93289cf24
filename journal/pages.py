"""Pages of a list: a slice, and an opaque cursor that asks for what follows it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 200
"""Rows in a page at most, whatever was asked."""


class BadCursorError(ValueError):
    """A cursor that none of our pages gave out."""

    def __init__(self) -> None:
        super().__init__("this cursor does not come from a page of this list; start again without one")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order, and the cursor of the next page (None after the last)."""

    items: tuple[T, ...]
    cursor: str | None


def size(limit: int) -> int:
    """`limit`, kept between 1 and the most a page may hold."""
    return max(1, min(limit, MOST))


def after(at: datetime, key: str) -> str:
    """The cursor of what follows the row with this time and key."""
    return urlsafe_b64encode(json.dumps([at.isoformat(), key]).encode()).decode().rstrip("=")


def position(cursor: str | None) -> tuple[datetime | None, str | None]:
    """The time and key a cursor points behind; nothing for the first page. Raises BadCursorError."""
    if cursor is None:
        return None, None
    try:
        at, key = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at)
    except (ValueError, TypeError) as error:
        raise BadCursorError from error
    if moment.tzinfo is None or not isinstance(key, str):
        raise BadCursorError
    return moment, key
