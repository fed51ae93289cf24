"""A real engine, a real journal, our own workers and the relay, all in this process but the two servers.

The engine's database is a file, so that a test can stop the server, delete what it knew, and start it again.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

import journal as journals
import policies
from desk.context import Desk, utc_now
from desk.delivery import deliver, message_of
from desk.engine import Engine
from domain import listing
from domain.actors import Actor
from domain.business_time import format_time
from domain.commands import Asked
from domain.controls import freeze
from domain.events import PlacedControl
from domain.freeze_appeal import decide
from domain.refusals import Refused
from domain.stream import Draft, Entry, Head, seal
from domain.wire import History, command_of, drafts
from journal import Journal
from journal.cases import Case, Cases
from journal.inbox import Command, Inbox
from journal.intake import Ref, open_case
from journal.relay import Relay
from journal.requests import compose
from tests.workflows.hands import Hands
from workers.connect import connect
from workers.relay_process import RelayProcess
from workers.run_worker import cases_worker, sandbox
from workers.settings import Settings
from workers.stack.ports import any_free
from workers.stack.temporal import temporal_command
from workflows import ports
from workflows.freeze_appeal import KIND
from workflows.messages import CommandOrder

OFFICER = Actor("officer1", ("officer",))
MERCHANT = Actor("merchant1", ("merchant",), "847100000000001")
MERCHANT_NO = "847100000000001"
POLICY = policies.load(policies.newest())


@dataclass
class Server:
    """A Temporal server of its own, whose data is one file."""

    file: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {
            name: any_free() for name in ("temporal", "temporal_http", "temporal_ui", "temporal_metrics")
        }
    )
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.ports['temporal']}"

    def start(self) -> None:
        argv = temporal_command(self.file, self.ports, "http://127.0.0.1:1/codec").argv
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """It is gone without a word; what it had written stays."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def forget(self) -> None:
        """Its database is deleted."""
        for path in self.file.parent.glob(f"{self.file.name}*"):
            path.unlink()


