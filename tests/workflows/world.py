"""A case desk for workflow tests: the time-skipping server, a real journal, and partners that do as they are told.

One engine (`engine`) serves all tests; its clock only moves forward, and only inside `Desk.sleep`. Every test has a
desk with a calendar of its own (`calendars`), which takes its cases away when it closes: none sees another's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from psycopg.rows import dict_row
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError

import policies
from domain import commands, listing
from domain.actors import Actor
from domain.business_time import format_time, parse_time
from domain.case import Case
from domain.commands import Asked
from domain.controls import disposable_fen, freeze
from domain.events import PlacedControl
from domain.evidence import STAFF_FILED
from domain.freeze_appeal import decide
from domain.policy import Policy
from domain.refusals import Refused
from domain.stream import Entry, seal
from domain.wire import History, drafts, entries_json
from journal import Journal
from journal.relay import Relay
from journal.requests import compose
from tests.workflows.engine import Engine
from tests.workflows.hands import Hands
from workers.starting import beginning
from workflows.freeze_appeal import KIND, FreezeAppeal
from workflows.messages import CaseInput, CommandOrder

OFFICER = Actor("officer1", ("officer",))
OFFICER_2 = Actor("officer2", ("officer",))
MERCHANT = Actor("merchant1", ("merchant",), "847100000000001")
REVIEWER_1 = Actor("reviewer1", ("reviewer",))
REVIEWER_2 = Actor("reviewer2", ("reviewer",))
REVIEWER_3 = Actor("reviewer3", ("reviewer",))
SUPERVISOR = Actor("supervisor1", ("supervisor",))
COMPLIANCE = Actor("compliance1", ("compliance_head",))
ROBOT = Actor("robot1", ("robot",))
COMPLIANCE_2 = Actor("compliance2", ("compliance_head",))

MONDAY = "2026-11-02T10:00:00+08:00"
"""The moment a test begins when it does not say otherwise."""
POLICY = policies.load(policies.newest())
HELD = 8_642_000

_numbers = count(1)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@asynccontextmanager
async def open_desk(engine: Engine, begins: str = MONDAY) -> AsyncIterator[Desk]:
    """A desk that opens at `begins`. Its cases are taken off the engine when it closes."""
    engine.hands.forget()
    moved = parse_time(begins) - await engine.env.get_current_time()
    desk = Desk(engine, moved // timedelta(microseconds=1) * timedelta(microseconds=1))
    try:
        yield desk
    finally:
        engine.hands.let_go()
        for appeal in desk.appeals:
            await appeal.quiet()
            await appeal.stop()
    for appeal in desk.appeals:
        await appeal.is_listed_as_it_is()


@dataclass
class Desk:
    """What a test drives: cases are opened in the journal and carried on by the workflow."""

    engine: Engine
    moved: timedelta
    appeals: list[Appeal] = field(default_factory=list)

    @property
    def hands(self) -> Hands:
        return self.engine.hands

    @property
    def journal(self) -> Journal:
        return self.engine.journal

    async def now(self) -> datetime:
        return await self.engine.env.get_current_time() + self.moved

    async def sleep(self, span: timedelta) -> None:
        await self.engine.sleep(span)

    async def between_calls(self) -> None:
        """Wait, for a moment, until no call is under way but those a test holds."""
        for _ in range(100):
            if not self.hands.busy:
                return
            await asyncio.sleep(0.01)

    async def sleep_until(self, at: str) -> None:
        """Sleep to a moment on this desk's calendar (RFC 3339)."""
        await self.sleep(parse_time(at) - await self.now())

    async def open(
        self,
        reason: str = "R01",
        *,
        kind: str = "settlement_hold",
        held_fen: int = HELD,
        source: str | None = None,
        terminal_sn: str | None = None,
        continue_after: int | None = None,
        policy: Policy = POLICY,
    ) -> Appeal:
        """A control is placed on a terminal (of the case's own); intake writes the case, and the relay starts it."""
        appeal = self.appeal(terminal_sn, continue_after)
        case_id = appeal.case_id
        asked = Asked(f"{case_id}:open", OFFICER, format_time(await self.now()))
        placed = appeal.control(reason, kind, held_fen, source or POLICY.reasons[reason].raised_by[0], at=asked.at)
        events = freeze(case_id, placed, MERCHANT.merchant_no or "", "company", asked, policy)
        assert not isinstance(events, Refused)
        await appeal.write(History(), events, asked)
        await appeal.start()
        return appeal

    def appeal(self, terminal_sn: str | None = None, continue_after: int | None = None) -> Appeal:
        """A case on this desk's calendar, nothing of which is written or started yet."""
        case_id = f"FA-{next(_numbers)}"
        appeal = Appeal(self, case_id, terminal_sn or f"SN-{case_id}", continue_after)
        self.appeals.append(appeal)
        self.engine.calendars.moved[case_id] = self.moved
        return appeal


