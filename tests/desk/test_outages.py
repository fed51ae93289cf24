"""A database that is full or read-only, a journal of a newer version: each is told in a sentence, nothing is half
written, and the same request goes through once it is put right."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from desk.seed import TERMINAL_SN
from journal.verify import Plan, verify
from tests.desk.house import MERCHANT_NO, Config, House, opened, prepared, problem
from tests.desk.surfer import Surfer
from tests.desk.working import PNG
from workers.stack.postgres import Postgres

FILLING = "insert into filling select repeat(md5(n::text), 60) from generate_series(1, %s) as n"


def told(answer: httpx2.Response, words: str) -> None:
    """It is a 503 with these words, and says when to come back."""
    assert (answer.status_code, problem(answer)["type"]) == (503, "urn:thaw:unavailable"), answer.text
    assert words in problem(answer)["detail"]
    assert int(answer.headers["retry-after"]) > 0


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 24 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill up")
    place = Path(tempfile.mkdtemp(prefix="thaw-small-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        place.rmdir()
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=False)
        place.rmdir()


# --- the database ---------------------------------------------------------------------------------------------------


async def set_read_only(house: House, how: str) -> None:
    """From the desk's next connections on; it gets new ones at once."""
    async with await psycopg.AsyncConnection.connect(house.config.database_url, autocommit=True) as connection:
        await connection.execute("set default_transaction_read_only = off")
        name = connection.info.dbname
        await connection.execute(f'alter database "{name}" set default_transaction_read_only = {how}')
    await house.desk.pool.drain()


@pytest.fixture
async def read_only(house: House, case_id: str) -> AsyncIterator[str]:
    """A desk with one case, confirmed once the engine is there, whose database takes no more writes."""
    assert (await house.officer1.command(case_id, "confirm_reason", reason_code="R01")).status_code == 202
    await set_read_only(house, "on")
    yield case_id
    await set_read_only(house, "off")


async def test_a_read_only_database_can_be_looked_at_but_takes_nothing(house: House, read_only: str, control) -> None:
    assert (await house.officer1.get(f"/api/v1/cases/{read_only}")).status_code == 200
    assert (await house.officer1.get("/api/v1/queue")).status_code == 200
    other = {**control, "external_ref": "risk-2"}
    told(await house.officer1.post("/api/v1/controls", other, key="k-1"), "read-only just now")
    told(await house.officer1.post("/api/v1/controls", other), "Nothing of this request was kept")
    chinese = {"Accept-Language": "zh-CN"}
    told(await house.officer1.post("/api/v1/controls", other, headers=chinese), "数据库目前只读")
    told(await house.merchant1.upload(read_only, "D06", PNG, "slip.png"), "read-only just now")
    assert house.files() == []


async def test_once_a_read_only_database_takes_writes_again_the_same_request_goes_through(
    house: House, case_id: str
) -> None:
    body = {"audience": "internal", "text": "来电询问"}
    await set_read_only(house, "on")
    told(await house.officer1.post(f"/api/v1/cases/{case_id}/messages", body, key="k-1"), "read-only")
    assert await house.events() == 1
    await set_read_only(house, "off")
    assert (await house.officer1.post(f"/api/v1/cases/{case_id}/messages", body, key="k-1")).status_code == 202


async def test_a_page_says_that_the_database_is_read_only(house: House, case_id: str) -> None:
    surfer = Surfer(house, language="zh-CN")
    await surfer.log_in("officer1")
    page = await surfer.page(f"/console/cases/{case_id}")
    await set_read_only(house, "on")
    sent = await surfer.send(page.form("/confirm_reason"), reason_code="R01")
    assert "数据库目前只读" in surfer.read(sent, 503).text
    assert "案件" in (await surfer.page(f"/console/cases/{case_id}")).text
    await set_read_only(house, "off")


@pytest.fixture
async def cramped(_server: Postgres, small_disk: Path, tmp_path: Path) -> AsyncIterator[Config]:
    """The settings of a desk whose database lies on a small disk (its log of writes does not)."""
    os.chown(small_disk, (owner := (_server.data_dir / "cluster").stat()).st_uid, owner.st_gid)
    with psycopg.connect(_server.uri(), autocommit=True) as connection:
        connection.execute(f"create tablespace cramped location '{small_disk}'")
        connection.execute("create database cramped tablespace cramped")
    config = await prepared(_server.uri("cramped"), tmp_path)
    with psycopg.connect(_server.uri(), autocommit=True) as connection:
        connection.execute("checkpoint")  # so that what is only in memory takes its place on the disk
    yield config
    _server.drop_database("cramped")
    with psycopg.connect(_server.uri(), autocommit=True) as connection:
        connection.execute("drop tablespace cramped")


async def fill_up(database: str) -> None:
    """Until not one page more is to be had."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("create table filling (text text)")
        for rows in (1000, 100, 10, 4, 1):
            try:
                while True:
                    await connection.execute(FILLING, [rows])
            except psycopg.errors.DiskFull:
                continue


async def make_room(database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("drop table filling")


async def test_a_full_disk_refuses_whole_requests_and_loses_none_that_was_answered(cramped: Config, control) -> None:
    async with opened(cramped) as house:
        case_id = (await house.officer1.post("/api/v1/controls", control)).json()["case_id"]
        await fill_up(cramped.database_url)
        path, taken, refused, seen = f"/api/v1/cases/{case_id}/messages", 0, [], 0
        for number in range(60):
            body = {"audience": "internal", "text": f"{number} " + "长" * 1500}
            answer = await house.officer1.post(path, body, key=f"k-{number}")
            if answer.status_code == 503:
                told(answer, "The disk of the database is full")
                refused.append((number, body))
            else:
                assert answer.status_code == 202, answer.text
                taken += 1
            wanted = {"purpose": "audit", "note": f"look {number}"}  # what cannot be recorded is not shown
            look = await house.auditor1.post(f"/api/v1/merchants/{MERCHANT_NO}/unmask", wanted)
            seen += look.status_code == 200
        assert len(refused) > 10
        assert len(await house.desk.journal.read(f"looks:{MERCHANT_NO}")) == seen < 60
        assert await messages(house) == taken
        assert (await house.officer1.get(f"/api/v1/cases/{case_id}")).status_code == 200
        assert verify(house.config.database_url, house.desk.sealer.outside, Plan()).sound

        await make_room(cramped.database_url)
        for number, body in refused[:2]:
            assert (await house.officer1.post(path, body, key=f"k-{number}")).status_code == 202
        assert await messages(house) == taken + 2
        assert verify(house.config.database_url, house.desk.sealer.outside, Plan()).sound


async def messages(house: House) -> int:
    """How many messages wait for their case."""
    async with house.desk.pool.connection() as connection:
        row = await (
            await connection.execute("select count(*) from journal.commands where name = 'post_message'")
        ).fetchone()
    return int(row[0])


# --- a newer version ------------------------------------------------------------------------------------------------


async def test_a_case_that_a_newer_version_wrote_in_is_left_to_it(house: House, case_id: str) -> None:
    async with house.desk.pool.connection() as connection:
        await connection.execute("alter table journal.events disable trigger events_stay")
        await connection.execute("update journal.events set form = 99 where stream = %s", [case_id])
        await connection.execute("alter table journal.events enable trigger events_stay")
    told(await house.officer1.get(f"/api/v1/cases/{case_id}"), "newer version of Thaw")
    told(
        await house.officer1.post(f"/api/v1/cases/{case_id}/messages", {"audience": "internal", "text": "x"}), "upgrade"
    )
    assert (await house.officer1.get(f"/api/v1/terminals/{TERMINAL_SN}")).status_code == 200
