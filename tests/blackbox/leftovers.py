"""What a desk has left on disk and in its database, and whether anybody's personal data lies there in clear.

Searched are PostgreSQL's data and a dump of every table, Temporal's database, logs, documents, checkpoints, settings:
every file of the stack's folder. Excepted by name are the partners' database (the mailbox among them), the database
server's log, which has the partners' writes too (`tests/desk/test_no_plaintext.py` searches one without partners), and
the pictures of papers that the demo draws for its merchants to upload.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from samples.facts import PaperFacts
from samples.portfolio import merchants
from tests.blackbox.desk import Desk
from tests.leaks import Search
from workers.stack.binaries import in_the_wheel

_CHOICES = {"email", "sms", "webhook", "phone", "zh", "en"}


def personal_values() -> frozenset[str]:
    """Names, numbers, accounts and addresses of everybody in the portfolio, and of the agents on their papers."""
    values = {"陈晓雯", PaperFacts().agent_name, PaperFacts().agent_resident_id}
    for merchant in merchants().values():
        row = merchant.row
        values |= {row[name] for name in row if name.startswith(("contact_", "legal_"))} - _CHOICES
        values |= {row[name] for name in ("name", "uscc", "resident_id", "account_holder", "account_number", "address")}
    return frozenset(values - {""})


def leaks(desk: Desk, values: Iterable[str]) -> dict[str, set[str]]:
    """For each place, what was found there and how it was spelled."""
    search, places = Search(values), dict[str, set[str]]()
    logs = ((log.name, log.read_bytes()) for log in (desk.folder / "logs").iterdir())
    found = [leak for name, text in logs for leak in search.text(name, text)]
    found += [*search.files(desk.folder, excepted(desk)), *search.text("a dump of every table", dump(desk, "thaw"))]
    for leak in found:
        places.setdefault(leak.where, set()).add(f"{leak.value} ({leak.spelling})")
    return places


def excepted(desk: Desk) -> Iterator[Path]:
    """Where personal data may lie in clear."""
    with psycopg.connect(_uri(desk, "thaw"), autocommit=True) as connection:
        connection.execute("checkpoint")  # what is only in memory comes to disk
        row = connection.execute("select oid from pg_database where datname = 'partners'").fetchone()
    assert row
    cluster = desk.folder / "postgres" / "cluster"
    for path in (cluster / "base" / str(row[0]), cluster / "pg_wal"):
        assert path.is_dir()
        yield path
    yield desk.folder / "demo"


def dump(desk: Desk, database: str) -> bytes:
    """Every table of a database as text; what is compressed on disk is not so here."""
    command = [in_the_wheel() / "bin" / "pg_dump", "--dbname", _uri(desk, database)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _uri(desk: Desk, database: str) -> str:
    return make_conninfo(desk.stack["database"], dbname=database)
