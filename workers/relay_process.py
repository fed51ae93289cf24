"""The relay: carries what the journal took in to the engine, as soon as both are there.

- A case without a workflow gets one, which starts from the case's stream.
- A stored command is delivered, in the order of its case, once; its answer or refusal is kept for its author.
- A merchant or terminal whose data changed is made known to the partners.
- From time to time journal and engine are compared: cases that the engine has lost are started again, and workflows
  that are behind their journal are told to read it.
- Every minute or so what was written is sealed by a checkpoint (see `workers.sealing`).
- Erasures that were cut off are finished (see `workers.retiring`).
- Promises to merchants are watched (see `workers.promising`).
- Tasks move up in the queue as their money times days and their age grow (see `workers.ranking`).
- Notices of policy go out to all merchants (see `workers.announcing`).
- What the engine does by the calendar is kept there (see `workers.schedules`).
- Bulk actions that were confirmed are carried out (see `workers.bulk`), and what they do is done here (see
  `workers.desk_hands`).

Any number of relays may run: everything they do has a name under which the engine does it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta

import uvloop
from temporalio.client import Client, WorkflowFailureError

from desk.context import Desk, utc_now
from desk.delivery import deliver
from desk.engine import Engine
from journal import Journal
from journal.changes import changes
from journal.inbox import Command, Inbox
from journal.relay import Relay, Standing, Unregistered
from workers.announcing import Announcing
from workers.answering import Answering
from workers.bulk import BulkStarting
from workers.connect import connect, telemetry
from workers.database import open_journal
from workers.desk_hands import desk_worker
from workers.duties import AWAY, Busy, Later, brief, end_all, keep_at, until_told
from workers.logs import about_case, announce_ready, logger
from workers.pace import Pace
from workers.promising import Promising
from workers.ranking import Reranking
from workers.reconcile import begun_since, fewer_run_than_live, look_at_all, missing, resync, runs
from workers.retiring import Retiring
from workers.schedules import Schedules
from workers.sealing import Sealing
from workers.settings import Settings, load_settings
from workers.starting import is_away, register, start_cases, start_with
from workflows.stored import order_of

PAGE = 50
STARTS_AT_ONCE = 16
DELIVERIES_AT_ONCE = 32
REGISTRATIONS_AT_ONCE = 32
REGISTRATION_SECONDS = 10.0
IDLE_SECONDS = 1.0
"""How long news may lie when its notification was lost."""
RECONCILE_SECONDS = 20.0
LOOKED_AT = 20
"""How many live cases are asked for their position in each round of comparing, whatever happened."""
BEGUN_LOOKED_AT = 100
"""How many more at most, because their runs have begun lately."""
LATELY = timedelta(hours=1)
"""Runs that began in this time before the relay did are looked at, too."""
OVERLAP = timedelta(seconds=30)
"""The engine's clock may differ, and its list is a moment late."""

Deliver = Callable[[Command], Awaitable[bool]]
"""Delivers a command and settles it; False when the engine did not take it, so that it must wait."""


