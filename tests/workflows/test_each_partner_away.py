"""Ledger, risk, bank and status reporting are each away from Friday 18:00 to Monday 18:00: only what needs them waits,
they are left alone meanwhile, and nothing is lost or doubled."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import httpx2
import pytest

from activities.calls import Call
from activities.circuit import OPENS_AFTER, Circuit
from tests.workflows.test_outage import FRIDAY, DeskOn, approved
from tests.workflows.world import Appeal, Desk
from workflows import ports

HELD = 100_000
"""Fen: so little that one reviewer decides."""
EACH = 2
"""Cases that wait for each partner."""
AWAY_AT = {
    "ledger": "reserve", "risk": "lift_risk_rule", "bank": "pay_out", "status": "report_status",
}  # fmt: skip
"""The partners, and the step at which each one's cases wait."""


@dataclass
class Partner:
    """A partner over HTTP that is away for some cases; how often it was called for them, and which effects took
    place."""

    name: str
    away_for: set[str] = field(default_factory=set)
    knocks: int = 0
    effects: Counter[str] = field(default_factory=Counter)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        asked = request.method == "POST"
        key = request.headers["idempotency-key"] if asked else request.url.path.removeprefix("/effects/")
        if key.partition(":")[0] in self.away_for:
            self.knocks += 1
            raise httpx2.ConnectError("nobody listens", request=request)
        if asked:
            self.effects[key] += 1
            return httpx2.Response(201, json={"ref": key})
        if key in self.effects:
            return httpx2.Response(200, json={"answer": {"ref": key}})
        problem = {"content-type": "application/problem+json"}
        return httpx2.Response(404, json={"code": "no-such-effect"}, headers=problem)

    def call(self) -> Call:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self.answer), base_url=f"http://{self.name}")
        return Call(client, self.name, Circuit(self.name))


@pytest.mark.chaos
async def test_whichever_partner_is_away_for_three_days_only_what_needs_it_waits_and_nothing_is_lost_or_doubled(
    desk_on: DeskOn,
) -> None:
    async with desk_on(FRIDAY) as desk:
        partners = {name: Partner(name) for name in AWAY_AT}
        desk.hands.routes |= {name: partner.call() for name, partner in partners.items()}
        appeals = {name: await several(desk) for name in AWAY_AT}
        for name, waiting in appeals.items():
            partners[name].away_for = {appeal.case_id for appeal in waiting}
        every = [appeal for waiting in appeals.values() for appeal in waiting]

        for appeal in every:
            await appeal.start()
        for _ in range(3 * 24):
            await desk.sleep(timedelta(hours=1))

        for name, waiting in appeals.items():
            for appeal in waiting:
                assert (await appeal.under_way(AWAY_AT[name])).status == "executing"
        for partner in partners.values():
            assert OPENS_AFTER <= partner.knocks < 3 * 24 * 12 + EACH * OPENS_AFTER, partner.name
            partner.away_for = set()
        for _ in range(2):
            await desk.sleep(timedelta(hours=1))

        for appeal in every:
            await appeal.until_sent()
            await appeal.bank_says()
        closed = [await appeal.until("closed_released") for appeal in every]

        assert [case.remaining_fen for case in closed] == [0] * len(every)
        for name, partner in partners.items():
            asked = {
                step.planned.key
                for case in closed
                for step in case.release.steps
                if ports.EFFECTS[ports.STEPS[step.name]] == name
            }
            assert asked <= set(partner.effects), name
            assert set(partner.effects.values()) == {1}, name


async def several(desk: Desk) -> list[Appeal]:
    return [await approved(desk, HELD) for _ in range(EACH)]
