"""The clock that the journal's companions read unless they are given another."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)
