"""A session is somebody's for as long as it is used, and its owner sees it and can end it."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from journal.people import NoSuchUserError, People, User
from journal.sessions import SESSION_IDLE, SESSION_LIFE, Entrance, Sessions

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
REVIEWER = User("reviewer1", "审核员一", frozenset({"reviewer"}))
OFFICER = User("officer1", "经办一", frozenset({"officer"}))


@pytest.fixture
async def sessions(pool, clock):
    """The sessions of a reviewer and an officer, none yet."""
    people = People(pool, hasher=CHEAP, clock=clock)
    await people.add(REVIEWER, "x")
    await people.add(OFFICER, "x")
    return Sessions(pool, clock)


async def test_a_session_knows_its_user_and_its_csrf_secret(sessions):
    session_id, opened = await sessions.open("reviewer1", Entrance("oidc"))
    found = await sessions.find(session_id)
    assert found == opened
    assert (found.user, found.method) == (REVIEWER, "oidc")
    assert found.csrf_secret != session_id


async def test_a_session_ends_by_itself_however_much_it_is_used(sessions, clock):
    session_id, session = await sessions.open("reviewer1")
    for _ in range(SESSION_LIFE // timedelta(hours=1)):
        assert await sessions.find(session_id) is not None
        clock.pass_by(timedelta(hours=1))
        await sessions.touch(session)
    assert await sessions.find(session_id) is None
    assert await sessions.purge() == 1


async def test_a_session_that_nobody_uses_ends_early(sessions, clock):
    session_id, session = await sessions.open("reviewer1")
    clock.pass_by(SESSION_IDLE - timedelta(minutes=1))
    await sessions.touch(session)
    clock.pass_by(SESSION_IDLE - timedelta(minutes=1))
    assert await sessions.find(session_id) is not None
    clock.pass_by(timedelta(minutes=1))
    assert await sessions.find(session_id) is None
    assert await sessions.of("reviewer1") == ()


async def test_a_session_ends_when_it_is_closed(sessions):
    session_id, _ = await sessions.open("reviewer1")
    for _ in range(2):
        await sessions.close(session_id)
    assert await sessions.find(session_id) is None


async def test_an_owner_sees_their_sessions_and_ends_one_or_all_others(sessions, clock):
    first, here = await sessions.open("reviewer1", Entrance("password", "203.0.113.0/24", "Firefox"))
    clock.pass_by(timedelta(minutes=5))
    second, there = await sessions.open("reviewer1", Entrance("oidc", "198.51.100.0/24", "Safari"))
    third, _ = await sessions.open("reviewer1")
    listed = {one.number: (one.method, one.origin, one.agent) for one in await sessions.of("reviewer1")}
    assert listed[here.number] == ("password", "203.0.113.0/24", "Firefox")
    assert listed[there.number] == ("oidc", "198.51.100.0/24", "Safari")
    assert await sessions.revoke("reviewer1", there.number)
    assert await sessions.find(second) is None
    assert not await sessions.revoke("reviewer1", there.number)
    assert await sessions.revoke_others("reviewer1", here.number) == 1
    assert await sessions.find(third) is None
    assert await sessions.find(first) is not None


async def test_nobody_ends_a_session_of_another(sessions):
    session_id, session = await sessions.open("officer1")
    assert not await sessions.revoke("reviewer1", session.number)
    assert await sessions.revoke_others("reviewer1", 0) == 0
    assert await sessions.find(session_id) is not None


async def test_the_table_does_not_hold_the_session_id(sessions, pool):
    session_id, _ = await sessions.open("reviewer1")
    async with pool.connection() as connection:
        row = await (await connection.execute("select s::text from journal.sessions s")).fetchone()
    assert session_id not in row[0]


async def test_nobody_gets_no_session(sessions):
    with pytest.raises(NoSuchUserError):
        await sessions.open("nobody")
