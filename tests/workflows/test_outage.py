"""Scenario 6: terminal management is away from Friday 18:00 to Monday 18:00 with 214 releases under way. None is lost
and none doubled, merchants are told, and each terminal is unlocked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx2
import pytest

from activities.calls import Call
from activities.circuit import OPENS_AFTER, Circuit, engine_time
from domain import commands as c
from domain.actors import SYSTEM, Actor
from domain.business_time import format_time
from domain.case import Case
from domain.commands import Asked
from domain.controls import freeze
from domain.events import FiledDocument
from domain.freeze_appeal import decide
from domain.wire import History
from tests.workflows.world import (
    MERCHANT,
    OFFICER,
    OFFICER_2,
    POLICY,
    REVIEWER_1,
    Appeal,
    Desk,
)

MANY_TRIES = 15_000
"""As many cases take longer than one: five minutes."""
FRIDAY = "2026-11-06T18:00:00+08:00"

DeskOn = Callable[[str], AbstractAsyncContextManager[Desk]]


@dataclass
class TerminalManagement:
    """Terminal management over HTTP: away or there; what reached it and when, and how often each effect took place."""

    away: bool = True
    reached: list[datetime] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.reached.append(engine_time())
        if self.away:
            raise httpx2.ConnectError("nobody listens", request=request)
        if request.method == "POST":
            key = request.headers["idempotency-key"]
            self.effects[key] += 1
            return httpx2.Response(201, json={"ref": key})
        key = request.url.path.removeprefix("/effects/")
        if key not in self.effects:
            problem = {"content-type": "application/problem+json"}
            return httpx2.Response(404, json={"code": "no-such-effect"}, headers=problem)
        return httpx2.Response(200, json={"answer": {"ref": key}})

    def call(self) -> Call:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self.answer), base_url="http://terminals")
        return Call(client, "terminals", Circuit("terminals"))


async def approved(desk: Desk, held_fen: int = 0) -> Appeal:
    """A case whose terminal's release is approved, as its journal has it; nothing of it is carried out yet. With money
    held the release pays it out."""
    appeal = desk.appeal()
    at = format_time(await desk.now())
    kind, effect = ("settlement_hold", "hold") if held_fen else ("txn_block", "block")
    placed = appeal.control("R01", kind, held_fen, POLICY.reasons["R01"].raised_by[0], at=at)
    history = History()

    def asked(by: Actor) -> Asked:
        return Asked(f"{appeal.case_id}:told:{history.head.position}", by, at)

    async def write(events: object, by: Actor) -> History:
        assert isinstance(events, tuple), events
        entries = await appeal.write(history, events, asked(by))
        return history.after(entries)

    async def give(command: c.Command, by: Actor = SYSTEM) -> History:
        return await write(decide(history.case, command, asked(by), POLICY), by)

    opening = freeze(appeal.case_id, placed, MERCHANT.merchant_no or "", "company", asked(OFFICER), POLICY)
    history = await write(opening, OFFICER)
    history = await give(c.RecordEnforcement(placed.control_id, effect))
    history = await give(c.ConfirmReason("R01"), OFFICER)
    history = await give(c.OpenAppeal("vault:1"), MERCHANT)
    for number, (doc_type, *_) in enumerate(history.case.evidence.requirements, 1):
        paper = FiledDocument(f"{appeal.case_id}:{doc_type}", doc_type, f"{number:064x}", "image/png")
        history = await give(c.AddDocument(paper), OFFICER_2 if doc_type == "D23" else MERCHANT)
    history = await give(c.Submit(declaration=True), MERCHANT)
    papers = tuple(c.CheckedDocument(doc.document_id, "passed") for doc in history.case.evidence.documents)
    history = await give(c.RecordChecks(papers))
    await give(c.Approve(held_fen, 0, 0, "evidence fits"), REVIEWER_1)
    return appeal


@pytest.mark.parametrize("number", [12, pytest.param(214, marks=[pytest.mark.chaos, pytest.mark.timeout(3600)])])
async def test_three_days_without_terminal_management_lose_and_double_nothing(desk_on: DeskOn, number: int) -> None:
    async with desk_on(FRIDAY) as desk:
        await desk.engine.restart_cases(remembers=2 * number)  # a worker that must forget stands still on this server
        management = TerminalManagement()
        desk.hands.routes["terminals"] = management.call()
        appeals = [await approved(desk) for _ in range(number)]
        for appeal in appeals:
            await appeal.start()
        for appeal in appeals:
            await appeal.under_way("unblock_terminal", tries=MANY_TRIES)

        for _ in range(3 * 24):
            await desk.sleep(timedelta(hours=1))  # the test server bears no longer nap beside so many retries

        waiting = [await appeal.case() for appeal in appeals]
        assert {case.status for case in waiting} == {"executing"}
        assert not management.effects
        trials = len(management.reached)
        assert OPENS_AFTER <= trials < 3 * 24 * 12 + 2 * OPENS_AFTER  # one in five minutes, and those that found out
        told = Counter(notice.notice for notice in desk.hands.notices.values())
        assert (told["release_delayed"], told["step_delayed"]) == (number, number)

        management.away = False
        await desk.sleep(timedelta(hours=2))

        closed = [await appeal.until(closed_and_told, tries=MANY_TRIES) for appeal in appeals]
        assert all(case.controls[0].lifted for case in closed)
        unlocked = Counter(management.effects)
        assert unlocked == {step_key(case): 1 for case in closed}
        assert set(management.effects.values()) == {1}
        assert busiest_minute(management.reached[trials:]) < number / 2
        stories = {tuple(sorted(await appeal.types())) for appeal in appeals}
        assert len(stories) == 1


def closed_and_told(case: Case) -> bool:
    """Of many the last may be closed a moment before its merchant is told so."""
    return case.status == "closed_released" and not case.owed


def step_key(case: Case) -> str:
    return next(step.planned.key for step in case.release.steps if step.name == "unblock_terminal")


def busiest_minute(moments: list[datetime]) -> int:
    """The most calls within any minute."""
    ordered = sorted(moments)
    return max(sum(1 for other in ordered if moment <= other < moment + timedelta(minutes=1)) for moment in ordered)
