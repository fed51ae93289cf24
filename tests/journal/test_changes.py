"""Listeners hear of what was committed, and are told to look when they may have missed something."""

from contextlib import aclosing

import psycopg

from journal.changes import changes
from journal.inbox import Inbox


async def test_a_new_case_and_a_stored_command_wake_the_relay(journal, writer, database):
    async with aclosing(changes(database, "thaw_relay", at_least_every=60)) as heard:
        assert await anext(heard) is None

        await writer("FA-1").append(journal, "open")
        assert await anext(heard) == ""

        await Inbox(journal.pool).put("c1", "FA-1", "submit", {}, "merchant:merchant1")
        assert await anext(heard) == ""


async def test_a_changed_task_is_named(journal, case, a_task, database):
    async with aclosing(changes(database, "thaw_queue", at_least_every=60)) as heard:
        assert await anext(heard) is None

        await case.append(journal, "review", tasks=[a_task("t1")])

        assert await anext(heard) == "t1"


async def test_silence_is_broken_by_a_reminder_to_look(journal, database):
    async with aclosing(changes(database, "thaw_queue", at_least_every=0.01)) as heard:
        assert [await anext(heard), await anext(heard), await anext(heard)] == [None, None, None]


async def test_a_listener_whose_connection_was_lost_looks_and_listens_again(journal, case, a_task, database):
    async with aclosing(changes(database, "thaw_queue", at_least_every=60, retry_after=0)) as heard:
        await anext(heard)
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as superuser:
            await superuser.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                "where datname = current_database() and query like 'listen%'"
            )

        assert await anext(heard) is None
        await case.append(journal, "review", tasks=[a_task("t1")])
        assert await anext(heard) == "t1"
