"""The same events by the library `eventsourcing`: an application that saves aggregates, on the same PostgreSQL.

It keeps no list, no queue and no chain. Its aggregates take the events' bodies as they are; its recorder locks the
table of events for each save.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.stories import Append
from workers.stack.ports import LOOPBACK
from workers.stack.postgres import SUPERUSER, Postgres

Case = Sequence[Append]


class StoredCase(Aggregate):
    """A case that only keeps count of what happened to it."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        self.happened = 0

    @event("Happened")
    def happen(self, type: str, occurred_at: str, actor: str, command_id: str, data: str) -> None:  # noqa: A002, ARG002
        self.happened += 1


class Library:
    """The application, with as many threads as connections."""

    def __init__(self, server: Postgres, connections: int) -> None:
        name = f"library_{uuid4().hex}"
        server.create_database(name)
        self._threads = ThreadPoolExecutor(connections)
        self._application: Application[UUID] = Application(
            env={
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": name,
                "POSTGRES_HOST": LOOPBACK,
                "POSTGRES_PORT": str(server.port),
                "POSTGRES_USER": SUPERUSER,
                "POSTGRES_PASSWORD": server.password,
                "POSTGRES_POOL_SIZE": str(connections),
            }
        )

    def held(self, cases: Sequence[Case]) -> float:
        """Events per second when the threads share the cases, and each keeps its aggregate in memory."""
        return self._timed(cases, read_first=False)

    def read_first(self, cases: Sequence[Case]) -> float:
        """The same as the library's manual has it: an aggregate is got from its repository for each command."""
        return self._timed(cases, read_first=True)

    def close(self) -> None:
        self._threads.shutdown()
        self._application.close()

    def _timed(self, cases: Sequence[Case], *, read_first: bool) -> float:
        began = perf_counter()
        list(self._threads.map(lambda case: self._write(case, read_first=read_first), cases))
        return sum(len(append.drafts) for case in cases for append in case) / (perf_counter() - began)

    def _write(self, case: Case, *, read_first: bool) -> None:
        aggregate = StoredCase(case[0].case_id)
        for number, append in enumerate(case):
            if read_first and number:
                aggregate = self._application.repository.get(aggregate.id)
            for draft in append.drafts:
                aggregate.happen(draft.type, append.occurred_at, append.actor, append.command_id, draft.data)
            self._application.save(aggregate)
