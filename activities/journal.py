"""The journal, as local activities: append what was decided, and read what stands."""

from __future__ import annotations

from psycopg import DataError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.business_time import parse_time
from domain.wire import entries_json
from journal import Journal
from journal.inbox import Inbox
from journal.requests import InvalidRequestError
from journal.writing import AnotherCaseIsOpenError
from workflows.ports import JOURNAL_APPEND, JOURNAL_READ, JOURNAL_WAITING, UNFIT, ReadOrder, WaitingOrder

ANOTHER_CASE_OPEN = "another-case-open"


class JournalHands:
    """A database that is away raises psycopg's OperationalError, which the engine retries; a repeat is harmless."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @activity.defn(name=JOURNAL_APPEND)
    async def append(self, request: str) -> str:
        """AppendRequest JSON → AppendAnswer JSON. Two ApplicationErrors are final: `another-case-open` (details: its
        id), and `UNFIT` for what no journal can hold. Neither carries what was to be written."""
        try:
            return await self._journal.append(request)
        except AnotherCaseIsOpenError as error:
            message = "another case of this kind is open on the terminal"
            raise ApplicationError(message, error.case_id, type=ANOTHER_CASE_OPEN, non_retryable=True) from error
        except (InvalidRequestError, DataError) as error:
            why = type(error).__name__
            raise ApplicationError(f"the journal cannot hold this: {why}", type=UNFIT, non_retryable=True) from None

    @activity.defn(name=JOURNAL_READ)
    async def read(self, order: ReadOrder) -> str:
        """The entries after a position, as `domain.wire.entries_json`."""
        return entries_json(await self._journal.read(order.stream, order.after))

    @activity.defn(name=JOURNAL_WAITING)
    async def waiting(self, order: WaitingOrder) -> bool:
        """Whether a command that came in time has not reached its case yet."""
        return await Inbox(self._journal.pool).has_pending(order.case_id, parse_time(order.until))
