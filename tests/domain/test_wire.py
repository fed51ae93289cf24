"""Events and commands as JSON, and histories folded from them. Spec: architecture.md, domain and journal."""

import dataclasses
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import wire
from domain.commands import PEOPLES, AddDocument, Approve, RecordRefusal
from domain.events import CommandRefused, FiledDocument
from domain.fold import UNVERSIONED
from domain.stream import Head, canonical, first_break
from domain.wire import EVENTS, History, UnknownEventError, command_of, decode, entries_json, entries_of
from tests.domain.specification import Past


@pytest.mark.parametrize("state", ["appeal_released", "appeal_rejected", "appeal_awaiting_second_review"])
def test_a_history_read_back_gives_the_same_case(state: str, request: pytest.FixtureRequest) -> None:
    past: Past = request.getfixturevalue(state)
    again = History().after(entries_of(entries_json(past.entries)))
    assert again.case == past.case
    assert again.head == past.history.head


def test_a_history_continues_from_where_it_stood(appeal_released: Past) -> None:
    half = History().after(appeal_released.entries[:11])
    assert half.after(appeal_released.entries[11:]).case == appeal_released.case


def test_a_command_answered_before_is_known_by_its_id(appeal_awaiting_second_review: Past) -> None:
    last = appeal_awaiting_second_review.entries[-1]
    answer = appeal_awaiting_second_review.history.answers[last.command_id]
    assert (answer.version, answer.status, answer.events) == (last.version, "in_review_2", ("FirstApproval",))
    assert answer.refusal is None


def test_the_versions_written_are_those_the_fold_counts(appeal_released: Past) -> None:
    history = History()
    for entry in appeal_released.entries:
        history = history.after((entry,))
        assert entry.version == history.case.version


def test_an_altered_entry_breaks_the_chain(appeal_released: Past) -> None:
    entries = list(appeal_released.entries)
    assert first_break(entries) is None
    n = next(n for n, entry in enumerate(entries) if entry.type == "DocumentAdded")
    forged = replace(entries[n], data=entries[n].data.replace("D01", "D02"))
    assert "does not match its hash" in str(first_break([*entries[:n], forged, *entries[n + 1 :]]))
    assert "follows" in str(first_break([*entries[:5], *entries[6:]]))
    assert "does not continue" in str(first_break(entries[3:], Head(3, "ab" * 32)))


def test_an_event_of_a_newer_version_is_an_error_that_says_so() -> None:
    with pytest.raises(UnknownEventError, match="upgrade it first"):
        decode("TerminalMelted", 1, "{}")
    with pytest.raises(UnknownEventError, match="upgrade it first"):
        decode("StepStarted", 2, '{"n":1}')


def test_money_has_no_fractions_on_the_wire() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        canonical({"when": object()})
    with pytest.raises(ValueError, match="release_fen"):
        command_of("approve", '{"release_fen":1.5,"penalty_fen":0,"claims_fen":0,"reason":"x"}')


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    )
)
def test_the_canonical_text_is_what_pythons_own_json_writes(body: Any) -> None:
    """An auditor needs no library of ours to write the bytes that were hashed."""
    assert canonical({"it": body}) == json.dumps(
        {"it": body}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def test_every_event_is_frozen_slotted_and_has_a_literal_name() -> None:
    for name, kind in EVENTS.items():
        assert kind.__name__ == name
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert "__slots__" in vars(kind)
    assert set(EVENTS.values()) >= UNVERSIONED


# --- commands -------------------------------------------------------------------------------------------------------


def test_a_command_is_read_from_its_name_and_body() -> None:
    body = {"release_fen": 5, "penalty_fen": 0, "claims_fen": 0, "reason": "fine"}
    assert command_of("approve", json.dumps(body)) == Approve(5, 0, 0, "fine")
    document = {"document_id": "d", "doc_type": "D01", "sha256": "00", "media_type": "image/png"}
    filed = FiledDocument("d", "D01", "00", "image/png")
    assert command_of("add_document", json.dumps({"document": document})) == AddDocument(filed)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("melt_terminal", "{}"),
        ("approve", "{}"),
        ("approve", "not JSON"),
        ("approve", '{"release_fen":"all","penalty_fen":0,"claims_fen":0,"reason":"x"}'),
        ("judge_document", '{"document_id":"d","verdict":"maybe","reason":"x"}'),
        ("pass_deadline", '{"name":"evidence","due":"2026"}'),  # nobody outside passes a deadline
        ("execute", "{}"),
        ("finish_step", '{"n":1,"answer":"x"}'),
    ],
)
def test_a_command_that_makes_no_sense_is_a_value_error(name: str, body: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        command_of(name, body)


def test_every_command_of_people_can_be_given_by_name() -> None:
    assert PEOPLES.keys() <= wire.COMMANDS.keys()
    assert all(dataclasses.is_dataclass(kind) for kind in wire.COMMANDS.values())


def test_a_refusal_journaled_for_its_author_leaves_the_version(appeal_released: Past) -> None:
    past = appeal_released.when(RecordRefusal("approve", "wrong-status", "reviewer:reviewer2")).then(
        CommandRefused("approve", "wrong-status", "reviewer:reviewer2")
    )
    assert past.case.version == appeal_released.case.version
