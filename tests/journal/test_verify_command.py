"""`thaw journal verify`, as a person or a script runs it."""

import asyncio
import json
import os
import sys

import psycopg
import pytest


@pytest.fixture
def thaw(database, tmp_path):
    """Runs `thaw journal …` against the test's database; gives its exit code and what it printed."""
    key = "ab" * 32
    secrets = {"network": "n", "terminals": "t", "bank": "b", "logistics": "l"}
    environment = {
        **os.environ,
        "THAW_DATA_DIR": str(tmp_path),
        "THAW_DATABASE_URL": database,
        "THAW_HOOK_SECRETS": json.dumps(secrets),
        "THAW_PAYLOAD_KEY": key,
        "THAW_VAULT_KEY": key,
        "THAW_SIGNING_KEY": key,
        "THAW_CHECKPOINTS_DIR": str(tmp_path / "checkpoints"),
    }

    async def run(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "workers.cli",
            "journal",
            *arguments,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    return run


async def test_a_sound_journal_is_said_to_be_sound(thaw, case):
    assert await thaw("verify") == (0, "sound: 1 streams, 1 events\n")


async def test_a_broken_one_is_named_and_exits_1(thaw, case, database):
    async with await psycopg.AsyncConnection.connect(database) as superuser:
        await superuser.execute("set session_replication_role = replica")
        await superuser.execute("update journal.events set actor = 'officer:other'")

    code, out = await thaw("verify", "--json")

    assert code == 1
    assert json.loads(out) == {
        "sound": False,
        "streams": 1,
        "events": 1,
        "findings": [{"stream": case.stream, "problem": f"{case.stream}@1: its content does not match its hash"}],
    }


async def test_a_database_without_a_journal_cannot_be_read_and_exits_2(thaw):
    code, out = await thaw("verify", "--json")

    assert code == 2
    assert "0001_journal" in json.loads(out)["error"]
