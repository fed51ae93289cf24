"""Partners that answer at once, and a journal that tells who waits when a case has reached a status."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol

from temporalio import activity

from domain.text import Text
from journal import Journal
from journal.requests import OK
from workflows import ports

_STATUS = re.compile(r'"status":"(\w+)".*?"terminal_sn"')
_STREAM = re.compile(r'"stream":"([^"]+)","summary"')


class Heard:
    """What was reached, for whoever waits for it, whichever came first."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str], asyncio.Event] = defaultdict(asyncio.Event)

    def reached(self, case_id: str, what: str) -> None:
        self._events[case_id, what].set()

    async def wait(self, case_id: str, what: str, seconds: float = 180) -> None:
        """Errors: TimeoutError, naming what did not come."""
        try:
            async with asyncio.timeout(seconds):
                await self._events[case_id, what].wait()
        except TimeoutError as error:
            raise TimeoutError(f"{case_id} did not come to {what} within {seconds} s") from error


class Hearing(Protocol):
    """Who is told what a case has reached."""

    def reached(self, case_id: str, what: str) -> None: ...


class HeardJournal(Journal):
    """The journal, telling what status each append leaves its case in."""

    heard: Hearing

    async def append(self, request: str) -> str:
        answer = await super().append(request)
        status, stream = _STATUS.search(request), _STREAM.search(request)
        if answer == OK and status and stream:
            self.heard.reached(stream[1], status[1])
        return answer


class Instant:
    """Every partner: whatever is asked is done. The bank's word on a payout is given by whoever drives the case."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def on(self, queue: str) -> list[Callable[..., Any]]:
        """The activities of a partner's queue."""
        names = (*ports.EFFECTS.items(), *ports.LOOK_UPS.items())
        effects = [self._effect(name) for name, where in names if where == queue]
        special: dict[str, list[Callable[..., Any]]] = {
            "risk": [self.questions],
            "bank": [self.payout, self.check_account],
            "documents": [self.verify],
            "notices": [self.notify],
        }
        return [*effects, *special.get(queue, [])]

    def _effect(self, name: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def effect(order: ports.Order) -> ports.Receipt:
            self._heard.reached(order.case_id, name)
            return ports.Receipt(f"ref:{order.key}")

        return effect

    @activity.defn(name=ports.RISK_QUESTIONS)
    async def questions(self, _: ports.Order) -> ports.Questions:
        return ports.Questions()

    @activity.defn(name=ports.BANK_PAYOUT)
    async def payout(self, _: ports.Order) -> ports.PayoutState:
        return ports.PayoutState("pending")

    @activity.defn(name=ports.BANK_CHECK_ACCOUNT)
    async def check_account(self, _: ports.Order) -> ports.AccountCheck:
        return ports.AccountCheck(matches=True, finding=Text("同名", "same name"))

    @activity.defn(name=ports.DOCUMENTS_VERIFY)
    async def verify(self, _: ports.VerifyOrder) -> ports.Verified:
        return ports.Verified("passed")

    @activity.defn(name=ports.NOTICES_SEND)
    async def notify(self, order: ports.NoticeOrder) -> ports.Delivered:
        return ports.Delivered("email", f"msg:{order.key}", "2026-11-02T03:00:00+00:00")