@dataclass
class RelayProcess:
    """The relay's duties over one client and one journal."""

    client: Client
    journal: Journal
    deliver: Deliver
    reconcile_seconds: float = RECONCILE_SECONDS
    looked_at: int = LOOKED_AT
    pace: Pace = field(default_factory=Pace)
    news: dict[str, asyncio.Event] = field(
        default_factory=lambda: {name: asyncio.Event() for name in ("cases", "commands", "registrations", "never")}
    )

    def __post_init__(self) -> None:
        self._relay, self._inbox = Relay(self.journal.pool), Inbox(self.journal.pool)
        self._unstartable = Later(2.0, 300.0)
        self._undelivered, self._unknown = Later(0.5, 15.0), Later(5.0, 300.0)
        self._delivering = Busy(DELIVERIES_AT_ONCE, self.news["commands"].set)
        self._registering = Busy(REGISTRATIONS_AT_ONCE, self.news["registrations"].set)
        self._seen_up_to = ""
        self._compare_all = True
        self._begun_up_to, self._runs = utc_now() - LATELY, set[str]()
        self._to_look_at: dict[str, None] = {}

    async def run(self) -> None:
        """Until cancelled."""
        idle = IDLE_SECONDS
        duties: Mapping[str, tuple[Callable[[], Awaitable[bool]], float]] = {
            "cases": (self.start_cases, idle),
            "commands": (self.deliver_commands, idle),
            "registrations": (self.tell_partners, idle),
            "never": (self.compare, self.reconcile_seconds),
        }
        titles = {"cases": "starting cases", "commands": "delivering", "registrations": "registering"}
        tasks = [
            asyncio.create_task(keep_at(titles.get(name, "comparing"), duty, self.news[name], pause))
            for name, (duty, pause) in duties.items()
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            await end_all(*tasks)
            await self._delivering.stop()
            await self._registering.stop()

    def hear(self) -> None:
        """Something came in."""
        for name in ("cases", "commands", "registrations"):
            self.news[name].set()

    async def start_cases(self) -> bool:
        """A page of cases without a workflow; whether there were any. Raises RPCError while the engine is away."""
        cases = await self._relay.unstarted(PAGE, but=sorted(self._unstartable.held))
        if not cases:
            return False
        ends = await start_cases(self.client, cases, STARTS_AT_ONCE, self.pace)
        running = [case_id for case_id, end in ends.items() if isinstance(end, bool)]
        await self._relay.mark_started(running)
        for case_id in running:
            self._unstartable.free(case_id)
        logger().info("cases started", started=sum(end is True for end in ends.values()), cases=running)
        away = [end for end in ends.values() if isinstance(end, Exception) and is_away(end)]
        for case_id, end in ends.items():
            if isinstance(end, Exception) and not is_away(end):
                self._unstartable.hold(case_id)
                logger().error("a case cannot be started", case_id=case_id, error=brief(end))
        if away:
            raise away[0]
        return True

    async def deliver_commands(self) -> bool:
        """Begins to deliver the oldest command of each case that is not being delivered to; whether there were any."""
        room = self._delivering.room
        if not room:
            return False
        waiting = await self._inbox.pending(room, but=sorted(self._delivering.names | self._undelivered.held))
        for command in waiting:
            self._delivering.begin(command.case_id, self._deliver_one(command))
        return bool(waiting)

    async def _deliver_one(self, command: Command) -> None:
        with about_case(command.case_id, command_id=command.command_id, command=command.name):
            try:
                delivered = await self.deliver(command)
                if not delivered and await self._wake(command):
                    delivered = await self.deliver(command)
            except AWAY as error:
                logger().info("a command waits", error=brief(error))
                delivered = False
            except Exception:
                logger().exception("a command cannot be delivered; it is tried again")
                delivered = False
            if delivered:
                logger().info("a stored command was delivered")
                self._undelivered.free(command.case_id)
            else:
                self._undelivered.hold(command.case_id)

    async def _wake(self, command: Command) -> bool:
        """Whether the case had no workflow, and one was started with the command: the engine has lost the case, or it
        ended while the command was on its way."""
        if await runs(self.client, command.case_id):
            return False
        cases = await self._relay.cases([command.case_id])
        if not cases:
            return False
        await start_with(self.client, cases[0], order_of(command.command_id, command.name, command.body))
        await self._relay.mark_started([command.case_id])
        return True

    async def tell_partners(self) -> bool:
        """Begins to make merchants and terminals known that the partners have not heard of; whether there were any."""
        room = self._registering.room
        if not room:
            return False
        news = await self._relay.unregistered(room, but=sorted(self._registering.names | self._unknown.held))
        for known in news:
            self._registering.begin(known.stream, self._tell_partners_of(known))
        return bool(news)

    async def _tell_partners_of(self, known: Unregistered) -> None:
        try:
            async with asyncio.timeout(REGISTRATION_SECONDS):
                await register(self.client, known)
            await self._relay.mark_registered(known)
        except AWAY:
            self._unknown.hold(known.stream)  # the workflow goes on; its end is asked for again
        except WorkflowFailureError as error:
            self._unknown.hold(known.stream)
            logger().error("a partner refuses a registration", kind=known.kind, name=known.name, error=brief(error))
        except Exception:
            self._unknown.hold(known.stream)
            logger().exception("a registration failed; it is tried again", kind=known.kind, name=known.name)
        else:
            self._unknown.free(known.stream)
            logger().info("the partners know", kind=known.kind, name=known.name)

    async def compare(self) -> bool:
        """Finds cases the engine has lost, and looks closer at a few: at the next ones in each round."""
        if self._compare_all or await fewer_run_than_live(self.client, self._relay):
            await self._start_again(await missing(self.client, self._relay))
            self._compare_all = False
        next_ones = await self._relay.live(self._seen_up_to, self.looked_at)
        self._seen_up_to = next_ones[-1].stream if next_ones else ""
        states = await look_at_all(self.client, {*next_ones, *await self._begun_lately()})
        await self._start_again([case_id for case_id, state in states.items() if state == "lost"])
        for case_id, state in states.items():
            if state == "behind":
                logger().warning("a workflow is behind its journal", case_id=case_id)
                await resync(self.client, case_id)
        return False

    async def _begun_lately(self) -> tuple[Standing, ...]:
        """The next cases whose run began lately, each run once: someone may have reset them."""
        up_to = utc_now()
        begun = await begun_since(self.client, self._begun_up_to - OVERLAP)
        self._to_look_at |= dict.fromkeys(case_id for case_id, run_id in begun.items() if run_id not in self._runs)
        self._begun_up_to, self._runs = up_to, set(begun.values())
        now = list(self._to_look_at)[:BEGUN_LOOKED_AT]
        standing = await self._relay.standing(now)
        for case_id in now:
            del self._to_look_at[case_id]
        return standing

    async def _start_again(self, cases: tuple[str, ...] | list[str]) -> None:
        if not cases:
            return
        lost = await self._relay.mark_unstarted(cases)
        if lost:
            logger().warning("the engine runs no workflow for cases of the journal; they are started", cases=lost)
        self.news["cases"].set()


def main() -> None:
    """Run the relay until SIGTERM or SIGINT."""
    settings = load_settings()
    uvloop.run(until_told(lambda _: _serve(settings), grace_seconds=0))


async def _serve(settings: Settings) -> None:
    client = await connect(settings, "relay", runtime=telemetry(settings))
    async with await open_journal(settings.database_url, max_size=8) as journal:
        desk = Desk.over(settings, journal, Engine(client), utc_now)
        relay = RelayProcess(
            client, journal, lambda command: deliver(desk, command), pace=Pace(settings.starts_per_second)
        )
        sealing = Sealing(desk.sealer, settings.checkpoint_seconds)
        async with asyncio.TaskGroup() as group:
            group.create_task(relay.run())
            group.create_task(sealing.run())
            group.create_task(Retiring(desk).run())
            group.create_task(Promising(desk).run())
            group.create_task(Answering(desk).run())
            group.create_task(Reranking(desk).run())
            group.create_task(Announcing(desk).run())
            group.create_task(Schedules(client).run())
            group.create_task(BulkStarting(desk).run())
            group.create_task(desk_worker(client, desk).run())
            group.create_task(_listen(settings.database_url, relay.hear))
            announce_ready()


async def _listen(url: str, hear: Callable[[], None]) -> None:
    async with aclosing(changes(url, "thaw_relay", at_least_every=IDLE_SECONDS)) as heard:
        async for _ in heard:
            hear()
