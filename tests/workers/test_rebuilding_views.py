"""`thaw journal rebuild` and `thaw journal views`, as a person or a script runs them."""

import asyncio
import json
import os
import sys

import psycopg
import pytest

from tests.journal.histories import said, write


@pytest.fixture
async def thaw(database, tmp_path):
    """Runs `thaw journal …` against a migrated journal of three cases; gives its exit code, output and errors."""
    async with await psycopg.AsyncConnection.connect(database) as writer:
        for number in range(3):
            await write(writer, said(f"FA-{number}", ("TerminalFrozen", {})))
    key = "ab" * 32
    environment = {
        **os.environ, "THAW_DATA_DIR": str(tmp_path), "THAW_DATABASE_URL": database, "THAW_PAYLOAD_KEY": key,
        "THAW_VAULT_KEY": key, "THAW_SIGNING_KEY": key,
        "THAW_HOOK_SECRETS": json.dumps(dict.fromkeys(("network", "terminals", "bank", "logistics"), "s")),
    }  # fmt: skip

    async def run(*arguments, **changed):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workers.cli", "journal", *arguments, env={**environment, **changed},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return run


async def test_a_view_is_made_anew_and_then_listed_with_how_far_it_is(thaw):
    code, out, _ = await thaw("rebuild", "ageing", "--json")
    made = json.loads(out)
    assert (code, made["view"], made["build"], made["streams"]) == (0, "ageing", 1, 3)

    code, out, _ = await thaw("views", "--json")
    (told,) = json.loads(out)
    assert (code, told["view"], told["behind"]) == (0, "ageing", 0)
    assert told["position"] > 0


async def test_what_cannot_be_made_is_said_with_what_there_is(thaw):
    code, out, _ = await thaw("rebuild", "queue", "--json")
    assert code == 1
    assert json.loads(out)["error"].startswith("there is no view 'queue'; there are search, statistics, ")

    code, _, err = await thaw("rebuild", "ageing", THAW_DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
    assert code == 2
    assert "the journal cannot be read" in err
