"""What can be guessed may be tried a few times: by many at once no more than by one in a row."""

import asyncio
from datetime import timedelta

import pytest

from journal.tries import Limit, Tries

THREE = Limit(3, timedelta(minutes=10))


@pytest.fixture
def tries(pool, clock):
    return Tries(pool, clock)


async def test_after_the_last_try_one_waits_until_the_first_is_forgotten(tries, clock):
    for _ in range(3):
        assert await tries.take("x", THREE) == 0
        clock.moment += timedelta(minutes=1)
    wait = await tries.take("x", THREE)
    assert wait == 7 * 60 + 1
    clock.moment += timedelta(seconds=wait)
    assert await tries.take("x", THREE) == 0
    assert await tries.take("x", THREE) > 0


async def test_waiting_tries_do_not_make_the_wait_longer(tries, clock):
    for _ in range(9):
        await tries.take("x", THREE)
    clock.moment += timedelta(minutes=10)
    assert await tries.take("x", THREE) == 0


async def test_of_many_at_once_only_the_allowed_number_is_let_through(tries):
    answers = await asyncio.gather(*(tries.take("x", THREE) for _ in range(12)))
    assert sum(1 for answer in answers if answer == 0) == 3


async def test_a_right_answer_forgives_the_wrong_ones_before_it(tries):
    for _ in range(4):
        await tries.take("x", THREE)
    await tries.forgive("x")
    assert await tries.take("x", THREE) == 0


async def test_another_process_counts_the_same_tries(tries, pool, clock):
    for _ in range(3):
        await tries.take("x", THREE)
    assert await Tries(pool, clock).take("x", THREE) > 0
    assert await tries.take("y", THREE) == 0


async def test_the_table_does_not_tell_what_was_guessed_at_and_forgets_in_time(tries, pool, clock):
    await tries.take("login:chen", THREE)
    async with pool.connection() as connection:
        row = await (await connection.execute("select t::text from journal.tries t")).fetchone()
    assert "chen" not in row[0]
    assert await tries.purge() == 0
    clock.moment += timedelta(minutes=11)
    assert await tries.purge() == 1
