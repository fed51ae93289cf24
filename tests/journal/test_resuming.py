"""A check that broke off goes on where it was, with what it had found, and only for the journal it was begun with."""

import pytest

from journal.resuming import Notes
from journal.verify import Plan, verify

NOW = "2026-03-02T01:00:00.000000+00:00"
STREAMS = ("FA-1", "FA-2", "FA-3", "FA-4")


class BrokenOffError(Exception):
    """Someone pressed Ctrl-C."""


@pytest.fixture
async def written(opened, sealer):
    """Four sealed cases of one entry."""
    for stream in STREAMS:
        await opened(stream)
    await sealer.seal(NOW)


@pytest.fixture
def notes(tmp_path):
    return Notes(tmp_path / "notes" / "verify.jsonl")


@pytest.fixture
def run(database, outside, notes):
    """Verifies in ranges of one stream, taking notes; breaks off once `until` streams are done."""

    def run(*, until=None, resume=False, processes=1):
        def progress(done, total):
            if done == until:
                raise BrokenOffError

        plan = Plan(processes=processes, streams_at_once=1, notes=notes, resume=resume)
        return verify(database, outside, plan, progress)

    return run


async def change(superuser, stream):
    await superuser(f"update journal.events set actor = 'officer:other' where stream = '{stream}'")


async def test_a_check_that_came_to_its_end_leaves_no_notes(written, run, notes):
    report = run()

    assert (report.sound, report.streams, report.resumed) == (True, 4, False)
    assert not notes.path.exists()


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_check_that_broke_off_goes_on_where_it_was(written, run, notes, superuser, processes):
    await change(superuser, "FA-1")
    with pytest.raises(BrokenOffError):
        run(until=2)
    await change(superuser, "FA-2")
    await change(superuser, "FA-4")

    report = run(resume=True, processes=processes)

    assert report.resumed
    assert (report.streams, report.events) == (4, 4)
    assert [finding.stream for finding in report.findings] == ["FA-1", "FA-4"], "FA-2 was checked before it was changed"
    assert not notes.path.exists()
    assert [finding.stream for finding in run().findings] == ["FA-1", "FA-2", "FA-4"]


async def test_without_being_asked_a_check_begins_anew(written, run, superuser):
    with pytest.raises(BrokenOffError):
        run(until=2)
    await change(superuser, "FA-1")

    report = run()

    assert not report.resumed
    assert [finding.stream for finding in report.findings] == ["FA-1"]


async def test_a_stream_that_appeared_meanwhile_is_checked_where_its_range_is_not_done(written, run, opened, superuser):
    with pytest.raises(BrokenOffError):
        run(until=2)
    await opened("FA-5")
    await change(superuser, "FA-5")

    report = run(resume=True)

    assert (report.streams, [finding.stream for finding in report.findings]) == (5, ["FA-5"])


async def test_notes_that_broke_off_in_a_line_are_used_up_to_it(written, run, notes):
    with pytest.raises(BrokenOffError):
        run(until=2)
    text = notes.path.read_text()
    notes.path.write_text(text[:-5])

    report = run(resume=True)

    assert report.resumed
    assert (report.streams, report.sound) == (4, True)


@pytest.mark.parametrize("damage", ["", "{", '{"form": "another"}\n'])
async def test_notes_that_are_none_are_not_used(written, run, notes, damage):
    with pytest.raises(BrokenOffError):
        run(until=2)
    notes.path.write_text(damage)

    report = run(resume=True)

    assert (report.resumed, report.streams) == (False, 4)


async def test_notes_of_another_journal_or_of_a_lost_checkpoint_are_not_used(written, run, notes, superuser, outside):
    with pytest.raises(BrokenOffError):
        run(until=2)
    kept = notes.path.read_text()
    await superuser("update journal.migrations set applied_at = applied_at - interval '1 day'")
    assert not run(resume=True).resumed

    notes.path.write_text(kept)
    await superuser("update journal.migrations set applied_at = applied_at + interval '1 day'")
    await superuser("delete from journal.checkpoints", "delete from journal.sealed_heads")
    (outside.folder / "00000001.json").unlink()
    assert not run(resume=True).resumed
