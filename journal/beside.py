"""What stands beside a case when people look at it: its tasks, commands that wait for it, other cases of its terminal
and merchant, and the same papers filed elsewhere. One look, one round trip."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journal.clock import now
from journal.files import SameFile
from journal.queue import QueuedTask
from journal.statements import Pool, load, reading

SQL = load("beside")
MOST = 8
"""Cases of a kind that are shown."""
MOMENTS = ("since", "due_at", "rank_at", "held_until", "opened_at", "first_at")


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another case of the same terminal or merchant."""

    case_id: str
    status: str
    held_fen: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a case. `pending`: commands wait for it. `same`: who else filed the bytes of its papers."""

    pending: bool
    tasks: tuple[QueuedTask, ...]
    of_terminal: tuple[Sibling, ...]
    of_merchant: tuple[Sibling, ...]
    same: tuple[SameFile, ...]


async def beside(
    pool: Pool,
    case_id: str,
    hashes: Collection[str] = (),
    document_ids: Collection[str] = (),
    moment: datetime | None = None,
) -> Beside:
    """What stands beside a case whose papers have these hashes and ids."""
    asked = {
        "case_id": case_id,
        "hashes": list(hashes),
        "document_ids": list(document_ids),
        "now": moment or now(),
        "most": MOST,
    }
    async with reading(pool) as connection:
        row = await (await connection.execute(SQL["beside"], asked)).fetchone()
    assert row is not None
    return Beside(
        row[0],
        tuple(QueuedTask(**_read(one)) for one in row[1]),
        tuple(Sibling(**_read(one)) for one in row[2]),
        tuple(Sibling(**_read(one)) for one in row[3]),
        tuple(SameFile(**_read(one)) for one in row[4]),
    )


def _read(row: dict[str, Any]) -> dict[str, Any]:
    """A row out of JSON, its times as moments."""
    times = {name: datetime.fromisoformat(row[name]) for name in MOMENTS if row.get(name)}
    return {**row, **times}
