"""A partner that does not answer is left alone: its calls are held, and one of them tries now and then.

After `OPENS_AFTER` calls in a row without an answer the circuit opens. Calls then end at once as not available, before
anything is sent, and the engine makes them again later: held, not failed. One call at a time is let through as a
trial, at growing distances, or at once when someone asked for it (`Circuits.ask`); its answer closes the circuit. Held
calls come back at moments of their own, the further
apart the longer the partner has been away, so that it is not met by all of them at once when it returns; the queue's
own rate (`workers.run_worker.PACES`) stands above that.

Time is the engine's, by which the calls are made again, wherever a call is an activity.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from psycopg import Error
from psycopg_pool import PoolTimeout
from temporalio import activity

from journal.circuits import Circuit as Standing

log = structlog.get_logger("activities.circuit")

OPENS_AFTER = 5
FIRST_REST, MOST_REST = timedelta(seconds=15), timedelta(minutes=5)
"""How long a partner is left alone after the circuit opened, and at most; each failed trial doubles it."""
NOTED_EVERY = timedelta(seconds=15)
"""How often it is written down that nothing has changed."""
HELD_SHARE, MOST_HELD = 4, timedelta(hours=1)
"""A held call comes back after a quarter of the time the partner has been away, at most after an hour (timers.csv,
execution_step)."""
TRIAL_LASTS = timedelta(minutes=3)
"""A trial that says nothing for so long was lost with its process; another may be made."""

Note = Callable[[Standing], Awaitable[None]]
Asked = Callable[[str], Awaitable[datetime | None]]
"""When a trial of the partner was last asked for."""
LOOKED_EVERY = timedelta(seconds=1)
"""How often it is looked whether one was."""


class HeldError(Exception):
    """The partner is left alone just now: come again `after` this time."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"held for {after.total_seconds():.0f} s")
        self.after = after


async def nowhere(standing: Standing) -> None:
    """Notes nothing."""


async def never(partner: str) -> datetime | None:
    """Nobody asks."""
    del partner
    return None


def engine_time() -> datetime:
    """When the engine started this attempt; outside an activity, the present moment."""
    return activity.info().started_time if activity.in_activity() else datetime.now(UTC)


@dataclass(slots=True)
class Circuit:
    """The circuit of one partner in this process. `note` writes down how it stands; `share` (0 to 1) says how much
    earlier than the others a held call comes back."""

    partner: str
    note: Note = nowhere
    now: Callable[[], datetime] = engine_time
    share: Callable[[], float] = random.random
    asked: Asked = never
    _failures: int = 0
    _first_failure: datetime | None = None
    _why: str = ""
    _rest: timedelta = FIRST_REST
    _next_try: datetime | None = None
    _trial: datetime | None = None
    _failed_at: datetime | None = None
    _looked: datetime | None = None
    _answered: datetime | None = None
    _noted: datetime | None = None
    _held: set[str] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        return self._next_try is not None

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Call]:
        """Within the block the partner may be called; the block says what came of it (nothing said: nothing learned).
        Raises HeldError when it is left alone just now."""
        trial = await self._admit()
        call = Call()
        try:
            yield call
        finally:
            if trial:
                self._trial = None
            if call.why is not None:
                await self._failed(call.why)
            elif call.answered:
                await self._answers()

    async def _admit(self) -> bool:
        """Whether the call is a trial."""
        if self._next_try is None:
            return False
        now = self.now()
        lost = self._trial is not None and now - self._trial > TRIAL_LASTS
        due = now >= self._next_try or await self._is_asked(now)
        if due and (self._trial is None or lost):
            self._trial = now
            return True
        self._held.add(_call_name())
        await self._tell(now, changed=False)
        raise HeldError(self._held_for(now))

    async def _is_asked(self, now: datetime) -> bool:
        """Whether someone asked for a trial since the last call that failed."""
        if self._looked is not None and timedelta() <= now - self._looked < LOOKED_EVERY:
            return False
        self._looked = now
        try:
            asked = await self.asked(self.partner)
        except (Error, PoolTimeout):
            return False
        return asked is not None and self._failed_at is not None and asked > self._failed_at

    def _held_for(self, now: datetime) -> timedelta:
        """Between half of the distance that has been reached and all of it."""
        away = now - (self._first_failure or now)
        distance = min(max(away / HELD_SHARE, self._rest), MOST_HELD)
        return distance * (1 - self.share() / 2)

    async def _failed(self, why: str) -> None:
        now = self.now()
        self._failures += 1
        self._why = why
        self._first_failure = self._first_failure or now
        self._failed_at = now
        if self._failures < OPENS_AFTER:
            return
        opened = self._next_try is None
        self._rest = FIRST_REST if opened else min(2 * self._rest, MOST_REST)
        self._next_try = now + self._rest
        self._held.add(_call_name())
        if opened:
            log.warning("partner-left-alone", partner=self.partner, why=why)
        await self._tell(now, changed=True)

    async def _answers(self) -> None:
        now = self.now()
        closed = self.is_open
        self._answered = now
        self._failures, self._first_failure, self._why, self._next_try = 0, None, "", None
        if closed:
            log.info("partner-answers-again", partner=self.partner, held=len(self._held))
        self._held.clear()
        await self._tell(now, changed=closed)

    async def _tell(self, now: datetime, *, changed: bool) -> None:
        """Writes down how it stands. That it cannot be written down keeps no call from being made."""
        if not changed and self._noted is not None and timedelta() <= now - self._noted < NOTED_EVERY:
            return
        self._noted = now
        standing = Standing(
            partner=self.partner,
            state="open" if self.is_open else "closed",
            since=self._first_failure if self.is_open else None,
            why=self._why,
            held=len(self._held),
            next_try_at=self._next_try,
            answered_at=self._answered,
            noted_at=now,
        )
        try:
            await self.note(standing)
        except (Error, PoolTimeout) as error:
            log.warning("circuit-not-noted", partner=self.partner, why=type(error).__name__)


@dataclass(slots=True)
class Call:
    """What came of one call: an answer of any kind, or none, and why."""

    answered: bool = False
    why: str | None = None

    def answers(self) -> None:
        self.answered = True

    def fails(self, why: str) -> None:
        self.why = why


def _call_name() -> str:
    """The same for every attempt of one activity."""
    if not activity.in_activity():
        return "call"
    info = activity.info()
    return f"{info.workflow_id}/{info.workflow_run_id}/{info.activity_id}"
