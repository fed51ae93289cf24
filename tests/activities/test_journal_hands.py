"""The journal as a hand: append and read, and the one refusal that is final."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.journal import JournalHands
from domain.stream import Draft, Head, canonical, seal
from domain.wire import entries_of
from journal.requests import AppendAnswer, compose
from workflows.ports import UNFIT, ReadOrder

FA = "FA-20261109-AAAAAAAA"


def opening(case_id: str = FA, terminal_sn: str = "SN-1") -> str:
    """The append that opens a case."""
    draft = Draft("TerminalFrozen", 1, 1, canonical({"held_fen": 1}))
    entries = seal(
        case_id,
        Head(),
        [draft],
        occurred_at="2026-11-09T01:00:00.000000+00:00",
        actor="officer:officer1",
        command_id=f"open {case_id}",
    )
    summary: dict[str, Any] = {
        "version": 1,
        "status": "opened",
        "open": True,
        "live": True,
        "merchant_no": "M",
        "terminal_sn": terminal_sn,
        "reason_code": "R01",
        "public_reason_code": "R01",
        "tier": "L2",
        "held_fen": 1,
        "opened_at": "2026-11-09T01:00:00+00:00",
        "due_at": None,
        "waiting_on": "officer",
        "waiting_since": "2026-11-09T01:00:00+00:00",
        "sentence_zh": "等待。",
        "sentence_en": "Waiting.",
    }
    return compose("freeze_appeal", Head(), entries, summary=summary, tasks=[], controls=[])


async def test_what_was_appended_is_read_back(journal):
    hands, environment = JournalHands(journal), ActivityEnvironment()

    answer = await environment.run(hands.append, opening())
    again = await environment.run(hands.append, opening())
    text = await environment.run(hands.read, ReadOrder(FA))

    assert AppendAnswer.from_json(answer).outcome == "ok"
    assert AppendAnswer.from_json(again).outcome == "duplicate"
    assert [entry.type for entry in entries_of(text)] == ["TerminalFrozen"]
    assert entries_of(await environment.run(hands.read, ReadOrder(FA, 1))) == ()


async def test_a_second_case_of_the_kind_on_a_terminal_is_refused_for_good(journal):
    hands, environment = JournalHands(journal), ActivityEnvironment()
    await environment.run(hands.append, opening())

    with pytest.raises(ApplicationError) as refused:
        await environment.run(hands.append, opening("FA-20261109-BBBBBBBB"))

    assert (refused.value.type, refused.value.non_retryable) == ("another-case-open", True)
    assert refused.value.details == (FA,)


UNFIT_APPENDS = {
    "no entries": "{}",
    "a NUL": opening().replace("open FA", "open\\u0000FA"),
    "no moment": opening().replace('"opened_at":"2026-11-09', '"opened_at":"never'),
}


@pytest.mark.parametrize("unfit", UNFIT_APPENDS.values(), ids=UNFIT_APPENDS)
async def test_what_the_journal_cannot_hold_is_refused_for_good_and_not_repeated_in_the_error(journal, unfit):
    with pytest.raises(ApplicationError) as refused:
        await ActivityEnvironment().run(JournalHands(journal).append, unfit)

    assert (refused.value.type, refused.value.non_retryable) == (UNFIT, True)
    assert refused.value.__cause__ is None
    assert await journal.read(FA) == ()


async def test_a_database_that_is_away_is_waited_for(journal):
    await journal.close()

    with pytest.raises(psycopg.OperationalError):
        await ActivityEnvironment().run(JournalHands(journal).append, opening())
