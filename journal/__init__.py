"""The journal: what happened, in order, sealed; and what people work from, kept in step with it."""

from journal.migrating import migrate
from journal.store import Journal

__all__ = ["Journal", "migrate"]
