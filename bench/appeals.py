"""Whole freeze appeals on the real procedure: opened in the journal, worked on by people's commands as Updates."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from time import perf_counter
from typing import Any

from temporalio.client import Client, WorkflowHandle

from bench import stories
from bench.partners import Heard
from bench.stories import MERCHANT, OFFICER, REVIEWER_1, REVIEWER_2
from domain.actors import Actor
from domain.case import Case, Status
from journal import Journal
from journal.relay import Relay
from workers.starting import start_case
from workflows.freeze_appeal import FreezeAppeal
from workflows.messages import CommandOrder

BANK = Actor("bank", ("system",))


@cache
def _told() -> Case:
    """A case as it stands at its end: all of them take the same course."""
    *_, story = stories.tell("TOLD")
    return story.case


def _required() -> tuple[tuple[str, ...], ...]:
    return _told().evidence.requirements


def _payout_step() -> int:
    return next(step.n for step in _told().release.steps if step.name == "pay_out")


class Appeal:
    """One case, driven from its first notice to closed books."""

    def __init__(self, client: Client, journal: Journal, heard: Heard, case_id: str) -> None:
        self.case_id = case_id
        self.decisions: list[float] = []
        self._client, self._journal, self._heard = client, journal, heard
        self._given = 0

    @property
    def handle(self) -> WorkflowHandle[FreezeAppeal, str]:
        return self._client.get_workflow_handle_for(FreezeAppeal.run, self.case_id)

    async def run(self) -> None:
        """The whole case. `decisions` has how many seconds each approval took."""
        await self.open()
        await self.to_review()
        for reviewer in (REVIEWER_1, REVIEWER_2):
            began = perf_counter()
            await self._give(reviewer, "approve", **asdict(stories.APPROVAL))
            self.decisions.append(perf_counter() - began)
        await self._heard.wait(self.case_id, "status.report_status")
        paid = f"{self.case_id}:step:{_payout_step()}"
        await self._give(BANK, "answer_payout", step_key=paid, outcome="confirmed", message_ref=f"bank:{self.case_id}")
        await self._heard.wait(self.case_id, Status.CLOSED_RELEASED)

    async def open(self) -> None:
        """Intake writes the case, and the relay starts it."""
        await stories.write(self._journal, stories.intake(self.case_id))
        relay = Relay(self._journal.pool)
        for case in await relay.cases([self.case_id]):
            await start_case(self._client, case)
        await relay.mark_started([self.case_id])

    async def to_review(self) -> None:
        """The officer and the merchant do their part, and the machine reads the papers."""
        await self._give(OFFICER, "confirm_reason", reason_code=stories.REASON)
        await self._give(MERCHANT, "open_appeal", statement_ref="vault:1")
        for paper, by in stories.papers(self.case_id, _required()):
            await self._give(by, "add_document", document=asdict(paper))
        await self._give(MERCHANT, "submit", declaration=True)
        await self._heard.wait(self.case_id, Status.IN_REVIEW_1)

    async def watched(self) -> None:
        """The watch over the released terminal has begun."""
        await self._heard.wait(self.case_id, "risk.monitor")

    async def _give(self, by: Actor, name: str, **body: Any) -> None:
        self._given += 1
        order = CommandOrder(name, json.dumps(body), f"{self.case_id}:cmd:{self._given}", by)
        await self.handle.execute_update(FreezeAppeal.give, order, id=order.command_id)
