"""One key, one request, one answer."""

import asyncio
from datetime import timedelta

import pytest
from psycopg import Rollback

from journal.idempotency import Fresh, Idempotency, InFlight, Replay, Reused

REQUEST = ("officer1", "key-1", "POST", "/api/v1/controls", "aa" * 32)
ANSWER = (201, {"content-type": "application/json", "location": "/api/v1/cases/FA-1"}, '{"name":"李小龙"}'.encode())


@pytest.fixture
def idempotency(pool, vault, clock):
    return Idempotency(pool, vault, clock=clock)


@pytest.fixture
async def answered(idempotency):
    """The request was made once, and answered."""
    assert await idempotency.finish(await idempotency.begin(*REQUEST), *ANSWER)


async def test_a_new_key_is_fresh(idempotency):
    assert isinstance(await idempotency.begin(*REQUEST), Fresh)


async def test_the_same_request_again_gets_the_same_answer(idempotency, answered):
    assert await idempotency.begin(*REQUEST) == Replay(*ANSWER)


async def test_a_body_of_any_bytes_comes_back(idempotency):
    await idempotency.finish(await idempotency.begin(*REQUEST), 200, {}, bytes(range(256)))
    assert (await idempotency.begin(*REQUEST)).body == bytes(range(256))


async def test_a_request_being_worked_on_is_in_flight(idempotency):
    await idempotency.begin(*REQUEST)
    assert await idempotency.begin(*REQUEST) == InFlight()


@pytest.mark.parametrize(
    "other",
    [
        ("PUT", "/api/v1/controls", "aa" * 32),
        ("POST", "/api/v1/cases", "aa" * 32),
        ("POST", "/api/v1/controls", "bb" * 32),
    ],
    ids=["method", "path", "body"],
)
async def test_the_key_with_another_request_is_reused(idempotency, answered, other):
    assert await idempotency.begin("officer1", "key-1", *other) == Reused()


async def test_reuse_is_told_while_the_first_request_is_in_flight_too(idempotency):
    await idempotency.begin(*REQUEST)
    assert await idempotency.begin(*REQUEST[:4], "bb" * 32) == Reused()


async def test_another_callers_key_is_another_key(idempotency, answered):
    assert isinstance(await idempotency.begin("officer2", *REQUEST[1:]), Fresh)


async def test_of_many_at_once_one_does_the_work(idempotency):
    begun = await asyncio.gather(*(idempotency.begin(*REQUEST) for _ in range(4)))
    assert sorted(type(one).__name__ for one in begun) == ["Fresh", "InFlight", "InFlight", "InFlight"]


async def test_an_answer_is_kept_for_48_hours(idempotency, answered, clock):
    clock.pass_by(timedelta(hours=47, minutes=59))
    assert await idempotency.begin(*REQUEST) == Replay(*ANSWER)
    clock.pass_by(timedelta(minutes=1))
    assert isinstance(await idempotency.begin(*REQUEST), Fresh)


async def test_an_expired_key_may_serve_another_request(idempotency, answered, clock):
    clock.pass_by(timedelta(hours=48))
    assert isinstance(await idempotency.begin(*REQUEST[:4], "bb" * 32), Fresh)


async def test_an_abandoned_key_can_be_taken_at_once(idempotency):
    await idempotency.abandon(await idempotency.begin(*REQUEST))
    assert isinstance(await idempotency.begin(*REQUEST), Fresh)


async def test_an_answered_key_cannot_be_abandoned(idempotency):
    fresh = await idempotency.begin(*REQUEST)
    await idempotency.finish(fresh, *ANSWER)
    await idempotency.abandon(fresh)
    assert await idempotency.begin(*REQUEST) == Replay(*ANSWER)


async def test_a_dead_attempt_loses_its_key_after_its_lease(idempotency, clock):
    dead = await idempotency.begin(*REQUEST)
    clock.pass_by(timedelta(seconds=60))
    alive = await idempotency.begin(*REQUEST)
    assert isinstance(alive, Fresh)
    assert not await idempotency.finish(dead, 500, {}, b"too late")
    assert await idempotency.finish(alive, *ANSWER)
    assert await idempotency.begin(*REQUEST) == Replay(*ANSWER)


async def test_a_dead_attempts_key_is_not_given_to_another_request(idempotency, clock):
    await idempotency.begin(*REQUEST)
    clock.pass_by(timedelta(seconds=60))
    assert await idempotency.begin(*REQUEST[:4], "bb" * 32) == Reused()


async def test_an_answer_stands_only_with_the_work_it_tells_of(idempotency, pool):
    fresh = await idempotency.begin(*REQUEST)
    async with pool.connection() as connection, connection.transaction():
        await idempotency.finish(fresh, *ANSWER, within=connection)
        raise Rollback
    assert await idempotency.begin(*REQUEST) == InFlight()


async def test_answers_lie_sealed_in_the_database(answered, pool):
    async with pool.connection() as connection:
        row = await (await connection.execute("select k::text from journal.idempotency_keys k")).fetchone()
    assert "李小龙".encode().hex() not in row[0]
    assert "application/json" not in row[0]


async def test_expired_answers_are_purged_and_no_others(idempotency, answered, clock):
    clock.pass_by(timedelta(hours=24))
    await idempotency.begin("officer1", "key-2", *REQUEST[2:])
    clock.pass_by(timedelta(hours=24))
    assert await idempotency.purge() == 1
    assert await idempotency.begin("officer1", "key-2", *REQUEST[2:4], "bb" * 32) == Reused()
