"""Verifying finds whatever the database's superuser does to the journal behind its back."""

import psycopg
import pytest

from journal.chains import Finding
from journal.outside import Outside
from journal.verify import Plan, verify


@pytest.fixture
def verified(database, tmp_path):
    """Verifies the test's journal, which no checkpoint covers."""

    def run(**plan):
        return verify(database, Outside(tmp_path / "checkpoints"), Plan(**plan))

    return run


@pytest.fixture
async def written(journal, writer):
    """Three streams of four entries."""
    for stream in ("FA-1", "FA-2", "FA-3"):
        case = writer(stream)
        for command in ("open", "confirm", "submit", "check"):
            assert (await case.append(journal, command)).outcome == "ok"
    return journal


@pytest.fixture
def tamper(database):
    """Runs a statement as the superuser, past the triggers that refuse it."""

    async def run(statement: str) -> None:
        async with await psycopg.AsyncConnection.connect(database) as superuser:
            await superuser.execute("set session_replication_role = replica")
            changed = await superuser.execute(statement.encode())
            assert changed.rowcount >= 1

    return run


async def test_an_untouched_journal_is_sound(written, database, tmp_path):
    steps = []

    report = verify(database, Outside(tmp_path), Plan(), lambda done, total: steps.append((done, total)))

    assert report.sound
    assert (report.streams, report.events, report.findings) == (3, 12, ())
    assert (report.checkpoints, report.unsealed) == (0, 3)
    assert steps == [(0, 3), (3, 3)]


async def test_an_empty_journal_is_sound(journal, verified):
    assert verified().sound


@pytest.mark.parametrize(
    ("what", "statement", "problem"),
    [
        (
            "a changed byte in the data",
            (
                "update journal.events set data = replace(data::text, '材料齐全', '材料不齐')::json "
                "where stream = 'FA-2' and position = 2"
            ),
            "FA-2@2: its content does not match its hash",
        ),
        (
            "data rewritten to mean the same",
            "update journal.events set data = data::jsonb::text::json where stream = 'FA-2' and position = 2",
            "FA-2@2: its content does not match its hash",
        ),
        (
            "a changed time",
            (
                "update journal.events set occurred_at = replace(occurred_at, '01:00', '02:00') "
                "where stream = 'FA-2' and position = 3"
            ),
            "FA-2@3: its content does not match its hash",
        ),
        (
            "a changed actor",
            "update journal.events set actor = 'officer:other' where stream = 'FA-2' and position = 1",
            "FA-2@1: its content does not match its hash",
        ),
        (
            "a removed entry",
            "delete from journal.events where stream = 'FA-2' and position = 2",
            "FA-2: position 3 follows 1",
        ),
        (
            "an entry removed and the rest moved up",
            (
                "with gone as (delete from journal.events where stream = 'FA-2' and position = 4) "
                "update journal.events set hash = sha256('x') where stream = 'FA-2' and position = 3"
            ),
            "FA-2@3: its content does not match its hash",
        ),
        (
            "the last entry cut off",
            "delete from journal.events where stream = 'FA-2' and position = 4",
            "FA-2: ends at 3",
        ),
        (
            "an inserted entry",
            (
                "insert into journal.events (stream, position, version, type, form, occurred_at, actor, command_id, "
                "ordinal, data, previous_hash, hash) select stream, 5, version, type, form, occurred_at, actor, "
                "'forged', 1, data, hash, sha256('x') from journal.events where stream = 'FA-2' and position = 4"
            ),
            "FA-2@5: its content does not match its hash",
        ),
        (
            "two entries swapped",
            (
                "update journal.events set position = position + 10 where stream = 'FA-2' and position in (2, 3); "
                "update journal.events set position = 15 - position where stream = 'FA-2' and position in (12, 13)"
            ),
            "FA-2@2: does not continue the entry before it",
        ),
        (
            "all entries of a stream removed",
            "delete from journal.events where stream = 'FA-2'",
            "FA-2: has a head at 4 but no entries",
        ),
        (
            "a head moved",
            "update journal.streams set head = sha256('x') where stream = 'FA-2'",
            "FA-2: ends at 4",
        ),
        (
            "a head removed",
            "delete from journal.streams where stream = 'FA-2'",
            "FA-2: has entries but no head",
        ),
        (
            "a version moved",
            "update journal.streams set version = 9 where stream = 'FA-2'",
            "FA-2: ends with version 4, its head says 9",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value and len(value) < 40 else "",
)
async def test_tampering_is_found_and_named(written, verified, tamper, what, statement, problem):
    await tamper(statement)

    report = verified()

    assert not report.sound
    (finding,) = report.findings
    assert finding.stream == "FA-2"
    assert finding.problem.startswith(problem)


@pytest.mark.parametrize("plan", [{}, {"streams_at_once": 1}, {"streams_at_once": 1, "processes": 2}])
async def test_every_broken_stream_is_named_however_many_share_the_work(written, verified, tamper, plan):
    await tamper("update journal.events set actor = 'x' where position = 2 and stream <> 'FA-1'")

    report = verified(**plan)

    assert report.findings == (
        Finding("FA-2", "FA-2@2: its content does not match its hash"),
        Finding("FA-3", "FA-3@2: its content does not match its hash"),
    )
