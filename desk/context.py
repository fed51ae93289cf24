"""Everything the desk works with, opened once per process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import structlog
from starlette.requests import Request

from desk.config import DeskConfig
from desk.denials import Denials
from desk.engine import Engine
from desk.limits import Rates
from desk.metrics import Metrics
from desk.oidc import Provider
from desk.policy import PolicyDesk
from desk.recent import Recent
from domain.business_time import format_time
from domain.policy import Policy
from journal import Journal
from journal.asides import Asides
from journal.broadcasting import Broadcasts
from journal.bulk import BulkActions
from journal.callbacks import Callbacks
from journal.cases import Cases
from journal.circuits import Circuits
from journal.complaints import Complaints
from journal.contacting import Contacting
from journal.erasing import Erasing
from journal.figures import Statistics
from journal.files import Files
from journal.idempotency import Idempotency
from journal.identities import Identities
from journal.inbox import Inbox
from journal.outside import Outside
from journal.people import People
from journal.portal_keys import PortalKeys
from journal.privacy import Privacy
from journal.queue import Queue
from journal.reached import Reached
from journal.reconciling import Reconciling
from journal.registry import Registry
from journal.rota import Rota
from journal.sealing import Sealer
from journal.sessions import Sessions
from journal.statements import Pool
from journal.steering import Steering
from journal.stuck import StuckCases
from journal.touched import Touched
from journal.tries import Tries
from journal.vault import Vault

LOG = structlog.stdlib.get_logger()
POOL_SIZE = 8
MOST_TOLD = 500


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Desk:
    """The journal and its companions, the engine, and the clock."""

    config: DeskConfig
    journal: Journal
    engine: Engine
    cases: Cases
    queue: Queue
    asides: Asides
    steering: Steering
    bulk: BulkActions
    figures: Statistics
    inbox: Inbox
    vault: Vault
    registry: Registry
    files: Files
    people: People
    idempotency: Idempotency
    callbacks: Callbacks
    circuits: Circuits
    reconciling: Reconciling
    contacting: Contacting
    broadcasts: Broadcasts
    sealer: Sealer
    privacy: Privacy
    erasing: Erasing
    clock: Callable[[], datetime]
    sessions: Sessions
    tries: Tries
    """At what can be guessed: passwords, one-time passwords, callers' numbers."""
    denials: Denials
    rates: Rates
    identities: Identities
    portal_keys: PortalKeys
    stuck: StuckCases
    policies: PolicyDesk
    touched: Touched
    rota: Rota
    complaints: Complaints
    reached: Reached
    provider: Provider | None
    """By whose word staff may log in."""
    metrics: Metrics = field(default_factory=Metrics)
    told: Recent[str, Any] = field(default_factory=lambda: Recent(MOST_TOLD))
    """Cases as they were last told (see `desk.histories`)."""
    work: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    def over(cls, config: DeskConfig, journal: Journal, engine: Engine, clock: Callable[[], datetime]) -> Self:
        pool = journal.pool
        vault = Vault(pool, config.vault_keys())
        files = Files(config.file_store(), pool, vault)
        policies = PolicyDesk(journal, clock, config.policy_version)
        return cls(
            config=config,
            journal=journal,
            engine=engine,
            cases=Cases(pool),
            queue=Queue(pool, timedelta(minutes=policies.known.queue.lease_minutes), clock),
            asides=Asides(pool, clock),
            steering=Steering(pool, clock),
            bulk=BulkActions(pool, clock),
            figures=Statistics(pool, clock),
            inbox=Inbox(pool),
            vault=vault,
            registry=Registry(pool, vault),
            files=files,
            people=People(pool, clock=clock),
            idempotency=Idempotency(pool, vault, clock=clock),
            callbacks=Callbacks(pool),
            circuits=Circuits(pool),
            reconciling=Reconciling(pool),
            contacting=Contacting(pool, vault),
            broadcasts=Broadcasts(pool),
            sealer=Sealer(pool, config.signing_key, Outside(config.checkpoints_dir)),
            privacy=Privacy(pool),
            erasing=Erasing(pool, vault, files),
            clock=clock,
            sessions=Sessions(pool, clock),
            tries=Tries(pool, clock),
            denials=Denials(journal, clock),
            rates=Rates(config.requests_per_minute),
            stuck=StuckCases(pool, clock),
            policies=policies,
            touched=Touched(pool, clock),
            rota=Rota(pool, clock),
            complaints=Complaints(pool, vault),
            reached=Reached(pool, vault),
            portal_keys=PortalKeys(pool, config.payload_key, clock),
            identities=Identities(pool, config.payload_key, clock),
            provider=Provider(known) if (known := config.oidc()) else None,
        )

    @property
    def pool(self) -> Pool:
        return self.journal.pool

    @property
    def policy(self) -> Policy:
        """The policy in force as far as this desk has heard; a case is opened under `policies.now()`."""
        return self.policies.known

    def now(self) -> str:
        """The present moment as entries carry it."""
        return format_time(self.clock())

    def soon(self, work: Coroutine[Any, Any, object], what: str) -> None:
        """Runs `work` beside the request that asked for it; it must be safe to lose, because a crash loses it."""
        task = asyncio.create_task(_logged(work, what))
        self.work.add(task)
        task.add_done_callback(self.work.discard)


async def _logged(work: Coroutine[Any, Any, object], what: str) -> None:
    try:
        await work
    except Exception:
        LOG.exception("background work failed", work=what)


@asynccontextmanager
async def open_desk(
    config: DeskConfig, *, engine: Engine | None = None, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[Desk]:
    """The desk over its pools and client, closed in the end. Raises what `Journal.open` and `Vault.check` raise."""
    async with await Journal.open(config.database_url, min_size=2, max_size=POOL_SIZE) as journal:
        client = engine or await Engine.open(config.temporal_address, config.temporal_namespace, config.payload_keys)
        desk = Desk.over(config, journal, client, clock)
        await desk.vault.check()
        try:
            yield desk
        finally:
            for task in desk.work:
                task.cancel()
            await asyncio.gather(*desk.work, return_exceptions=True)


def desk_of(request: Request) -> Desk:
    """The desk that serves `request`."""
    desk: Desk = request.app.state.desk
    return desk
