"""The count of what a recovery repeats would see it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import stages
from bench.repeats import counted, done_keys, rests
from domain.stream import Entry, Head
from domain.wire import History

NAME = "FA-COUNTED"


def told(stage: str) -> tuple[Entry, ...]:
    """The whole stream of a case in this stage."""
    head, entries = Head(), ()
    for append in stages.appends(NAME, stage):
        sealed = append.sealed(head)
        head = Head(sealed[-1].position, sealed[-1].hash)
        entries += sealed
    return entries


@pytest.mark.parametrize("stage", stages.STAGES)
def test_a_case_of_each_stage_is_live(stage: str) -> None:
    assert not stages.until(NAME, stage).case.finished


def test_what_the_journal_knows_to_be_done_is_seen_when_it_is_asked_again() -> None:
    entries = told("waiting for the bank")
    done = done_keys(entries)
    assert {f"{NAME}:step:{n}" for n in range(1, 7)} <= done
    assert f"{NAME}:control:C-{NAME}:hold" in done
    same = {NAME: entries}
    assert counted(same, same, [], 0).none
    assert counted(same, same, [f"{NAME}:step:9"], 0).repeated == 0
    assert counted(same, same, [f"{NAME}:step:3"], 0).repeated == 1
    assert counted(same, same, [f"{NAME}:step:9"] * 2, 0).doubled == 1


def test_a_notice_told_twice_and_a_moved_deadline_are_seen() -> None:
    entries = told("reason confirmed")
    notice = next(entry for entry in entries if entry.type == "NoticeSent")
    twice = (*entries, replace(notice, position=entries[-1].position + 1))
    assert counted({NAME: entries}, {NAME: twice}, [], 0).notices_twice == 1
    later = tuple(
        replace(entry, data=entry.data.replace("2026-", "2027-").replace("2025-", "2026-")) for entry in entries
    )
    assert counted({NAME: entries}, {NAME: later}, [], 0).deadlines_moved > 0


def test_a_case_rests_when_it_only_waits() -> None:
    assert rests(History().after(told("in the second review")).case)
    assert not rests(History().after(told("in the second review, overdue")).case)
    assert not rests(History().after(told("paying out")).case)
