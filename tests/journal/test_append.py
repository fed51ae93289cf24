"""Appending to a stream: in order, once, by one writer at a time."""

import asyncio
import json

import psycopg
import pytest

from domain.stream import Head, first_break
from journal import Journal
from journal.requests import AppendAnswer, InvalidRequestError
from journal.writing import AnotherCaseIsOpenError


async def test_what_was_appended_is_read_back_to_the_byte(journal, writer):
    case = writer("FA-1")
    request = case.request("open", "TerminalFrozen", "NoticeSent")
    expected = case.entries("open", "TerminalFrozen", "NoticeSent")

    answer = await journal.append(request)

    assert json.loads(answer) == {"outcome": "ok", "entries": []}
    assert await journal.read("FA-1") == expected
    assert first_break(await journal.read("FA-1")) is None
    assert await journal.head("FA-1") == Head(2, expected[-1].hash)


async def test_a_stream_that_does_not_exist_reads_as_empty(journal):
    assert await journal.read("FA-nowhere") == ()
    assert await journal.head("FA-nowhere") == Head()


async def test_reading_after_a_position_gives_only_what_follows(journal, case):
    await case.append(journal, "confirm", "ReasonConfirmed", "NoticeSent")

    assert [entry.type for entry in await journal.read(case.stream, after=1)] == ["ReasonConfirmed", "NoticeSent"]
    assert [recorded.entry.position for recorded in await journal.history(case.stream, after=1, limit=1)] == [2]


async def test_text_that_json_might_rewrite_survives_unchanged(journal, writer):
    case = writer("FA-1")
    odd = {"b": 'a\u2028\\u0000 "引号" 😀\t', "a": 10**18, "é": [None, True, -0, {"z": 1, "y": "\x7f"}]}
    entries = case.entries("open", "TerminalFrozen", **odd)
    body = json.loads(case.request("open")) | {"entries": [json.loads(json.dumps(entry_dict(e))) for e in entries]}

    assert json.loads(await journal.append(json.dumps(body)))["outcome"] == "ok"

    (entry,) = await journal.read("FA-1")
    assert entry == entries[0]
    assert json.loads(entry.data) == odd


async def test_a_text_that_the_database_would_cut_short_is_refused_and_nothing_written(journal, writer):
    case = writer("FA-1")
    with pytest.raises(InvalidRequestError, match="terminal_sn contains a NUL"):
        await journal.append(case.request("open", "TerminalFrozen", terminal_sn="SN-1\0-and-more"))
    assert await journal.read("FA-1") == ()


def entry_dict(entry):
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


async def test_a_repeated_command_is_answered_duplicate_with_what_it_wrote(journal, case):
    request = case.request("confirm", "ReasonConfirmed", "NoticeSent")
    await journal.append(request)

    again = AppendAnswer.from_json(await journal.append(request))

    assert again.outcome == "duplicate"
    assert [entry.type for entry in again.entries] == ["ReasonConfirmed", "NoticeSent"]
    assert len(await journal.read(case.stream)) == 3


async def test_a_command_that_stands_further_back_is_a_duplicate_even_at_the_right_head(journal, case):
    await case.append(journal, "confirm")
    await case.append(journal, "submit")

    answer = await case.append(journal, "confirm")

    assert answer == AppendAnswer("duplicate")
    assert len(await journal.read(case.stream)) == 3


async def test_the_same_command_may_act_on_another_stream(journal, case, writer):
    assert (await writer("FA-2").append(journal, "open")).outcome == "ok"


async def test_opening_a_stream_twice_is_a_duplicate_or_a_conflict(journal, case, writer):
    same, other = writer(case.stream), writer(case.stream)

    assert (await same.append(journal, "open", "TerminalFrozen")).outcome == "duplicate"
    assert (await other.append(journal, "open-otherwise", "TerminalFrozen")).outcome == "conflict"


async def test_a_writer_that_is_behind_gets_the_entries_it_lacks(journal, case, writer):
    late = writer(case.stream, head=case.head)
    await case.append(journal, "confirm", "ReasonConfirmed")

    answer = await late.append(journal, "withdraw", "CaseWithdrawn")

    assert answer.outcome == "conflict"
    assert [entry.command_id for entry in answer.entries] == ["confirm"]
    assert first_break(answer.entries, late.head) is None