@dataclass
class Appeal:
    """One case under test."""

    desk: Desk
    case_id: str
    terminal_sn: str
    continue_after: int | None = None
    given: int = 0
    filed: int = 0
    placed: int = 0
    known: tuple[Entry, ...] = ()
    folded: History = field(default_factory=History)

    # --- its procedure ----------------------------------------------------------------------------------------------

    async def input(self) -> CaseInput:
        return CaseInput(entries_json(await self.entries()), self.continue_after)

    async def start(self, **options: Any) -> None:
        """As the relay starts it."""
        (case,) = await Relay(self.desk.journal.pool).cases([self.case_id])
        start = beginning(case) | options
        await self.desk.engine.env.client.start_workflow(FreezeAppeal.run, await self.input(), **start)

    async def stop(self) -> None:
        """The engine loses the case."""
        with suppress(RPCError):
            await self.handle.terminate()

    async def start_anew(self, **options: Any) -> None:
        """The engine lost the case; it is started again from its journal, as `thaw recover` does."""
        await self.stop()
        await self.start(**options)

    @property
    def handle(self) -> WorkflowHandle[FreezeAppeal, str]:
        return self.desk.engine.env.client.get_workflow_handle_for(FreezeAppeal.run, self.case_id)

    async def described(self) -> tuple[WorkflowExecutionStatus, dict[str, str]]:
        """The engine's own view: whether the procedure runs, and the attributes it can be found by.

        (Read from the raw answer: the test server keeps an attribute that was unset as a null, which the client's
        `describe` does not read.)
        """
        client = self.desk.engine.env.client
        answer = await client.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=client.namespace, execution=WorkflowExecution(workflow_id=self.case_id)
            )
        )
        info = answer.workflow_execution_info
        values = {
            name: json.loads(payload.data or "null") for name, payload in info.search_attributes.indexed_fields.items()
        }
        words = {name: value[0] if isinstance(value, list) else value for name, value in values.items()}
        return WorkflowExecutionStatus(info.status), {name: word for name, word in words.items() if word is not None}

    async def details(self) -> str:
        """The sentence engineers see."""
        metadata: WorkflowMetadata = await self.handle.query(
            "__temporal_workflow_metadata", result_type=WorkflowMetadata
        )
        return metadata.current_details

    async def ended(self) -> bool:
        """Whether the procedure has come to its end."""
        status, _ = await self.described()
        return status is WorkflowExecutionStatus.COMPLETED

    # --- its journal ------------------------------------------------------------------------------------------------

    async def entries(self) -> tuple[Entry, ...]:
        """The case's stream; only what is new is read and folded."""
        new = await self.desk.journal.read(self.case_id, after=len(self.known))
        unknown = tuple(entry for entry in new if entry.position > len(self.known))
        self.known += unknown
        self.folded = self.folded.after(unknown)
        return self.known

    async def history(self) -> History:
        await self.entries()
        return self.folded

    async def case(self) -> Case:
        return (await self.history()).case

    async def is_listed_as_it_is(self) -> None:
        """The case list's row, which appends write piece by piece, says what the events say."""
        async with self.desk.journal.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute("select * from journal.streams where stream = %s", [self.case_id])
            row = await cursor.fetchone()
        case = await self.case()
        if row is not None:
            shown = listing.summary(case, policies.load(case.policy_version))
            times = {name: shown[name] and parse_time(shown[name]) for name in ("opened_at", "due_at", "waiting_since")}
            assert row == {**row, **shown, **times, "position": len(self.known)}

    async def types(self) -> list[str]:
        return [entry.type for entry in await self.entries()]

    async def bodies(self, kind: str) -> list[dict[str, Any]]:
        """The events of one type, as they were written."""
        return [json.loads(entry.data) for entry in await self.entries() if entry.type == kind]

    async def write(self, past: History, events: tuple[Any, ...], asked: Asked) -> tuple[Entry, ...]:
        """Append events to the journal behind the procedure's back."""
        entries = seal(
            self.case_id,
            past.head,
            drafts(past.case, events),
            occurred_at=asked.at,
            actor=asked.by.signing_as(asked.by.roles),
            command_id=asked.command_id,
        )
        case = past.after(entries).case
        request = compose(
            KIND,
            past.head,
            entries,
            summary=listing.summary(case, POLICY),
            tasks=listing.tasks(case, POLICY, asked.at),
            controls=listing.control_rows(case),
        )
        assert json.loads(await self.desk.journal.append(request))["outcome"] == "ok"
        return entries

    async def decided_elsewhere(self, command: commands.Command, by: Actor) -> tuple[Entry, ...]:
        """A command decided and written without the procedure, as an administrator of the database could."""
        self.given += 1
        asked = Asked(f"{self.case_id}:elsewhere:{self.given}", by, format_time(await self.desk.now()))
        past = await self.history()
        events = decide(past.case, command, asked, POLICY)
        assert not isinstance(events, Refused)
        return await self.write(past, events, asked)

    async def until(self, what: str | Callable[[Case], bool], *, tries: int = 500) -> Case:
        """The case once it is in a status, or as described. Time stands still meanwhile, and the wait is bounded."""
        for _ in range(tries):
            case = await self.case()
            if case.status == what if isinstance(what, str) else what(case):
                return case
            await asyncio.sleep(0.02)
        raise AssertionError(f"{self.case_id} is {case.status} (wanted {what}); {(await self.types())[-10:]}")

    async def until_event(self, kind: str, times: int = 1) -> Case:
        """The case once the journal has the event `times` times."""
        for _ in range(500):
            if (await self.types()).count(kind) >= times:
                return await self.case()
            await asyncio.sleep(0.02)
        raise AssertionError(f"{self.case_id} has no {times}. {kind}; {(await self.types())[-10:]}")

    async def quiet(self) -> Case:
        """The case once its procedure has no more to do for now: nothing is written, called or told any more."""
        before, same, tries = -1, 0, 0
        while same < 4 and tries < 200:
            history, hands = await self.history(), self.desk.hands
            told = not history.case.owed or "notices" in hands.away
            same = same + 1 if history.head.position == before and told and not hands.busy else 0
            before, tries = history.head.position, tries + 1
            await asyncio.sleep(0.025)
        return await self.case()

    # --- what people do ---------------------------------------------------------------------------------------------

    def order(
        self, by: Actor, name: str, seen: int | None, command_id: str | None, body: dict[str, Any]
    ) -> CommandOrder:
        self.given += 1
        return CommandOrder(name, json.dumps(body), command_id or f"{self.case_id}:cmd:{self.given}", by, seen)

    async def give(
        self, by: Actor, name: str, *, seen: int | None = None, command_id: str | None = None, **body: Any
    ) -> str:
        """The events a command led to, or the code it was refused with.

        It is given once no call is under way: a procedure that drops a call in the moment in which it ends stands still
        on the test server for good (`ACTIVITY_UNKNOWN`; a real one takes no notice).
        """
        await self.desk.between_calls()
        order = self.order(by, name, seen, command_id, body)
        try:
            answer = await self.handle.execute_update(FreezeAppeal.give, order, id=order.command_id)
        except WorkflowUpdateFailedError as error:
            return f"refused: {getattr(error.cause, 'type', error.cause)}"
        return ", ".join(answer.events)

    async def ask(
        self, by: Actor, name: str, *, seen: int | None = None, command_id: str | None = None, **body: Any
    ) -> None:
        """The same as a signal."""
        await self.handle.signal(FreezeAppeal.ask, self.order(by, name, seen, command_id, body))

    def control(
        self, reason: str, kind: str, held_fen: int, source: str, *, at: str, by: Actor = OFFICER
    ) -> PlacedControl:
        self.placed += 1
        control_id = f"C-{self.case_id}-{self.placed}"
        ref = f"X-{control_id}"
        return PlacedControl(control_id, kind, reason, held_fen, ("all",), source, ref, by.name, at, self.terminal_sn)

    async def another_control(self, reason: str = "R02", *, kind: str = "settlement_hold", held_fen: int = 0) -> str:
        at = format_time(await self.desk.now())
        placed = self.control(reason, kind, held_fen, POLICY.reasons[reason].raised_by[0], at=at)
        fields = {name: getattr(placed, name) for name in placed.__dataclass_fields__}
        return await self.give(OFFICER, "add_control", control=fields)

    async def confirm(self) -> None:
        reason = (await self.case()).reason_code
        assert await self.give(OFFICER, "confirm_reason", reason_code=reason) == "ReasonConfirmed"

    async def draft(self) -> None:
        await self.confirm()
        assert await self.give(MERCHANT, "open_appeal", statement_ref="vault:1") == "AppealOpened"

    async def file(self, doc_type: str, *, by: Actor | None = None, valid_until: str | None = None) -> str:
        """The id of the document filed; whose paper it is follows from its type."""
        self.filed += 1
        document = {
            "document_id": f"{self.case_id}:{doc_type}:{self.filed}",
            "doc_type": doc_type,
            "sha256": f"{self.filed:064x}",
            "media_type": "image/png",
            "valid_until": valid_until,
        }
        by = by or (OFFICER_2 if doc_type in STAFF_FILED else MERCHANT)
        assert await self.give(by, "add_document", document=document) == "DocumentAdded"
        return str(document["document_id"])

    async def file_all(self) -> None:
        """Everything the reason asks for, the desk's own papers included."""
        case = await self.case()
        for requirement in case.evidence.requirements:
            if set(requirement) & {doc.doc_type for doc in case.evidence.documents if not doc.asked_anew}:
                continue
            await self.file(requirement[0])

    async def submit(self) -> None:
        assert await self.give(MERCHANT, "submit", declaration=True) == "CaseSubmitted"

    async def resubmit(self, *types: str) -> None:
        """What was asked for anew is filed, and the case goes back to review."""
        for doc_type in types or dict.fromkeys(item.doc_type for item in (await self.case()).evidence.asked):
            await self.file(doc_type)
        assert await self.give(MERCHANT, "resubmit") == "EvidenceResubmitted"

    async def in_review(self) -> Case:
        """The first decision is awaited, every control is in force and every paper read."""
        await self.draft()
        await self.file_all()
        await self.submit()
        await self.until(lambda case: all(control.in_force for control in case.standing_controls))
        return await self.until("in_review_1")

    async def approve(self, by: Actor, release_fen: int | None = None, *, seen: int | None = None, **less: int) -> str:
        """Approve a release of all that may be disposed of, less penalty and claims."""
        amounts = {"penalty_fen": 0, "claims_fen": 0} | less
        if release_fen is None:
            release_fen = disposable_fen(await self.case()) - sum(amounts.values())
        return await self.give(by, "approve", seen=seen, release_fen=release_fen, reason="evidence fits", **amounts)

    async def approved(self, release_fen: int | None = None, **less: int) -> None:
        """Both decisions are made; the release begins."""
        await self.in_review()
        assert await self.approve(REVIEWER_1, release_fen, **less) == "FirstApproval"
        if (await self.case()).status == "in_review_2":
            assert await self.approve(REVIEWER_2, release_fen, **less) == "SecondApproval"

    async def sent(self, release_fen: int | None = None, **less: int) -> Case:
        """Everything is done that can be before the bank speaks."""
        await self.approved(release_fen, **less)
        return await self.until_sent()

    async def until_sent(self) -> Case:
        return await self.until(lambda case: case.release.payout == "sent" and case.release.in_flight is None)

    async def under_way(self, name: str, *, tries: int = 500) -> Case:
        """The step `name` is in flight."""
        return await self.until(
            lambda case: (flying := case.release.in_flight) is not None and flying.name == name, tries=tries
        )

    async def bank_says(self, outcome: str = "confirmed", *, message_ref: str | None = None) -> str:
        """The bank's word on the last payout, as its signed message brings it."""
        steps = (await self.case()).release.steps
        step = next(step for step in reversed(steps) if step.name == "pay_out")
        ref = message_ref or f"bank:{self.case_id}:{step.n}"
        return await self.give(
            OFFICER, "answer_payout", step_key=step.planned.key, outcome=outcome, message_ref=ref, command_id=f"m:{ref}"
        )

    async def released(self) -> Case:
        """The release is carried out to its end."""
        await self.sent()
        await self.bank_says()
        return await self.until(lambda case: case.status in {"closed_released", "post_actions"})

    async def legal_hold(self, amount_fen: int, by: Actor = COMPLIANCE) -> str:
        document_id = await self.file("D24", by=by)
        return await self.give(
            by, "place_legal_hold", reason_code="J01", amount_fen=amount_fen, document_id=document_id
        )

    async def lift_legal_hold(self, by: Actor = COMPLIANCE) -> str:
        document_id = await self.file("D24", by=by)
        return await self.give(by, "lift_legal_hold", document_id=document_id)
