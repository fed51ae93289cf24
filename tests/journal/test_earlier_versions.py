"""Journals that earlier versions left behind: brought to the present shape, each is sound, means what it always meant,
and goes on. `journals/` keeps one of every version from the first on (`tests.journal.record_journal` writes the next).
"""

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

import journal as journals
from desk.seed import TERMINAL_SN
from domain import listing
from domain.actors import Actor
from domain.commands import Asked, PostMessage
from domain.freeze_appeal import decide
from domain.refusals import Refused
from domain.stream import seal
from domain.wire import FORMS, History, UnknownEventError, drafts
from journal import Journal, migrating
from journal.cases import Cases
from journal.inbox import Inbox
from journal.outside import Outside
from journal.people import People
from journal.registry import Registry
from journal.relay import Relay
from journal.requests import AppendAnswer, compose
from journal.vault import Vault
from journal.verify import Plan, verify
from tests.domain.exploration import states
from tests.domain.specification import POLICY
from tests.journal.kept import FOLDER, KIND, read, requests, streams
from tests.journal.record_journal import dump
from workers.stack.binaries import in_the_wheel
from workers.stack.databases import create_database

ROOT = Path(__file__).parents[2]
KEPT = sorted(FOLDER.glob("*.sql"))
OFFICER = Actor("officer1", ("officer",))
KEY = "11" * 32


@pytest.fixture
def database(empty_database: str) -> str:
    """Nothing is in it yet."""
    return empty_database


@pytest.fixture(params=KEPT, ids=lambda path: path.stem)
def kept(request: pytest.FixtureRequest, database: str) -> Path:
    """A journal of an earlier version, as it was left, in a database of its own."""
    path: Path = request.param
    load = [in_the_wheel() / "bin" / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-f", path, database]
    done = subprocess.run(load, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
async def journal(kept: Path, database: str) -> AsyncIterator[Journal]:
    """The same, brought to the present shape."""
    await journals.migrate(database)
    async with await Journal.open(database) as opened:
        yield opened


async def test_it_lacks_exactly_the_migrations_that_came_after_it(kept: Path, database: str) -> None:
    later = tuple(step.name for step in migrating.migrations() if step.number > int(kept.stem[:4]))
    assert await journals.migrate(database) == later
    assert await journals.migrate(database) == ()


async def test_it_comes_to_the_shape_that_a_new_journal_has(kept: Path, database: str, postgres: str) -> None:
    new = postgres.removesuffix("postgres") + f"shape_beside_{kept.stem[:4]}"
    create_database(new)
    for url in (database, new):
        await journals.migrate(url)
    assert dump(database, "--schema-only").splitlines()[1:-1] == dump(new, "--schema-only").splitlines()[1:-1]


async def test_every_hash_still_fits(journal: Journal, database: str, outside: Outside) -> None:
    report = verify(database, outside, Plan())
    assert report.sound, report.findings
    assert report.streams > 25


async def test_every_case_means_what_it_meant(kept: Path, journal: Journal) -> None:
    written = json.loads(kept.with_suffix(".json").read_text(encoding="utf-8"))
    assert read(await streams(journal)) == written


async def test_every_live_case_goes_on_by_an_append(journal: Journal, database: str, outside: Outside) -> None:
    relay = Relay(journal.pool)
    live = await relay.cases(case.stream for case in await relay.live())
    for stream in live:
        past = History().after(stream.entries)
        asked = Asked(f"{stream.stream}:later", OFFICER, "2027-06-01T02:00:00.000000+00:00")
        events = decide(past.case, PostMessage("internal", "vault:later"), asked, POLICY)
        assert not isinstance(events, Refused)
        entries = seal(
            stream.stream, past.head, drafts(past.case, events), occurred_at=asked.at, actor="officer:officer1",
            command_id=asked.command_id,
        )  # fmt: skip
        case = past.after(entries).case
        request = compose(
            KIND, past.head, entries, summary=listing.summary(case, POLICY),
            tasks=listing.tasks(case, POLICY, asked.at),
            controls=listing.control_rows(case),
        )  # fmt: skip
        assert AppendAnswer.from_json(await journal.append(request)).outcome == "ok"
    assert len(live) > 15
    assert verify(database, outside, Plan()).sound


async def test_what_lies_beside_the_cases_is_still_there(journal: Journal) -> None:
    pool = journal.pool
    people, registry = People(pool), Registry(pool, Vault(pool, KEY))
    user = await people.by_token("token-merchant1")
    assert user is not None
    assert user.merchant_no is not None
    terminal = await registry.terminal(TERMINAL_SN)
    assert terminal is not None
    assert terminal.merchant_no == user.merchant_no
    details = await registry.merchant_details(user.merchant_no)
    assert details.legal_representative.name == "陈融"
    waiting = await Inbox(pool).pending(100)
    assert [command.name for command in waiting] == ["confirm_reason"]
    assert await Cases(pool).find(waiting[0].case_id) is not None


def test_every_form_that_is_read_was_once_written() -> None:
    kept = " ".join(path.read_text(encoding="utf-8") for path in KEPT)
    missing = [(name, form) for name, form in FORMS.lifts if f"\t{name}\t{form}\t" not in kept]
    assert missing == [], "an old form that no journal of an earlier version shows"


def test_every_version_that_was_released_has_left_its_journal() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## (\d+\.\d+\.\d+) — (?!unreleased)", changes, re.MULTILINE)
    kept = {path.stem.partition("_thaw-")[2] for path in KEPT}
    assert [version for version in released if version not in kept] == [], "run python -m tests.journal.record_journal"
    assert {path.stem for path in KEPT} == {path.stem for path in FOLDER.glob("*.json")}


async def test_an_event_of_a_newer_version_is_told_apart_from_damage(journal: Journal) -> None:
    """The journal is sound, and read as far as the unknown event."""
    (case, *_) = await streams(journal)
    newer = replace(case.entries[-1], form=FORMS.newest(case.entries[-1].type) + 1)
    with pytest.raises(UnknownEventError, match="upgrade it first"):
        History().after((*case.entries[:-1], newer))


async def test_a_case_retold_for_keeping_is_the_same_case_under_its_own_name(database: str) -> None:
    await journals.migrate(database)
    some = [past.entries for past in states()[::20]]
    async with await Journal.open(database) as journal:
        for number, entries in enumerate(some, 1):
            for request in requests(entries, f"FA-20261102-KEPT{number:04d}", number):
                assert AppendAnswer.from_json(await journal.append(request)).outcome == "ok"
        told = [case.entries for case in await streams(journal)]
    assert [[(e.position, e.version, e.type) for e in entries] for entries in told] == [
        [(e.position, e.version, e.type) for e in entries] for entries in some
    ]
