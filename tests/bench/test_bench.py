"""The measurements run and print what `make bench` promises. How fast anything is, is no test's business."""

from __future__ import annotations

import json

import pytest

from bench import append, pages, recover, stories, verify, views
from bench.__main__ import main, surroundings
from bench.append import Amount
from domain.stream import Head, first_break
from journal.views import VIEWS


async def test_appends_are_measured_beside_every_reference() -> None:
    figures = await append.measure(Amount(rounds=1, cases=1))
    assert set(figures) == {"single", "batch_of_8"}
    for size, beside in (
        ("single", {"plain_psycopg", "eventsourcing", "eventsourcing_read_first", "lone_insert"}),
        ("batch_of_8", {"plain_psycopg", "eventsourcing", "eventsourcing_read_first"}),
    ):
        for connections in ("connections_1", "connections_4"):
            figure = figures[size][connections]
            assert figure["events_per_s"] > 0
            assert set(figure["beside"]) == beside
            for reference in figure["beside"].values():
                assert {"per_s", "ratio", "target", "met"} <= set(reference)
    json.dumps(figures)


async def test_verifying_is_measured_beside_one_process_and_sealing_by_what_moved() -> None:
    figures = await verify.measure(verify.QUICK)
    assert (figures["streams"], figures["events"] > 100) == (6, True)
    assert figures["verify"]["events_per_s"] > 0
    assert figures["verify"]["processes"] >= 2
    assert {"per_s", "ratio"} <= set(figures["verify"]["beside_one_process"])
    assert figures["seal"]["moved_heads"] == 2
    json.dumps(figures)


async def test_views_are_measured_beside_bare_copies_and_among_few_and_many_cases() -> None:
    figures = await views.measure(views.Amount(rounds=1, cases=5, short=20, long=60, small=40, tries=1, told=2))
    assert figures["rebuild"]["events"] == 6 * figures["size"]["events_of_a_case"]
    for view in VIEWS:
        assert {"ratio", "target", "met"} <= set(figures["rebuild"][view]["beside"]["bare_insert_select"])
    for list_ in ("page", "next"):
        for much in ("much", "little", "nothing"):
            assert {"p50_ms", "ratio", "met"} <= set(figures["queue"][f"{list_}_of_who_may_take_{much}"])
    assert {"p95_ms", "ratio", "target", "met"} <= set(figures["search"])
    assert figures["size"]["bytes_per_case"] >= figures["size"]["events"] > 0
    json.dumps(figures)


async def test_pages_are_measured_beside_bare_ones_of_their_size() -> None:
    figures = await pages.measure(pages.Amount(cases=60, tries=2))
    for page in ("queue", "case"):
        assert figures[page]["bytes"] > 10_000
        assert {"p50_ms", "p95_ms", "ratio", "target", "met"} <= set(figures[page])
    json.dumps(figures)


async def test_recovery_is_measured_beside_bare_starts_and_says_what_was_repeated() -> None:
    figures = await recover.measure(recover.Amount(rounds=1, cases=3, go_on=3))
    assert figures["cases_per_s"] > 0
    assert figures["beside"]["bare_start"]["per_s"] > 0
    repeated = figures["nothing_repeated"]
    assert (repeated["cases"], repeated["met"]) == (3, True)
    assert repeated["effects"] > 0
    json.dumps(figures)


def test_what_is_not_measured_is_not_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["everything"])
    assert "invalid choice" in capsys.readouterr().err


def test_the_figures_say_where_they_were_taken() -> None:
    assert {"at", "cpus", "load", "python", "temporalio", "psycopg"} <= set(surroundings())


def test_a_story_is_a_whole_case_in_one_chain_however_it_is_cut() -> None:
    told = stories.whole("FA-STORY")
    assert told[-1].summary["status"] == "closed_released"
    for size in (1, 8):
        head, entries = Head(), ()
        for piece in stories.cut(told, size):
            sealed = piece.sealed(head)
            head = Head(sealed[-1].position, sealed[-1].hash)
            entries += sealed
        assert first_break(entries) is None
        assert [entry.type for entry in entries] == [draft.type for append in told for draft in append.drafts]
