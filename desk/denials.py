"""Every try that the desk denied: an event in the stream `denials:<day>` (Asia/Shanghai), with its tries in order.

    AccessDenied, form 1    {why, what, about, tried_as, origin}

`why` is the problem's code (`role-not-allowed`, `not-yours`, `csrf`, `password-wrong`, `locked`, `token-unknown`, …),
`what` the method and route, `about` what it was tried at, `tried_as` the user whose log-in was tried (null for a name
that nobody has: what is typed there may be anything), `origin` the network it came from. The event's actor is who was
logged in. Who is denied more than `MOST_A_MINUTE` times has the rest logged instead: no stranger fills the journal.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network

import structlog
from starlette.requests import Request

from desk.limits import Rates
from desk.outages import OUTAGES
from desk.personal_numbers import personal_number_in
from domain.actors import Actor
from domain.business_time import format_time, local_date
from domain.stream import Draft, Entry, canonical, seal
from journal import Journal
from journal.requests import AppendAnswer, compose

LOG = structlog.stdlib.get_logger()
ATTEMPTS = 20
NOBODY = "nobody:unknown"
MOST_ABOUT = 120
MOST_A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Denial:
    """A try that was denied."""

    why: str
    what: str
    about: str = ""
    tried_as: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """A denial as it was journaled: when, and of whom."""

    at: str
    actor: str
    denial: Denial


class Denials:
    """The journal of denials."""

    def __init__(self, journal: Journal, clock: Callable[[], datetime]) -> None:
        self._journal, self._clock = journal, clock
        self._one_at_a_time = asyncio.Lock()
        self._rates = Rates(MOST_A_MINUTE)

    async def record(self, denial: Denial, actor: Actor | None = None) -> None:
        """Journals a denial. Where the journal is away it is logged instead: who was denied stays denied."""
        signed = actor.signing_as(actor.roles) if actor else NOBODY
        if self._rates.take(f"{signed} {denial.origin}"):
            LOG.warning("denied too often to be journaled each time", actor=signed, **asdict(denial))
            return
        try:
            async with self._one_at_a_time:
                await self._append(denial, signed)
        except OUTAGES as error:
            LOG.error("a denial could not be journaled", **asdict(denial), error=f"{type(error).__name__}: {error}")

    async def _append(self, denial: Denial, actor: str) -> None:
        moment = self._clock()
        stream, command_id = f"denials:{local_date(moment).isoformat()}", f"denial-{uuid.uuid4().hex}"
        body = canonical(asdict(denial))
        for _ in range(ATTEMPTS):
            head = await self._journal.head(stream)
            draft = Draft("AccessDenied", 1, head.position + 1, body)
            entries = seal(stream, head, [draft], occurred_at=format_time(moment), actor=actor, command_id=command_id)
            answer = AppendAnswer.from_json(await self._journal.append(compose("denials", head, entries)))
            if answer.outcome != "conflict":
                return
        LOG.error("a denial could not be journaled", **asdict(denial), error="the stream is too busy")

    async def of_day(self, day: str) -> tuple[Denied, ...]:
        """The denials of a day (`2026-11-27`), in order."""
        return tuple(_denied(entry) for entry in await self._journal.read(f"denials:{day}"))


def _denied(entry: Entry) -> Denied:
    return Denied(entry.occurred_at, entry.actor, Denial(**json.loads(entry.data)))


def denial_of(request: Request, why: str, *, tried_as: str | None = None) -> Denial:
    """What was denied in a request."""
    route, given = request.url.path, {name: str(value) for name, value in request.path_params.items()}
    for name, value in given.items():
        route = route.replace(f"/{value}", f"/{{{name}}}")
    about = _unpersonal(" ".join(given.values()))
    return Denial(why, f"{request.method} {_unpersonal(route)}", about, tried_as, origin_of(request))


def _unpersonal(about: str) -> str:
    plain = about.isprintable() and len(about) <= MOST_ABOUT
    return about if plain and personal_number_in(about) is None else "(not told)"


def origin_of(request: Request) -> str:
    """The network a request comes from, `203.0.113.0/24` or `2001:db8:1::/48`: enough to see a pattern, and of a person
    no more than that."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
