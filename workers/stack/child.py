"""What the supervisor is to run: children that stay, jobs that end, and the stages they come up in."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from workers.stack.command import Command
from workers.stack.ports import LOOPBACK

PROBE_SECONDS = 3.0


class Probe(Protocol):
    """How to see from outside whether a child does its work."""

    async def ready(self) -> bool:
        """Whether it can be used now."""

    async def alive(self) -> bool:
        """Whether it answers at all, be it with a refusal."""


@dataclass(frozen=True, slots=True)
class Http:
    """A child that answers GET on a local port: 200 means ready, any status means alive."""

    port: int
    path: str

    async def ready(self) -> bool:
        """Whether the answer is 200."""
        return await self._status() == 200

    async def alive(self) -> bool:
        """Whether there is an answer."""
        return await self._status() is not None

    async def _status(self) -> int | None:
        request = f"GET {self.path} HTTP/1.1\r\nHost: {LOOPBACK}:{self.port}\r\nConnection: close\r\n\r\n"
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                try:
                    writer.write(request.encode())
                    _, status, *_ = (await reader.readline()).split()
                    return int(status)
                finally:
                    writer.close()
        except (OSError, TimeoutError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Every:
    """A child that does several things: it is ready, and alive, when all its probes say so."""

    probes: tuple[Probe, ...]

    async def ready(self) -> bool:
        """Whether everything can be used."""
        return all(await asyncio.gather(*(probe.ready() for probe in self.probes)))

    async def alive(self) -> bool:
        """Whether everything answers."""
        return all(await asyncio.gather(*(probe.alive() for probe in self.probes)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A child that is asked by a blocking function, such as opening a database connection."""

    answers: Callable[[], bool]

    async def ready(self) -> bool:
        """Whether the function says so."""
        return await asyncio.to_thread(self.answers)

    async def alive(self) -> bool:
        """The same question."""
        return await self.ready()


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process that is kept running.

    `command` is called before every start and may prepare what the process needs. Without a `probe` the child is ready
    when it logs the event "ready", or when it has lived for `quiet_seconds`. `stop_seconds` is how long it may take to
    stop before it is killed.
    """

    name: str
    command: Callable[[], Command]
    probe: Probe | None = None
    url: str | None = None
    ready_seconds: float = 90.0
    quiet_seconds: float = 15.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A process that must end well before the next stage begins."""

    name: str
    command: Callable[[], Command]
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What comes up together, after the stages before it and before the stages behind it; it stops in reverse order."""

    title: str
    parts: tuple[Child | Job, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait before a crashed child is started again: doubling, and forgotten after a good while."""

    first_seconds: float = 0.5
    most_seconds: float = 30.0
    forgotten_after_seconds: float = 60.0
    attempts_before_first_ready: int = 3

    def next(self, last: float | None, lived_seconds: float) -> float:
        """The wait in seconds, given the last wait and how long the child lived after it."""
        if last is None or lived_seconds >= self.forgotten_after_seconds:
            return self.first_seconds
        return min(last * 2, self.most_seconds)