@pytest.mark.parametrize("head", [Head(7, "ab" * 32), Head(1, "cd" * 32)], ids=["ahead of it", "another history"])
async def test_a_writer_whose_memory_is_not_the_journals_gets_a_conflict_without_entries(journal, case, writer, head):
    astray = writer(case.stream, head=head)

    assert await astray.append(journal, "confirm") == AppendAnswer("conflict")
    assert len(await journal.read(case.stream)) == 1


async def test_of_many_writers_at_one_position_exactly_one_wins(journal, case, writer):
    rivals = [writer(case.stream, head=case.head) for _ in range(12)]

    answers = await asyncio.gather(*(rival.append(journal, f"rival-{n}") for n, rival in enumerate(rivals)))

    assert sorted(answer.outcome for answer in answers) == ["conflict"] * 11 + ["ok"]
    assert len(await journal.read(case.stream)) == 2


async def test_writers_that_keep_trying_all_get_through_without_a_gap(journal, case, writer):
    async def insist(command_id: str) -> None:
        mine = writer(case.stream)
        await mine.catch_up(journal)
        while (answer := await mine.append(journal, command_id)).outcome != "ok":
            assert answer.outcome == "conflict"
            await mine.catch_up(journal)

    await asyncio.gather(*(insist(f"command-{n}") for n in range(16)))

    entries = await journal.read(case.stream)
    assert {entry.command_id for entry in entries} == {"open", *(f"command-{n}" for n in range(16))}
    assert [entry.position for entry in entries] == list(range(1, 18))
    assert first_break(entries) is None


async def test_the_same_command_sent_many_times_at_once_is_written_once(journal, case):
    request = case.request("confirm", "ReasonConfirmed", "NoticeSent")

    answers = [json.loads(answer) for answer in await asyncio.gather(*(journal.append(request) for _ in range(10)))]

    assert sorted(answer["outcome"] for answer in answers) == ["duplicate"] * 9 + ["ok"]
    assert len(await journal.read(case.stream)) == 3


async def test_the_summary_becomes_the_cases_row(journal, case):
    await case.append(journal, "confirm", status="reason_confirmed", waiting_on="merchant", tier="L3", due_at=None)

    async with journal.pool.connection() as connection:
        row = await (
            await connection.execute(
                "select status, waiting_on, tier, due_at, version, open, closed_at from journal.streams"
            )
        ).fetchone()
    assert row == ("reason_confirmed", "merchant", "L3", None, 2, True, None)


async def test_of_a_summary_only_the_columns_that_are_given_are_written(journal, case):
    asked = json.loads(case.request("confirm", "ReasonConfirmed", "NoticeSent"))
    await journal.append(json.dumps(asked | {"summary": {"waiting_on": "merchant", "sentence_en": "Waiting."}}))
    await case.catch_up(journal)
    asked = json.loads(case.request("submit"))
    await journal.append(json.dumps(asked | {"summary": {}}))

    async with journal.pool.connection() as connection:
        row = await (
            await connection.execute(
                "select position, version, waiting_on, sentence_en, status, tier, open, live from journal.streams"
            )
        ).fetchone()
    assert row == (4, 4, "merchant", "Waiting.", "opened", "L2", True, True)


async def test_a_second_open_case_of_a_kind_on_a_terminal_is_refused_by_name(journal, writer):
    await writer("FA-1", terminal_sn="SN-9").append(journal, "open")

    with pytest.raises(AnotherCaseIsOpenError) as refused:
        await writer("FA-2", terminal_sn="SN-9").append(journal, "open")

    assert (refused.value.terminal_sn, refused.value.case_id) == ("SN-9", "FA-1")
    assert await journal.read("FA-2") == ()