@dataclass
class Stand:
    """What a test works with."""

    settings: Settings
    server: Server
    journal: Journal
    client: Client
    hands: Hands
    desk: Desk
    relay: RelayProcess
    opened: int = 0

    # --- what comes in ----------------------------------------------------------------------------------------------

    async def open(self, terminal_sn: str | None = None, *, kind: str = "txn_block", held_fen: int = 0) -> str:
        """Takes a case in, in the journal alone; its id."""
        self.opened += 1
        case_id = f"FA-20261123-{self.opened:08d}"
        request, ref = self.opening(case_id, terminal_sn or f"SN-{self.opened}", kind, held_fen)
        await open_case(self.journal.pool, [request], ref)
        return case_id

    def opening(self, case_id: str, terminal_sn: str, kind: str, held_fen: int) -> tuple[str, Ref]:
        now = format_time(utc_now())
        placed = PlacedControl(
            f"C-{case_id}", kind, "R02", held_fen, ("all",), "risk", f"X-{case_id}", OFFICER.name, now, terminal_sn
        )
        asked = Asked(f"{case_id}:open", OFFICER, now)
        events = freeze(case_id, placed, MERCHANT_NO, "company", asked, POLICY)
        assert not isinstance(events, Refused)
        entries = seal(
            case_id, Head(), drafts(History().case, events), occurred_at=now, actor="officer:officer1",
            command_id=asked.command_id,
        )  # fmt: skip
        case = History().after(entries).case
        request = compose(
            KIND, Head(), entries, summary=listing.summary(case, POLICY), tasks=listing.tasks(case, POLICY, asked.at),
            controls=listing.control_rows(case),
        )  # fmt: skip
        return request, (placed.source, placed.external_ref, placed.control_id)

    async def store(self, case_id: str, by: Actor, name: str, command_id: str, **fields: Any) -> None:
        """Stores a command for later delivery."""
        message = message_of(CommandOrder(name, json.dumps(fields), command_id, by))
        await Inbox(self.journal.pool).put(message.command_id, case_id, message.name, message.body, message.actor)

    async def change(self, stream: str) -> None:
        """Something changes in a merchant or terminal."""
        head = await self.journal.head(stream)
        draft = Draft("Changed", 1, head.position + 1, "{}")
        entries = seal(
            stream, head, [draft], occurred_at=format_time(utc_now()), actor="officer:officer1",
            command_id=f"{stream}:{head.position}",
        )  # fmt: skip
        await self.journal.append(compose(stream.partition(":")[0], head, entries))

    async def write_behind(self, case_id: str, name: str, **fields: Any) -> None:
        """A command decided and written without the case's workflow."""
        past = History().after(await self.entries(case_id))
        asked = Asked(f"{case_id}:behind", OFFICER, format_time(utc_now()))
        events = decide(past.case, command_of(name, json.dumps(fields)), asked, POLICY)
        assert not isinstance(events, Refused)
        entries = seal(
            case_id, past.head, drafts(past.case, events), occurred_at=asked.at, actor="officer:officer1",
            command_id=asked.command_id,
        )  # fmt: skip
        summary = listing.summary(past.after(entries).case, POLICY)
        answer = await self.journal.append(compose(KIND, past.head, entries, summary=summary))
        assert json.loads(answer)["outcome"] == "ok"

    # --- what became of it ------------------------------------------------------------------------------------------

    async def entries(self, case_id: str) -> tuple[Entry, ...]:
        return await self.journal.read(case_id)

    async def types(self, case_id: str) -> list[str]:
        return [entry.type for entry in await self.entries(case_id)]

    async def row(self, case_id: str) -> Case:
        row = await Cases(self.journal.pool).find(case_id)
        assert row is not None
        return row

    async def command(self, command_id: str) -> Command:
        command = await Inbox(self.journal.pool).find(command_id)
        assert command is not None
        return command

    async def settled(self, command_id: str) -> dict[str, Any]:
        """The outcome of a stored command, once it has one."""
        await until(lambda: self._is_settled(command_id), f"{command_id} is settled")
        outcome = (await self.command(command_id)).outcome
        assert outcome is not None
        return outcome

    async def _is_settled(self, command_id: str) -> bool:
        return (await self.command(command_id)).settled_at is not None

    async def has(self, case_id: str, *types: str) -> None:
        """Waits until the case's journal has entries of these types."""

        async def there() -> bool:
            return set(types) <= set(await self.types(case_id))

        await until(there, f"{case_id} has {types}")

    async def at_rest(self, case_id: str) -> None:
        """Waits until a case's controls are in force, everyone was told, and it waits for people."""

        async def there() -> bool:
            case = History().after(await self.entries(case_id)).case
            return not case.owed and not any(control.owed for control in case.controls)

        await until(there, f"{case_id} is at rest")

    async def all_started(self) -> None:
        async def none_left() -> bool:
            return not await Relay(self.journal.pool).unstarted()

        await until(none_left, "every case has its workflow")


async def until(fulfilled: Callable[[], Awaitable[bool]], what: str, *, tries: int = 400) -> None:
    """Waits until something is so, looking again and again; the wait is bounded."""
    for _ in range(tries):
        if await fulfilled():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"in vain: {what}")


@asynccontextmanager
async def open_stand(database: str, folder: Path, *, remembers: int = 50) -> AsyncIterator[Stand]:
    """Everything running, on fresh databases."""
    await journals.migrate(database)
    server = Server(folder / "temporal.db")
    server.start()
    settings = Settings(
        database_url=database, temporal_address=server.address, hook_secrets={}, payload_key="0b" * 32,
        vault_key="a1" * 32, signing_key="b2" * 32, files_dir=folder / "files", data_dir=folder,
        checkpoints_dir=folder / "checkpoints",
    )  # fmt: skip
    try:
        client = await connect(settings, "test")
        async with await Journal.open(database, max_size=8) as journal, AsyncExitStack() as stack:
            desk = Desk.over(settings, journal, Engine(client), utc_now)
            relay = RelayProcess(client, journal, lambda command: deliver(desk, command), reconcile_seconds=0.3)
            stand = Stand(settings, server, journal, client, Hands(), desk, relay)
            for worker in workers(stand):
                await stack.enter_async_context(worker)
            yield stand
    finally:
        server.kill()


def workers(stand: Stand) -> list[Worker]:
    """The procedures in the sandbox, and hands that do as they are told."""
    hands = [Worker(stand.client, task_queue=queue, activities=stand.hands.on(queue)) for queue in ports.QUEUES]
    return [cases_worker(stand.client, stand.journal, sandbox()), *hands]


@asynccontextmanager
async def relaying(stand: Stand) -> AsyncIterator[None]:
    """The relay at work."""
    task = asyncio.create_task(stand.relay.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
