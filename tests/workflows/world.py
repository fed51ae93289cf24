"""A case desk for workflow tests: the time-skipping server, a real journal, and hands that do as they are told."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

import journal as journals
import policies
from domain import listing
from domain.actors import Actor
from domain.business_time import format_time
from domain.commands import Asked
from domain.controls import freeze
from domain.events import PlacedControl
from domain.refusals import Refused
from domain.stream import Head, seal
from domain.text import Text
from domain.wire import History, drafts, entries_json
from journal import Journal
from journal.requests import compose
from workflows import ports
from workflows.freeze_appeal import KIND, FreezeAppeal
from workflows.messages import CaseInput, CommandOrder

OFFICER = Actor("officer1", ("officer",))
MERCHANT = Actor("merchant1", ("merchant",), "847100000000001")
REVIEWER_1 = Actor("reviewer1", ("reviewer",))
REVIEWER_2 = Actor("reviewer2", ("reviewer",))
SUPERVISOR = Actor("supervisor1", ("supervisor",))
COMPLIANCE = Actor("compliance1", ("compliance_head",))

BIN = Path(sys.executable).parent


def refusing(code: str, **facts: Any) -> ApplicationError:
    return ApplicationError(code, code, facts, type=ports.REFUSED, non_retryable=True)


def lost() -> ApplicationError:
    return ApplicationError("no answer", type=ports.UNKNOWN, non_retryable=True)


class AwayError(Exception):
    """The partner cannot be reached; nothing happened."""


@dataclass
class Hands:
    """Every partner at once. `script` says, by effect name, what the next calls do; without a word they succeed.

    `done` are the keys whose effect took place, in order; `calls` every call.
    """

    script: dict[str, list[Exception | Callable[[ports.Order], Awaitable[None]]]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    notices: list[ports.NoticeOrder] = field(default_factory=list)
    verdicts: dict[str, ports.Verified] = field(default_factory=dict)
    bank: dict[str, ports.PayoutState] = field(default_factory=dict)
    account_matches: bool = True

    def next(self, name: str, *outcomes: Exception | Callable[[ports.Order], Awaitable[None]]) -> None:
        """The next calls of `name`: an exception is raised before the effect, `lost()` after it."""
        self.script.setdefault(name, []).extend(outcomes)

    async def _play(self, name: str, order: Any) -> None:
        self.calls.append((name, order.key))
        outcome = self.script[name].pop(0) if self.script.get(name) else None
        if callable(outcome) and not isinstance(outcome, Exception):
            await outcome(order)
            outcome = None
        if isinstance(outcome, Exception) and getattr(outcome, "type", None) != ports.UNKNOWN:
            raise outcome
        if order.key not in self.done:
            self.done.append(order.key)
            self.names[order.key] = name
        if outcome is not None:
            raise outcome

    def effect(self, name: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def do(order: ports.Order) -> ports.Receipt:
            await self._play(name, order)
            return ports.Receipt(f"ref:{order.key}")

        return do

    def look_up(self, name: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def find(order: ports.Order) -> ports.Receipt | None:
            self.calls.append((name, order.key))
            return ports.Receipt(f"ref:{order.key}") if order.key in self.done else None

        return find

    @activity.defn(name=ports.RISK_QUESTIONS)
    async def questions(self, order: ports.Order) -> ports.Questions:
        return ports.Questions()

    @activity.defn(name=ports.BANK_PAYOUT)
    async def payout(self, order: ports.Order) -> ports.PayoutState:
        return self.bank.get(order.key, ports.PayoutState("pending"))

    @activity.defn(name=ports.BANK_CHECK_ACCOUNT)
    async def check_account(self, order: ports.Order) -> ports.AccountCheck:
        return ports.AccountCheck(self.account_matches, Text("同名", "same name"))

    @activity.defn(name=ports.DOCUMENTS_VERIFY)
    async def verify(self, order: ports.VerifyOrder) -> ports.Verified:
        await self._play(ports.DOCUMENTS_VERIFY, order)
        return self.verdicts.get(order.document_id, ports.Verified("passed"))

    @activity.defn(name=ports.NOTICES_SEND)
    async def notify(self, order: ports.NoticeOrder) -> ports.Delivered:
        await self._play(ports.NOTICES_SEND, order)
        self.notices.append(order)
        return ports.Delivered("email", f"msg:{order.key}", "2026-11-02T03:00:00+00:00")

    def on(self, queue: str) -> list[Callable[..., Any]]:
        effects = [self.effect(name) for name, where in ports.EFFECTS.items() if where == queue]
        looks = [self.look_up(name) for name, where in ports.LOOK_UPS.items() if where == queue]
        special = {
            "risk": [self.questions],
            "bank": [self.payout, self.check_account],
            "documents": [self.verify],
            "notices": [self.notify],
        }
        return [*effects, *looks, *special.get(queue, [])]


@dataclass
class JournalHands:
    journal: Journal

    @activity.defn(name=ports.JOURNAL_APPEND)
    async def append(self, request: str) -> str:
        return await self.journal.append(request)

    @activity.defn(name=ports.JOURNAL_READ)
    async def read(self, order: ports.ReadOrder) -> str:
        return entries_json(await self.journal.read(order.stream, order.after))


@dataclass
class Desk:
    """What a test drives: cases are opened in the journal and carried on by the workflow."""

    env: WorkflowEnvironment
    journal: Journal
    hands: Hands
    count: int = 0

    async def now(self) -> str:
        return format_time(await self.env.get_current_time())

    async def open(self, *, kind: str = "settlement_hold", reason: str = "R01", held_fen: int = 8_642_000) -> Appeal:
        self.count += 1
        case_id, at = f"FA-{self.count}", await self.now()
        policy = policies.load(policies.newest())
        placed = PlacedControl(
            f"C-{self.count}", kind, reason, held_fen, ("all",), "risk", f"X-{self.count}", OFFICER.name, at,
            f"SN-{self.count}",
        )  # fmt: skip
        asked = Asked(f"{case_id}:open", OFFICER, at)
        events = freeze(case_id, placed, "847100000000001", "company", asked, policy)
        assert not isinstance(events, Refused)
        entries = seal(
            case_id, Head(), drafts(History().case, events), occurred_at=at, actor="officer:officer1",
            command_id=asked.command_id,
        )  # fmt: skip
        case = History().after(entries).case
        request = compose(
            KIND, Head(), entries, summary=listing.summary(case, policy), tasks=listing.tasks(case, policy),
            controls=listing.control_rows(case),
        )  # fmt: skip
        assert json.loads(await self.journal.append(request))["outcome"] == "ok"
        appeal = Appeal(self, case_id)
        await appeal.start()
        return appeal

    async def sleep(self, span: timedelta) -> None:
        await self.env.sleep(span)


@dataclass
class Appeal:
    """One case under test."""

    desk: Desk
    case_id: str
    given: int = 0

    async def start(self) -> None:
        entries = await self.desk.journal.read(self.case_id)
        await self.desk.env.client.start_workflow(
            FreezeAppeal.run, CaseInput(entries_json(entries)), id=self.case_id, task_queue=ports.CASES
        )

    @property
    def handle(self) -> WorkflowHandle[FreezeAppeal, str]:
        return self.desk.env.client.get_workflow_handle_for(FreezeAppeal.run, self.case_id)

    async def give(
        self, by: Actor, name: str, *, seen: int | None = None, command_id: str | None = None, **body: Any
    ) -> str:
        """The events a command led to, or the code it was refused with."""
        self.given += 1
        order = CommandOrder(name, json.dumps(body), command_id or f"{self.case_id}:cmd:{self.given}", by, seen)
        try:
            answer = await self.handle.execute_update(FreezeAppeal.give, order, id=order.command_id)
        except WorkflowUpdateFailedError as error:
            return f"refused: {getattr(error.cause, 'type', error.cause)}"
        return ", ".join(answer.events)

    async def history(self) -> History:
        return History().after(await self.desk.journal.read(self.case_id))

    async def types(self) -> list[str]:
        return [entry.type for entry in await self.desk.journal.read(self.case_id)]

    async def until(self, status: str, *, tries: int = 400) -> History:
        """The history once the case is in `status`; time is not skipped meanwhile, and the wait is bounded."""
        for _ in range(tries):
            history = await self.history()
            if history.case.status == status:
                return history
            await asyncio.sleep(0.02)
        raise AssertionError(f"{self.case_id} is {history.case.status}, not {status}; {(await self.types())[-8:]}")

    async def draft(self) -> None:
        assert await self.give(OFFICER, "confirm_reason", reason_code=(await self.history()).case.reason_code)
        assert await self.give(MERCHANT, "open_appeal", statement_ref="vault:1") == "AppealOpened"

    async def file(self, *types: str) -> None:
        for doc_type in types:
            document = {
                "document_id": f"{self.case_id}:{doc_type}:{self.given}", "doc_type": doc_type, "sha256": "00",
                "media_type": "image/png",
            }  # fmt: skip
            assert await self.give(MERCHANT, "add_document", document=document) == "DocumentAdded"

    async def in_review(self) -> None:
        await self.draft()
        await self.file("D01", "D03", "D06", "D07")
        assert await self.give(MERCHANT, "submit", declaration=True) == "CaseSubmitted"
        await self.until("in_review_1")

    async def approve(self, by: Actor, release_fen: int = 8_642_000, **amounts: int) -> str:
        body = {"release_fen": release_fen, "penalty_fen": 0, "claims_fen": 0, "reason": "evidence fits"} | amounts
        return await self.give(by, "approve", **body)

    async def paid_out(self, outcome: str = "confirmed") -> str:
        """The bank's word on the last payout."""
        history = await self.history()
        step = [s for s in history.case.release.steps if s.name == "pay_out"][-1]
        return await self.give(
            OFFICER, "answer_payout", step_key=step.planned.key, outcome=outcome, message_ref=f"m:{step.n}"
        )


@asynccontextmanager
async def open_desk(database: str) -> AsyncIterator[Desk]:
    """A desk with every worker running, in workflow sandboxes, on a clock that skips."""
    await journals.migrate(database)
    async with (
        await Journal.open(database) as journal,
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=str(BIN / "temporal-test-server"), data_converter=pydantic_data_converter
        ) as env,
    ):
        await _know_search_attributes(env)
        hands = Hands()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(
                Worker(
                    env.client,
                    task_queue=ports.CASES,
                    workflows=[FreezeAppeal],
                    activities=[JournalHands(journal).append, JournalHands(journal).read],
                    workflow_runner=SANDBOX,
                )
            )
            for queue in ports.QUEUES:
                await stack.enter_async_context(Worker(env.client, task_queue=queue, activities=hands.on(queue)))
            yield Desk(env, journal, hands)


SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("domain", "policies", "pydantic", "pydantic_core")
)


async def _know_search_attributes(env: WorkflowEnvironment) -> None:
    kinds = dict.fromkeys(("ThawStatus", "ThawReason", "ThawTier"), IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
    kinds["ThawDue"] = IndexedValueType.INDEXED_VALUE_TYPE_DATETIME
    await env.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace="default", search_attributes=kinds)
    )
