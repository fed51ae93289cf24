"""The partners of a workflow test: hands that do as they are told, and remember what they did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.calls import Call
from domain.text import Text
from workflows import ports


class AwayError(Exception):
    """The partner cannot be reached; nothing happened."""


class Gate:
    """Holds a call open until the test lets it go: `reached` once it is under way. Then it succeeds, or ends in
    `then`."""

    def __init__(self, then: Exception | None = None) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.then = then

    @property
    def holds(self) -> bool:
        """Whether a call is waiting at it."""
        return self.reached.is_set() and not self.open.is_set()

    async def __call__(self, order: Any) -> None:
        self.reached.set()
        await self.open.wait()
        if self.then:
            raise self.then

    def let_go(self) -> None:
        self.open.set()


@dataclass(frozen=True)
class Lost:
    """No answer comes: the effect took place, or it did not."""

    took_place: bool


Outcome = Exception | Lost | Callable[[Any], Awaitable[None]]

LOST = Lost(took_place=True)
VANISHED = Lost(took_place=False)


def refusing(code: str, **facts: Any) -> ApplicationError:
    """A refusal for good."""
    return ApplicationError(code, code, facts, type=ports.REFUSED, non_retryable=True)


def quiet(seconds: float) -> ApplicationError:
    """The merchant must not be rung up for so long."""
    return ApplicationError("quiet hours", seconds, type=ports.QUIET, non_retryable=True)


@dataclass
class Hands:
    """Every partner at once. `script` says, by effect, what its next calls do; without a word they succeed. Partners
    in `away` (queues) cannot be reached; those in `held` have not been for long, and are asked hourly. Effects of those
    in `routes` are asked for as in production, over HTTP.

    `done` has the effects that took place, by key, in order; `calls` every call as (effect, key).
    """

    script: dict[str, list[Outcome]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    routes: dict[str, Call] = field(default_factory=dict)
    done: dict[str, ports.Order] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    notices: dict[str, ports.NoticeOrder] = field(default_factory=dict)
    verified: list[ports.VerifyOrder] = field(default_factory=list)
    verdicts: dict[str, ports.Verified] = field(default_factory=dict)
    bank: dict[str, ports.PayoutState] = field(default_factory=dict)
    visits: dict[str, ports.VisitState] = field(default_factory=dict)
    agreements: dict[str, ports.AgreementState] = field(default_factory=dict)
    visit_notes: list[tuple[str, str]] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    running: int = 0
    questioned: tuple[ports.Questioned, ...] = ()
    account_matches: bool = True
    reconciled: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    to_come: list[ports.BroadcastPage] = field(default_factory=list)

    def next(self, name: str, *outcomes: Outcome) -> None:
        """What the next calls of `name` do: an exception is raised before the effect; LOST and VANISHED answer
        nothing, after the effect and without it; a gate holds the call."""
        self.script.setdefault(name, []).extend(outcomes)

    def hold(self, name: str, then: Exception | None = None) -> Gate:
        """The next call of `name` waits for its gate, and then succeeds, or ends in `then`."""
        gate = Gate(then)
        self.gates.append(gate)
        self.next(name, gate)
        return gate

    @property
    def busy(self) -> bool:
        """Whether a call is under way that no gate holds."""
        return self.running > sum(gate.holds for gate in self.gates)

    def arrives(self, name: str, order: Any) -> None:
        """The effect takes place, whoever still waits for it."""
        self.done.setdefault(order.key, order)
        self.names.setdefault(order.key, name)

    def let_go(self) -> None:
        """From now on every call succeeds at once, those under way included."""
        self.away.clear()
        self.held.clear()
        self.script.clear()
        for gate in self.gates:
            gate.let_go()

    def order_of(self, name: str) -> ports.Order:
        """The order of the last effect of this name that took place."""
        return next(self.done[key] for key in reversed(self.done) if self.names[key] == name)

    def did(self) -> list[str]:
        """The names of the effects that took place, in order."""
        return [name for name in self.names.values() if name in ports.EFFECTS]

    def tried(self, name: str) -> list[str]:
        """The keys of all calls of `name`, in order."""
        return [key for called, key in self.calls if called == name]

    async def _play(self, name: str, queue: str, order: Any) -> None:
        self.running += 1
        try:
            await self._act(name, queue, order)
        finally:
            self.running -= 1

    async def _act(self, name: str, queue: str, order: Any) -> None:
        self.calls.append((name, order.key))
        if queue in self.held:
            raise ApplicationError("left alone", type="Unavailable", next_retry_delay=timedelta(hours=1))
        if queue in self.away:
            raise AwayError(queue)
        outcome = self.script[name].pop(0) if self.script.get(name) else None
        if isinstance(outcome, Exception):
            raise outcome
        if callable(outcome):
            await outcome(order)
        if outcome != VANISHED:
            self.arrives(name, order)
        if isinstance(outcome, Lost):
            raise ApplicationError("no answer", type=ports.UNKNOWN, non_retryable=True)

    def effect(self, name: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def do(order: ports.Order) -> ports.Receipt:
            route = self.routes.get(ports.EFFECTS[name])
            if route is None:
                await self._play(name, ports.EFFECTS[name], order)
                return ports.Receipt(f"ref:{order.key}")
            return await route.effect(f"/{name}", {"control_id": order.control_id}, order.key, ports.Receipt)

        return do

    def look_up(self, name: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def find(order: ports.Order) -> ports.Receipt | None:
            self.calls.append((name, order.key))
            if ports.LOOK_UPS[name] in self.away:
                raise AwayError(name)
            outcome = self.script[name].pop(0) if self.script.get(name) else None
            if isinstance(outcome, Exception):
                raise outcome
            return ports.Receipt(f"ref:{order.key}") if order.key in self.done else None

        return find

    @activity.defn(name=ports.RISK_QUESTIONS)
    async def questions(self, order: ports.Order) -> ports.Questions:
        await self._play(ports.RISK_QUESTIONS, "risk", order)
        return ports.Questions(self.questioned)

    @activity.defn(name=ports.BANK_PAYOUT)
    async def payout(self, order: ports.Order) -> ports.PayoutState:
        await self._play(ports.BANK_PAYOUT, "bank", order)
        return self.bank.get(order.key, ports.PayoutState("pending"))

    @activity.defn(name=ports.FIELD_VISIT)
    async def visit(self, order: ports.Order) -> ports.VisitState:
        await self._play(ports.FIELD_VISIT, "field", order)
        return self.visits.get(order.key, ports.VisitState("", ""))

    @activity.defn(name=ports.CONTRACTS_AGREEMENT)
    async def agreement(self, order: ports.Order) -> ports.AgreementState:
        await self._play(ports.CONTRACTS_AGREEMENT, "contracts", order)
        issued = ports.AgreementState("", "", "5e" * 32, "2026-11-24T02:00:00.000000+00:00", "vault:link")
        return self.agreements.get(order.key, issued)

    @activity.defn(name=ports.FIELD_NOTE)
    async def note_visit(self, note: ports.VisitNote) -> None:
        await self._play(ports.FIELD_NOTE, "field", note)
        self.visit_notes.append((note.what, note.due))

    @activity.defn(name=ports.BANK_CHECK_ACCOUNT)
    async def check_account(self, order: ports.Order) -> ports.AccountCheck:
        await self._play(ports.BANK_CHECK_ACCOUNT, "bank", order)
        finding = Text("同名", "same name") if self.account_matches else Text("不同名", "another name")
        return ports.AccountCheck(self.account_matches, finding)

    @activity.defn(name=ports.DOCUMENTS_VERIFY)
    async def verify(self, order: ports.VerifyOrder) -> ports.Verified:
        await self._play(ports.DOCUMENTS_VERIFY, "documents", order)
        self.verified.append(order)
        return self.verdicts.get(order.doc_type, ports.Verified("passed"))

    @activity.defn(name=ports.NOTICES_SEND)
    async def notify(self, order: ports.NoticeOrder) -> ports.Delivered:
        await self._play(ports.NOTICES_SEND, "notices", order)
        self.notices.setdefault(order.key, order)
        return ports.Delivered("email", f"msg:{order.key}", "2026-11-02T03:00:00+00:00")

    @activity.defn(name=ports.NOTICES_RESEND)
    async def resend(self, resend: ports.Resend) -> ports.Delivered:
        await self._play(ports.NOTICES_RESEND, "notices", resend.order)
        return ports.Delivered("sms", f"msg:{resend.order.key}", "2026-11-02T03:00:00+00:00")

    @activity.defn(name=ports.NOTICES_BROADCAST)
    async def broadcast(self, order: ports.BroadcastOrder) -> ports.BroadcastPage:
        if "notices" in self.away:
            raise AwayError("notices")
        self.pages.append(order.broadcast_id)
        return self.to_come.pop(0) if self.to_come else ports.BroadcastPage(0)

    @activity.defn(name=ports.LEDGER_RECONCILE)
    async def reconcile(self, order: ports.ReconcileOrder) -> ports.Reconciled:
        if "ledger" in self.away:
            raise AwayError("ledger")
        self.reconciled.append(order.day)
        return ports.Reconciled(order.day, 1, 2, 1, {"not-at-bank": 1})

    def on(self, queue: str) -> list[Callable[..., Any]]:
        """The activities of a partner's queue."""
        effects = [self.effect(name) for name, where in ports.EFFECTS.items() if where == queue]
        looks = [self.look_up(name) for name, where in ports.LOOK_UPS.items() if where == queue]
        special: dict[str, list[Callable[..., Any]]] = {
            "ledger": [self.reconcile],
            "risk": [self.questions],
            "bank": [self.payout, self.check_account],
            "documents": [self.verify],
            "field": [self.visit, self.note_visit],
            "contracts": [self.agreement],
            "notices": [self.notify, self.resend, self.broadcast],
        }
        return [*effects, *looks, *special.get(queue, [])]

    def forget(self) -> None:
        """As on the first day: for the next test."""
        fresh = Hands()
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(fresh, name))
