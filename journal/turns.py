"""Cases whose standing does not follow from their last event: the rules themselves fold them.

After a legal order, a disposal that falls due or a reopening, where a case stands and what it holds depends on what
went before. Such cases are few; the views' statements leave them to this, and take the answers as parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from psycopg.rows import class_row

from domain.case import Case
from domain.stream import Entry
from domain.wire import History
from journal.statements import Connection, load

SQL = load("views")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands, and since when (RFC 3339)."""

    case_id: str
    status: str
    since: str


@dataclass(frozen=True, slots=True)
class Move:
    """What one event changed of a case's money: newly held, and what left the hold, in fen."""

    case_id: str
    position: int
    held_fen: int
    released_fen: int
    penalty_fen: int
    claims_fen: int

    @property
    def nothing(self) -> bool:
        return not (self.held_fen or self.released_fen or self.penalty_fen or self.claims_fen)


@dataclass(frozen=True, slots=True)
class Turns:
    """The folded cases, and every event of theirs that moved money."""

    standings: tuple[Standing, ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def standings_json(self) -> str:
        return json.dumps([asdict(standing) for standing in self.standings])

    @property
    def moves_json(self) -> str:
        return json.dumps([asdict(move) for move in self.moves])


async def fold(connection: Connection, streams: Sequence[str]) -> Turns:
    """Folds these freeze appeals from their first event to their last. Raises UnknownEventError for a newer Thaw's."""
    if not streams:
        return Turns()
    async with connection.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(SQL["entries"], {"streams": list(streams)})
        entries = await cursor.fetchall()
    standings: list[Standing] = []
    moves: list[Move] = []
    for case_id, own in groupby(entries, key=lambda entry: entry.stream):
        case = _moved(case_id, own, moves)
        standings.append(Standing(case_id, case.status.value, case.since))
    return Turns(tuple(standings), tuple(moves))


def _moved(case_id: str, entries: Iterable[Entry], moves: list[Move]) -> Case:
    """The case after its last entry; what each entry moved is added to `moves`."""
    history = History()
    for entry in entries:
        before, history = history.case, history.after([entry])
        after = history.case
        move = Move(
            case_id,
            entry.position,
            after.held_fen - before.held_fen,
            after.settled.release_fen - before.settled.release_fen,
            after.settled.penalty_fen - before.settled.penalty_fen,
            after.settled.claims_fen - before.settled.claims_fen,
        )
        if not move.nothing:
            moves.append(move)
    return history.case
