"""Commands beside a journal that is newer, or that cannot be written: a sentence, exit code 2, and nothing done."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from samples.portfolio import MERCHANTS, TERMINALS
from workers.cli import build


@pytest.fixture
def thaw(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `thaw …` against the test's database, with no engine."""
    given = {
        "DATA_DIR": str(tmp_path), "DATABASE_URL": database, "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "HOOK_SECRETS": json.dumps(dict.fromkeys(("network", "terminals", "bank", "logistics"), "x")),
        "PAYLOAD_KEY": "ab" * 32, "VAULT_KEY": "ab" * 32, "SIGNING_KEY": "ab" * 32,
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(f"THAW_{name}", value)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build(), [*arguments, "--json"])

    return run


COMMANDS = [("migrate",), ("recover",), ("journal", "verify"), ("import", str(MERCHANTS), str(TERMINALS))]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_journal_of_a_newer_version_is_left_alone_by_every_command(thaw, database: str, command) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("insert into journal.migrations values (9999, '9999_tomorrow', '')")
    done = thaw(*command)
    assert done.exit_code == 2, done.output
    assert "9999_tomorrow, which this Thaw does not know: start a newer Thaw" in json.loads(done.stdout)["error"]


def test_a_read_only_database_is_said_to_be_one_and_nothing_is_entered(thaw, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f'alter database "{connection.info.dbname}" set default_transaction_read_only = on')
    done = thaw(*COMMANDS[3])
    with psycopg.connect(database, autocommit=True) as connection:
        assert connection.execute("select count(*) from journal.merchants").fetchone() == (0,)
    assert done.exit_code == 2, done.output
    assert "read-only transaction" in json.loads(done.stdout)["error"]


def test_a_migration_that_cannot_be_written_leaves_the_journal_as_it_was(thaw, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop schema journal cascade")
        connection.execute(f'alter database "{connection.info.dbname}" set default_transaction_read_only = on')
    done = thaw("migrate")
    assert done.exit_code == 2, done.output
    assert "the journal was left as it was" in json.loads(done.stdout)["error"]
