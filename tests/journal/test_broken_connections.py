"""Connections that break: nothing is lost, nothing is written twice, and the pool finds its way back."""

import asyncio
import json
from contextlib import suppress

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.stream import first_break
from journal import Journal, writing
from journal.connections import open_pool


class Wire:
    """A wire to PostgreSQL that can be cut."""

    def __init__(self, database: str) -> None:
        self._to = conninfo_to_dict(database)
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.lose_next_answer = False

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.url = make_conninfo(**{**self._to, "port": self._server.sockets[0].getsockname()[1], "host": "127.0.0.1"})
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        await self.cut()

    async def cut(self) -> None:
        for writer in self._writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        self._writers.clear()
        await asyncio.gather(*self._tasks)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(self._to["host"], int(self._to["port"]))
        pair = [writer, to_server]
        self._writers += pair
        for coroutine in (self._pump(reader, to_server), self._pump(from_server, writer, pair)):
            task = asyncio.create_task(coroutine)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, answers_of: list[asyncio.StreamWriter] = ()
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if answers_of and self.lose_next_answer:
                    self.lose_next_answer = False
                    break
                target.write(data)
                await target.drain()
        for writer in answers_of or [target]:
            writer.close()


@pytest.fixture
async def wire(database, journal):
    async with Wire(database) as cuttable:
        yield cuttable


async def test_an_append_whose_answer_was_lost_is_a_duplicate_when_repeated(wire, case):
    async with await Journal.open(wire.url) as journal:
        await case.append(journal, "confirm", "ReasonConfirmed", "NoticeSent")  # its statement is prepared by now
        request = case.request("submit", "CaseSubmitted", "NoticeSent")
        wire.lose_next_answer = True
        with pytest.raises(psycopg.OperationalError):
            await journal.append(request)

        answer = json.loads(await journal.append(request))

        assert answer["outcome"] == "duplicate"
        assert [entry["type"] for entry in answer["entries"]] == ["CaseSubmitted", "NoticeSent"]


async def test_an_append_killed_before_it_was_written_is_written_by_the_repeat(journal, case, database):
    request = case.request("confirm")
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as watcher:
        async with await psycopg.AsyncConnection.connect(database) as blocker:
            await blocker.execute("select from journal.streams for update")
            append = asyncio.create_task(journal.append(request))
            killed = None
            while killed is None:
                killed = await (
                    await watcher.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity "
                        "where datname = current_database() and wait_event_type = 'Lock'"
                    )
                ).fetchone()
            with pytest.raises(psycopg.OperationalError):
                await append

        assert json.loads(await journal.append(request))["outcome"] == "ok"
        assert len(await journal.read(case.stream)) == 2


async def test_whatever_breaks_each_command_is_written_exactly_once(journal, writer, database):
    """Eight writers on four streams, while every connection of theirs is killed again and again."""
    finished = asyncio.Event()

    async def insist(stream: str, number: int) -> None:
        mine = writer(stream)
        for command in range(6):
            outcome = None
            while outcome not in ("ok", "duplicate"):
                with suppress(psycopg.OperationalError):
                    await mine.catch_up(journal)
                    outcome = (await mine.append(journal, f"{number}-{command}", "Noted", "Noted")).outcome

    async def kill() -> None:
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as killer:
            while not finished.is_set():
                await killer.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                    "and pid <> pg_backend_pid() and state = 'active' limit 1"
                )

    killing = asyncio.create_task(kill())
    await asyncio.gather(*(insist(f"FA-{number % 4}", number) for number in range(8)))
    finished.set()
    await killing

    for stream in range(4):
        entries = await journal.read(f"FA-{stream}")
        expected = [f"{number}-{command}" for number in (stream, stream + 4) for command in range(6) for _ in range(2)]
        assert sorted(entry.command_id for entry in entries) == sorted(expected)
        assert first_break(entries) is None


async def test_a_connection_that_died_while_idle_is_never_handed_out(wire, case):
    async with await Journal.open(wire.url, min_size=2) as journal:
        await journal.read(case.stream)
        await wire.cut()

        assert len(await journal.read(case.stream)) == 1


async def test_who_is_cancelled_in_mid_append_leaves_a_connection_fit_for_others(database, writer, monkeypatch):
    case, another = writer("FA-1"), writer("FA-2")
    answered = writing._answer

    async def and_cancelled(connection):
        await answered(connection)
        raise asyncio.CancelledError

    async with await Journal.open(database, min_size=1, max_size=1) as journal:
        monkeypatch.setattr(writing, "_answer", and_cancelled)
        with pytest.raises(asyncio.CancelledError):
            await journal.append(case.request("c1", "A"))
        monkeypatch.setattr(writing, "_answer", answered)
        assert (await case.append(journal, "c1", "A")).outcome == "ok"
        assert (await another.append(journal, "c2", "A")).outcome == "ok"


async def test_a_statement_that_the_server_forgot_is_prepared_again_and_no_other_is(database, writer):
    async with await Journal.open(database, min_size=1, max_size=1) as journal:
        for command_id in ("c1", "c2"):
            await (case := writer("FA-1")).catch_up(journal)
            await case.append(journal, command_id, "A")
        async with journal.pool.connection() as connection:
            prepared = "select name from pg_prepared_statements where name like 'thaw_create_case%'"
            ((name,),) = await (await connection.execute(prepared)).fetchall()
            await connection.execute(f"deallocate {name}")
        assert (await writer("FA-2").append(journal, "c3", "A")).outcome == "ok"
        assert (await case.append(journal, "c4", "A")).outcome == "ok"


async def test_a_server_that_is_not_there_is_an_operational_error(unused_port):
    with pytest.raises(psycopg.OperationalError):
        await open_pool(f"postgresql://thaw@127.0.0.1:{unused_port}/thaw", patience=0.2)


@pytest.fixture
async def unused_port():
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def test_options_in_the_url_are_kept_beside_the_limits(database, journal):
    url = make_conninfo(database, options="-c lock_timeout=1s")
    pool = await open_pool(url)
    try:
        async with pool.connection() as connection:
            row = await (
                await connection.execute("select current_setting('lock_timeout'), current_setting('statement_timeout')")
            ).fetchone()
        assert row == ("1s", "15s")
    finally:
        await pool.close()
