"""A migrated journal on a fresh database, and writers that hold a stream's head as a workflow does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.stream import Draft, Entry, Head, canonical, end_of, seal
from journal import Journal
from journal.outside import Outside
from journal.requests import AppendAnswer, compose
from journal.sealing import Sealer
from journal.statements import Pool
from journal.vault import Vault

AT = "2026-03-02T01:00:00.000000+00:00"


def summary(**columns: Any) -> dict[str, Any]:
    """A case's row of the list, as the domain computes it."""
    return {
        "version": 1,
        "status": "opened",
        "open": True,
        "merchant_no": "847100000000001",
        "terminal_sn": "SN-1",
        "reason_code": "R01",
        "public_reason_code": "R01",
        "tier": "L2",
        "held_fen": 8_642_000,
        "opened_at": "2026-03-02T01:00:00+00:00",
        "due_at": "2026-03-16T10:00:00+08:00",
        "waiting_on": "officer",
        "waiting_since": "2026-03-02T01:00:00+00:00",
        "sentence_zh": "等待业务员确认原因。",
        "sentence_en": "Waiting for an officer to confirm the reason.",
    } | columns


def task(task_id: str, **columns: Any) -> dict[str, Any]:
    """Work for a reviewer."""
    return {
        "task_id": task_id,
        "kind": "review_1",
        "level": "L1",
        "roles": ["reviewer"],
        "excluded": [],
        "since": "2026-03-02T01:00:00+00:00",
        "due_at": "2026-03-05T10:00:00+00:00",
        "rank_at": "2026-03-05T10:00:00+00:00",
        "amount_fen": 10_000,
        "priority": {"due_at": "2026-03-05T10:00:00+00:00", "tier_minutes": 0},
    } | columns


def control(control_id: str, **columns: Any) -> dict[str, Any]:
    """A control of risk's on the terminal SN-1."""
    return {
        "control_id": control_id,
        "terminal_sn": "SN-1",
        "merchant_no": "847100000000001",
        "kind": "txn_block",
        "reason_code": "R01",
        "scope": ["all"],
        "held_fen": 0,
        "blocking": True,
        "source": "risk",
        "external_ref": f"ref-{control_id}",
        "placed_by": "robot1",
        "placed_at": "2026-03-02T01:00:00+00:00",
        "state": "on",
    } | columns


@dataclass
class Writer:
    """The one writer of a stream: it holds the head, and knows what it has written."""

    stream: str
    kind: str = "freeze_appeal"
    terminal_sn: str | None = None
    head: Head = field(default_factory=Head)

    def entries(self, command_id: str, *types: str, **data: Any) -> tuple[Entry, ...]:
        drafts = [
            Draft(type_, 1, self.head.position + number, canonical(data or {"说明": "材料齐全", "held_fen": 8_642_000}))
            for number, type_ in enumerate(types or ("ReasonConfirmed",), 1)
        ]
        return seal(self.stream, self.head, drafts, occurred_at=AT, actor="officer:officer1", command_id=command_id)

    def request(self, command_id: str, *types: str, tasks: Any = None, controls: Any = None, **columns: Any) -> str:
        entries = self.entries(command_id, *types)
        listed = None
        if self.kind == "freeze_appeal":
            listed = summary(terminal_sn=self.terminal_sn or f"SN of {self.stream}", version=entries[-1].version)
            listed |= columns
        return compose(self.kind, self.head, entries, summary=listed, tasks=tasks, controls=controls)

    def wrote(self, request: str) -> None:
        """Moves the head to the end of what was written."""
        last = json.loads(request)["entries"][-1]
        self.head = Head(last["position"], last["hash"])

    async def append(self, journal: Journal, command_id: str, *types: str, **more: Any) -> AppendAnswer:
        """Appends and, when it was written, moves the head."""
        request = self.request(command_id, *types, **more)
        answer = AppendAnswer.from_json(await journal.append(request))
        if answer.outcome == "ok":
            self.wrote(request)
        return answer

    async def catch_up(self, journal: Journal) -> tuple[Entry, ...]:
        entries = await journal.read(self.stream)
        self.head = end_of(entries)
        return entries


@pytest.fixture
async def journal(database: str) -> AsyncIterator[Journal]:
    """An empty journal with room for eight connections."""
    async with await Journal.open(database, max_size=8) as opened:
        yield opened


@pytest.fixture
def pool(journal: Journal) -> Pool:
    """The journal's own connections, for what lies beside it."""
    return journal.pool


@pytest.fixture
def vault(pool: Pool) -> Vault:
    """A vault that was never written to."""
    return Vault(pool, "11" * 32)


@pytest.fixture
def writer() -> type[Writer]:
    return Writer


@pytest.fixture
def a_task() -> Callable[..., dict[str, Any]]:
    return task


@pytest.fixture
def a_control() -> Callable[..., dict[str, Any]]:
    return control


@pytest.fixture
async def case(journal: Journal) -> Writer:
    """The writer of a freeze appeal that was just opened on a terminal of its own."""
    opened = Writer("FA-20260302-AAAAAAAA")
    assert (await opened.append(journal, "open", "TerminalFrozen")).outcome == "ok"
    return opened


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    """The folder of checkpoints, still empty."""
    return Outside(tmp_path / "checkpoints")


@pytest.fixture
def sealer(pool: Pool, outside: Outside) -> Sealer:
    """Seals the journal under the key of 31s."""
    return Sealer(pool, "31" * 32, outside)


@pytest.fixture
def opened(journal: Journal) -> Callable[..., Awaitable[Writer]]:
    """Opens a case of a name, or goes on with it."""
    cases: dict[str, Writer] = {}

    async def run(stream: str, command: str = "open") -> Writer:
        case = cases.setdefault(stream, Writer(stream))
        assert (await case.append(journal, command)).outcome == "ok"
        return case

    return run


@pytest.fixture
def superuser(database: str) -> Callable[..., Awaitable[None]]:
    """Runs statements as the database's superuser, past the triggers that refuse them."""

    async def run(*statements: str) -> None:
        async with await psycopg.AsyncConnection.connect(database) as connection:
            await connection.execute("set session_replication_role = replica")
            for statement in statements:
                await connection.execute(statement.encode())

    return run


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, time: timedelta) -> None:
        self.moment += time


@pytest.fixture
def clock() -> Clock:
    return Clock()
