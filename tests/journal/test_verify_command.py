"""`thaw journal verify`, as a person or a script runs it."""

import asyncio
import json
import os
import sys

import psycopg
import pytest

from journal.signing import SigningKey
from workers.stack.secrets import known_or_new


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

    async def run(*arguments: str, **changed: str | None) -> tuple[int | None, str]:
        told = {name: value for name, value in {**environment, **changed}.items() if value is not None}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "workers.cli",
            "journal",
            *arguments,
            env=told,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    return run


async def test_a_sound_journal_is_said_to_be_sound(thaw, case):
    assert await thaw("verify") == (0, "sound: 1 streams, 1 events, 0 checkpoints\n")


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
        "checkpoints": 0,
        "unsealed": 1,
        "resumed": False,
        "findings": [{"stream": case.stream, "problem": f"{case.stream}@1: its content does not match its hash"}],
    }


async def test_the_journal_is_sealed_on_demand_and_checked_against_what_was_kept(thaw, case, journal, tmp_path):
    code, out = await thaw("checkpoint", "--json")
    assert code == 0
    made = json.loads(out)
    assert (made["heads"], made["checkpoint"]["number"], made["checkpoint"]["streams"]) == (1, 1, 1)
    kept = tmp_path / "kept.json"
    kept.write_text((tmp_path / "checkpoints" / "00000001.json").read_text())
    key = made["checkpoint"]["key"]
    code, out = await thaw("verify", "--json", "--checkpoint", str(kept), "--public-key", key.upper())
    assert (code, json.loads(out)["checkpoints"], json.loads(out)["unsealed"]) == (0, 1, 0)

    code, out = await thaw("verify", "--json", "--public-key", "ab" * 32)
    assert code == 1
    (finding,) = json.loads(out)["findings"]
    assert "abababababababab, which is trusted, is not in the key ring" in finding["problem"]
    code, out = await thaw("verify", "--json", "--checkpoint", str(tmp_path / "none.json"))
    assert (code, list(json.loads(out))) == (2, ["error"])


async def test_a_key_is_rotated_into_a_file_or_into_the_stacks_secrets(thaw, case, tmp_path):
    code, out = await thaw("rotate-key", "--json")
    assert code == 2
    assert "say with --to" in json.loads(out)["error"]

    file = tmp_path / "next.key"
    code, out = await thaw("rotate-key", "--json", "--to", str(file))
    assert code == 0
    assert (len(file.read_text().strip()), file.stat().st_mode & 0o777) == (64, 0o600)
    assert await thaw("rotate-key", "--json", "--to", str(file)) == (0, out), "given again, it does the same"

    code, out = await thaw("checkpoint", "--json", THAW_SIGNING_KEY="cd" * 32)
    assert code == 2
    assert "THAW_SIGNING_KEY holds" in json.loads(out)["error"]


async def test_a_stacks_new_key_is_found_by_its_next_start(thaw, case, tmp_path):
    secrets = known_or_new(tmp_path / "secrets.json")
    (tmp_path / "settings.env").write_text(f"THAW_SIGNING_KEY='{secrets.signing_key}'\nTHAW_DESK_PORT='1'\n")

    code, out = await thaw("rotate-key", "--json", THAW_SIGNING_KEY=None)

    assert code == 0
    after = known_or_new(tmp_path / "secrets.json")
    assert after == secrets.model_copy(update={"signing_key": after.signing_key})
    assert json.loads(out)["public_key"] == SigningKey(after.signing_key).public
    assert json.loads(out)["previous_key"] == SigningKey(secrets.signing_key).public
    assert (tmp_path / "settings.env").read_text() == f"THAW_SIGNING_KEY='{after.signing_key}'\nTHAW_DESK_PORT='1'\n"
    assert sorted(path.name for path in tmp_path.glob("*key*")) == []
    assert (await thaw("checkpoint", THAW_SIGNING_KEY=None))[0] == 0


async def test_a_database_without_a_journal_cannot_be_read_and_exits_2(thaw, empty_database):
    code, out = await thaw("verify", "--json", THAW_DATABASE_URL=empty_database)

    assert code == 2
    assert "0001_journal" in json.loads(out)["error"]
