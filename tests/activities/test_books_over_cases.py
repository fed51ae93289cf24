"""Cases of every kind of luck, mixed with each other, over a ledger that fails: its books tell what the journal tells.

Each case is a random story that the rules allow (approvals, refusals, legal orders, bounces, reversals). Its effects
are asked of the real ledger as the procedures ask: again under the same key after an error, by key after a lost answer.
The ledger errs, loses answers and loses its connections in mid-transaction, as Hypothesis pleases.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.testing import ActivityEnvironment

from activities.calls import Call, UnavailableError, UnknownError
from activities.ledger import Ledger
from activities.reconciliation import Reconciliation
from domain import events as e
from domain import reconciliation
from domain.stream import Entry
from domain.wire import History, decode
from partners.kit import Settings, running
from partners.ledger import app
from tests.domain.properties.cooperation import Cooperation
from tests.domain.properties.moves import Moves
from tests.domain.properties.test_properties import a_world
from tests.domain.specification import CASE_ID
from workflows import orders, ports

numbers = count(1)
LONG_AGO = "1970-01-01"
UNSHRUNK = [phase for phase in Phase if phase is not Phase.shrink]


@dataclass(frozen=True)
class Act:
    """An effect that the story says took place, or may have."""

    effect: str
    order: ports.Order


def story(seed: int, case_id: str) -> tuple[Entry, ...]:
    """A case to which anything happened, under an id of its own."""
    throw = random.Random(seed)
    world = a_world(throw)
    moves, good_will = Moves(world, throw), Cooperation(world)
    share = throw.choice((75, 85))
    for _ in range(90):
        if good_will.over():
            break
        good_will.next_act() if moves.chance(share) else moves.any_move()
    return tuple(replace(entry, stream=case_id, data=entry.data.replace(CASE_ID, case_id)) for entry in world.entries)


def acts_of(entries: tuple[Entry, ...], case_id: str) -> Iterator[Act]:
    """What the ledger was asked for in this story, in its order, from the case as it stood when it was asked."""
    history = History()
    for entry in entries:
        event, case = decode(entry.type, entry.form, entry.data), history.case
        history = history.after([entry])
        match event:
            case e.ControlEnforced(effect="hold"):
                control = case.control(event.control_id)
                assert control is not None
                yield own(Act("ledger.hold", orders.for_control(case, control, "hold")), case_id)
            case e.StepDone() | e.StepUndone():
                step = next(step for step in case.release.steps if step.n == event.n)
                name, order = ports.STEPS[step.name], orders.for_step(case, step)
                if isinstance(event, e.StepUndone):
                    name, order = orders.for_reversal(case, step)
                if ports.EFFECTS[name] == "ledger":
                    yield own(Act(name, order), case_id)
            case _:
                pass
    in_flight = history.case.release.in_flight
    if in_flight and ports.EFFECTS[ports.STEPS[in_flight.name]] == "ledger" and len(entries) % 2:
        yield own(Act(ports.STEPS[in_flight.name], orders.for_step(history.case, in_flight)), case_id)


def own(act: Act, case_id: str) -> Act:
    """The act with names of controls that no other story has."""
    order = act.order
    named = replace(
        order,
        control_id=f"{order.control_id}@{case_id}",
        control_ids=tuple(f"{control_id}@{case_id}" for control_id in order.control_ids),
    )
    return Act(act.effect, named)


class Trouble:
    """The ledger, what goes wrong with it, and a caller as patient as the procedures are."""

    def __init__(self, client: httpx2.AsyncClient, database: str, dice: random.Random) -> None:
        self.client, self.database, self.dice = client, database, dice
        self.call = Call(client, "ledger")
        self.ledger = Ledger(self.call)

    async def bring_about(self, act: Act) -> None:
        """The act, with whatever goes wrong on the way."""
        faults = {"errors": self.dice.choice((0, 0, 0, 1, 2)), "lose_answers": self.dice.choice((0, 0, 1))}
        await self.client.put("/faults", json=faults)
        name = act.effect.partition(".")[2]
        async with asyncio.TaskGroup() as beside:
            if self.dice.random() < 0.06:
                beside.create_task(self.kill_connections())
            await self._insist(name, act)

    async def _insist(self, name: str, act: Act) -> None:
        for attempt in range(1, 20):
            environment = ActivityEnvironment()
            environment.info = replace(environment.info, attempt=attempt, heartbeat_timeout=timedelta(seconds=30))
            with suppress(UnknownError, UnavailableError):
                await environment.run(getattr(self.ledger, name), act.order)
                if self.dice.random() < 0.2:  # the worker died before it could say so: it is asked for once more
                    await environment.run(getattr(self.ledger, name), act.order)
                return
        raise AssertionError(f"{act} never came about")

    async def kill_connections(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.database, autocommit=True) as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'partner-ledger'"
            )


@pytest.fixture(scope="session")
async def mixed(postgres: str) -> AsyncIterator[tuple[httpx2.AsyncClient, str]]:
    """One ledger for all examples; each case of each example has its own id."""
    async with await psycopg.AsyncConnection.connect(postgres, autocommit=True) as administrator:
        await administrator.execute("CREATE DATABASE mixed_cases")
    database = postgres.replace("/postgres", "/mixed_cases")
    options = {"opening_fen": str(10**14)}
    async with running(app(Settings(database_url=database, options=options))) as client:
        yield client, database


@settings(max_examples=7, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seeds=st.lists(st.integers(0, 10**6), min_size=2, max_size=4, unique=True),
    luck=st.integers(0, 10**6),
)
async def test_any_interleaving_of_cases_crashes_and_retries_leaves_held_as_released_and_kept_and_remaining(
    mixed, seeds, luck
):
    client, database = mixed
    dice = random.Random(luck)  # what a broken connection breaks is not Hypothesis's to repeat
    cases = {case_id: story(seed, case_id) for seed in seeds for case_id in (f"FA-MIXED-{next(numbers)}",)}
    trouble, left = Trouble(client, database, dice), [list(acts_of(told, name)) for name, told in cases.items()]
    while left := [acts for acts in left if acts]:
        await trouble.bring_about(dice.choice(left).pop(0))
    await client.put("/faults", json={})

    books = Reconciliation(trouble.call, trouble.call, None)  # type: ignore[arg-type]
    for case_id, entries in cases.items():
        holds = (await client.get("/holds", params={"case_id": case_id})).json()["holds"]
        for hold in holds:
            gone = sum(hold[f"{name}_fen"] for name in ("released", "penalty", "claims", "network_penalty"))
            assert hold["held_fen"] == gone + hold["remaining_fen"]
        found = reconciliation.of_case(entries, await books._books(case_id), (), LONG_AGO)
        assert found == (), (case_id, seeds, luck)
    trial: dict[str, Any] = (await client.get("/trial-balance")).json()
    assert trial["difference_fen"] == 0


def test_the_stories_are_about_money():
    wanted = {
        "ledger.hold", "ledger.reserve", "ledger.ledger_release", "ledger.book_payout", "ledger.settle_payout",
        "ledger.resend_payout", "ledger.cancel_reservation",
    }  # fmt: skip

    for seed in range(200):
        wanted -= {act.effect for act in acts_of(story(seed, "FA-1"), "FA-1")}
        if not wanted:
            return
    raise AssertionError(f"no story has {wanted}")
