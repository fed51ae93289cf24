"""A partner that does not answer is left alone, its calls are held, and they come back one by one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from psycopg import OperationalError
from temporalio.testing import ActivityEnvironment

from activities.calls import Call, RefusedError, UnavailableError, UnknownError
from activities.circuit import FIRST_REST, MOST_REST, OPENS_AFTER, TRIAL_LASTS, Circuit, HeldError
from journal import Journal
from journal.circuits import Circuit as Standing
from journal.circuits import Circuits

MONDAY = datetime(2026, 11, 9, 10, tzinfo=UTC)


@dataclass
class Clock:
    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def passes(self, span: timedelta) -> None:
        self.at += span


@dataclass
class Notes:
    """What was written down."""

    all: list[Standing] = field(default_factory=list)

    async def __call__(self, standing: Standing) -> None:
        self.all.append(standing)

    @property
    def last(self) -> Standing:
        return self.all[-1]


@dataclass
class Partner:
    """A partner that answers with `status`, or not at all; `asked` counts what reached it."""

    status: int | None = None
    asked: int = 0

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        if self.status is None:
            raise httpx2.ConnectError("away", request=request)
        if self.status == 409:
            problem = {"content-type": "application/problem+json"}
            return httpx2.Response(409, json={"code": "no"}, headers=problem)
        return httpx2.Response(self.status, json={"ref": "R"})


@dataclass(frozen=True)
class Answer:
    ref: str


@dataclass
class Desk:
    clock: Clock
    notes: Notes
    partner: Partner
    call: Call
    circuit: Circuit

    async def get(self, attempt: int = 3, name: str = "1") -> Answer | None:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt, activity_id=name)
        return await environment.run(self.call.get, "/things/1", Answer)

    async def fails(self, times: int) -> None:
        for _ in range(times):
            with pytest.raises(UnavailableError):
                await self.get()


@pytest.fixture
def desk() -> Desk:
    clock, notes, partner = Clock(), Notes(), Partner()
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(partner.answer), base_url="http://partner")
    circuit = Circuit("terminals", notes, clock, lambda: 0.5)
    return Desk(clock, notes, partner, Call(client, "terminals", circuit), circuit)


async def test_after_some_calls_without_an_answer_nothing_more_is_sent(desk: Desk) -> None:
    await desk.fails(OPENS_AFTER + 10)
    assert desk.partner.asked == OPENS_AFTER
    assert (desk.notes.last.state, desk.notes.last.since, desk.notes.last.why) == ("open", MONDAY, "ConnectError")


@pytest.mark.parametrize(
    ("away", "distance"),
    [
        (timedelta(), FIRST_REST),
        (timedelta(minutes=40), timedelta(minutes=10)),
        (timedelta(days=3), timedelta(hours=1)),
    ],
)
async def test_held_calls_come_back_later_the_longer_the_partner_is_away_and_not_all_at_once(
    desk: Desk, away: timedelta, distance: timedelta
) -> None:
    await desk.fails(OPENS_AFTER)
    desk.clock.passes(away)
    await desk.fails(1)  # the trial, if one is due
    with pytest.raises(UnavailableError) as held:
        await desk.get()
    assert held.value.next_retry_delay == distance * 0.75
    assert "left alone" in str(held.value)


async def test_the_first_attempts_of_a_held_call_keep_to_their_own_policy(desk: Desk) -> None:
    await desk.fails(OPENS_AFTER)
    for attempt in (1, 2):
        with pytest.raises(UnavailableError) as held:
            await desk.get(attempt)
        assert held.value.next_retry_delay is None
    assert desk.partner.asked == OPENS_AFTER


async def test_one_call_tries_after_each_rest_and_the_rests_grow_to_their_most(desk: Desk) -> None:
    await desk.fails(OPENS_AFTER)
    rest = FIRST_REST
    for _ in range(8):
        desk.clock.passes(rest)
        asked = desk.partner.asked
        await desk.fails(3)
        assert desk.partner.asked == asked + 1
        rest = min(2 * rest, MOST_REST)
        assert desk.notes.last.next_try_at == desk.clock.at + rest


async def test_who_asks_for_a_trial_has_it_with_the_next_call_and_once(desk: Desk) -> None:
    wanted: list[datetime] = []

    async def asked(partner: str) -> datetime | None:
        assert partner == "terminals"
        return wanted[-1] if wanted else None

    desk.circuit.asked = asked
    wanted.append(desk.clock.at - timedelta(seconds=1))
    await desk.fails(OPENS_AFTER)
    desk.clock.passes(timedelta(seconds=2))
    await desk.fails(1)
    assert desk.partner.asked == OPENS_AFTER, "that was before the last failure"
    wanted.append(desk.clock.at)
    desk.clock.passes(timedelta(seconds=2))
    await desk.fails(4)
    assert desk.partner.asked == OPENS_AFTER + 1
    desk.partner.status = 200
    wanted.append(desk.clock.at + timedelta(seconds=1))
    desk.clock.passes(timedelta(seconds=2))
    assert await desk.get() == Answer("R")
    assert desk.notes.last.state == "closed"


async def test_an_answer_to_the_trial_lets_all_calls_through_again(desk: Desk) -> None:
    await desk.fails(OPENS_AFTER)
    desk.clock.passes(FIRST_REST)
    desk.partner.status = 200
    for _ in range(3):
        assert await desk.get() == Answer("R")
    assert desk.partner.asked == OPENS_AFTER + 3
    assert (desk.notes.last.state, desk.notes.last.held, desk.notes.last.answered_at) == ("closed", 0, desk.clock.at)


async def test_after_an_answer_it_takes_as_many_failures_again(desk: Desk) -> None:
    await desk.fails(OPENS_AFTER - 1)
    desk.partner.status = 200
    await desk.get()
    desk.partner.status = None
    await desk.fails(OPENS_AFTER - 1)
    asked = desk.partner.asked
    await desk.fails(1)
    assert desk.partner.asked == asked + 1


@pytest.mark.parametrize(("status", "error"), [(409, RefusedError), (429, UnavailableError)])
async def test_a_refusal_and_a_plea_for_patience_are_answers(desk: Desk, status: int, error: type[Exception]) -> None:
    desk.partner.status = status
    for _ in range(OPENS_AFTER + 3):
        with pytest.raises(error):
            await desk.get()
    assert desk.partner.asked == OPENS_AFTER + 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_is_none(desk: Desk, status: int) -> None:
    desk.partner.status = status
    await desk.fails(OPENS_AFTER + 3)
    assert desk.partner.asked == OPENS_AFTER
    assert desk.notes.last.why == f"answered {status}"


async def test_while_a_trial_is_under_way_no_other_call_is_sent_unless_it_is_lost() -> None:
    clock = Clock()
    circuit = Circuit("terminals", now=clock, share=lambda: 0.0)
    for _ in range(OPENS_AFTER):
        async with circuit.call() as call:
            call.fails("ConnectError")
    clock.passes(FIRST_REST)
    async with circuit.call():
        with pytest.raises(HeldError):
            async with circuit.call():
                pass
        clock.passes(TRIAL_LASTS + timedelta(seconds=1))
        async with circuit.call() as second:
            second.answers()
    assert not circuit.is_open


async def test_a_trial_that_is_cancelled_is_followed_by_another(desk: Desk) -> None:
    circuit = Circuit("terminals", now=desk.clock)
    for _ in range(OPENS_AFTER):
        async with circuit.call() as call:
            call.fails("ConnectError")
    desk.clock.passes(FIRST_REST)
    with pytest.raises(KeyboardInterrupt):
        async with circuit.call():
            raise KeyboardInterrupt
    async with circuit.call() as call:
        call.answers()
    assert not circuit.is_open


async def test_held_calls_are_counted_once_however_often_they_come(desk: Desk) -> None:
    await desk.fails(OPENS_AFTER)
    for _ in range(3):
        for name in ("1", "2", "3"):
            with pytest.raises(UnavailableError):
                await desk.get(name=name)
        desk.clock.passes(timedelta(seconds=20))
    assert desk.notes.last.held == 3


async def test_what_has_not_changed_is_written_down_now_and_then_only(desk: Desk) -> None:
    desk.partner.status = 200
    for _ in range(60):
        await desk.get()
        desk.clock.passes(timedelta(seconds=1))
    assert len(desk.notes.all) == 4


async def test_that_nothing_can_be_written_down_keeps_no_call_from_being_made() -> None:
    async def away(standing: Standing) -> None:
        raise OperationalError("the connection is gone")

    circuit = Circuit("terminals", away, Clock())
    async with circuit.call() as call:
        call.answers()


async def test_a_lost_answer_counts_as_none_and_stays_unknown(desk: Desk) -> None:
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("silent", request=request)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(broken), base_url="http://partner")
    call = Call(client, "terminals", Circuit("terminals", desk.notes, desk.clock))
    for _ in range(OPENS_AFTER):
        with pytest.raises(UnknownError):
            await call.effect("/things", {}, "K", Answer)
    assert (desk.notes.last.state, desk.notes.last.why) == ("open", "ReadTimeout")


async def test_the_newest_news_of_a_partner_stands_in_the_journal(journal: Journal) -> None:
    circuits = Circuits(journal.pool)
    answered = Standing("bank", "closed", None, "", 0, None, MONDAY, MONDAY)
    later = MONDAY + timedelta(minutes=5)
    away = Standing("bank", "open", MONDAY, "ConnectError", 7, later, None, later)
    await circuits.note(answered)
    await circuits.note(away)
    await circuits.note(answered)
    assert await circuits.all() == (replace(away, answered_at=MONDAY),)
    assert await circuits.ask("bank", later, "engineer1")
    assert await circuits.asked("bank") == later
    assert not await circuits.ask("nobody", later, "engineer1")