async def test_a_case_cannot_reopen_beside_one_that_is_open(journal, writer):
    first, second = writer("FA-1", terminal_sn="SN-9"), writer("FA-2", terminal_sn="SN-9")
    await first.append(journal, "open")
    await first.append(journal, "withdraw", open=False)
    await second.append(journal, "open")

    with pytest.raises(AnotherCaseIsOpenError):
        await first.append(journal, "reopen")

    assert len(await journal.read("FA-1")) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.update(entries=[]),
        lambda body: body["entries"][0].update(position=9),
        lambda body: body["entries"][0].update(previous_hash="00" * 32),
        lambda body: body["entries"][0].update(stream="FA-other"),
        lambda body: body["entries"][0].update(command_id="another"),
        lambda body: body.update(expected_position=0),
        lambda body: body.pop("kind"),
        lambda body: body.update(entries=None),
    ],
)
async def test_a_request_that_does_not_hold_together_never_reaches_the_database(journal, case, spoil):
    body = json.loads(case.request("confirm"))
    spoil(body)

    with pytest.raises(InvalidRequestError):
        await journal.append(json.dumps(body))
    with pytest.raises(InvalidRequestError):
        await journal.append("not json")

    assert len(await journal.read(case.stream)) == 1


async def test_streams_that_are_no_case_need_no_summary(journal, writer):
    terminal = writer("terminal:SN-1", kind="terminal")

    await terminal.append(journal, "register", "TerminalRegistered")
    await terminal.append(journal, "rebind", "TerminalRebound")

    assert [entry.type for entry in await journal.read("terminal:SN-1")] == ["TerminalRegistered", "TerminalRebound"]


@pytest.mark.parametrize("statement", ["update journal.events set type = type", "delete from journal.events",
                                       "truncate journal.events", "delete from journal.streams",
                                       "truncate journal.streams"])  # fmt: skip
async def test_what_is_written_cannot_be_changed_or_removed(journal, case, statement):
    async with journal.pool.connection() as connection:
        with pytest.raises(psycopg.errors.RestrictViolation, match="what is written stays written"):
            await connection.execute(statement)


class TestSeveralStreams:
    async def test_they_are_written_together(self, journal, case, writer):
        terminal = writer("terminal:SN-1", kind="terminal")

        answer = await journal.append_all([case.request("place"), terminal.request("place", "ControlPlaced")])

        assert json.loads(answer)["outcome"] == "ok"
        assert len(await journal.read(case.stream)) == 2
        assert len(await journal.read("terminal:SN-1")) == 1

    async def test_one_that_has_moved_keeps_all_unwritten_and_tells_what_is_missing(self, journal, case, writer):
        terminal = writer("terminal:SN-1", kind="terminal")
        both = [case.request("place"), terminal.request("place", "ControlPlaced")]
        await case.append(journal, "confirm")

        answer = AppendAnswer.from_json(await journal.append_all(both))

        assert answer.outcome == "conflict"
        assert [(entry.stream, entry.command_id) for entry in answer.entries] == [(case.stream, "confirm")]
        assert await journal.read("terminal:SN-1") == ()

    async def test_a_repeat_is_a_duplicate(self, journal, case, writer):
        both = [case.request("place"), writer("terminal:SN-1", kind="terminal").request("place", "ControlPlaced")]
        await journal.append_all(both)

        answer = AppendAnswer.from_json(await journal.append_all(both))

        assert answer.outcome == "duplicate"
        assert {entry.stream for entry in answer.entries} == {case.stream, "terminal:SN-1"}

    async def test_naming_a_stream_twice_is_a_mistake(self, journal, case):
        with pytest.raises(ValueError, match="twice"):
            await journal.append_all([case.request("one"), case.request("two")])

    async def test_crossing_writers_do_not_block_each_other_for_ever(self, journal: Journal, writer):
        async def write(number: int) -> str:
            a, b = writer("terminal:SN-1", kind="terminal"), writer("terminal:SN-2", kind="terminal")
            requests = [a.request(f"{number}"), b.request(f"{number}")]
            return json.loads(await journal.append_all(requests if number % 2 else requests[::-1]))["outcome"]

        outcomes = await asyncio.gather(*(write(number) for number in range(8)))

        assert sorted(outcomes) == ["conflict"] * 7 + ["ok"]
