"""The stack's logs: JSON per process, one readable file for all."""

import json
from pathlib import Path

from workers.stack.logbook import Logbook, coloured
from workers.stack.reading import read_log


def written(folder: Path, *lines: tuple[str, str]) -> Path:
    logbook = Logbook(folder)
    for process, raw in lines:
        logbook.record(process, raw)
    logbook.close()
    return folder


def own(folder: Path, process: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / f"{process}.jsonl").read_text().splitlines()]


def merged(folder: Path) -> list[str]:
    return (folder / "thaw.log").read_text().splitlines()


def test_a_json_line_stays_json_and_becomes_readable(tmp_path: Path) -> None:
    raw = {"timestamp": "2026-03-02T09:30:00+08:00", "level": "info", "event": "hold placed", "case_id": "FA-1", "n": 3}
    written(tmp_path, ("ledger", json.dumps(raw)))
    assert own(tmp_path, "ledger") == [{**raw, "process": "ledger"}]
    (line,) = merged(tmp_path)
    assert line.split(maxsplit=1)[1].split() == ["ledger", "info", "hold", "placed", "case_id=FA-1", "n=3"]


def test_any_other_line_is_wrapped(tmp_path: Path) -> None:
    written(tmp_path, ("desk", "Traceback (most recent call last):"))
    (line,) = own(tmp_path, "desk")
    assert (line["event"], line["process"], line["level"]) == ("Traceback (most recent call last):", "desk", "info")


def test_the_levels_of_postgresql_and_temporal_are_understood(tmp_path: Path) -> None:
    written(tmp_path, ("postgres", "FATAL:  too many clients"), ("temporal", '{"level":"warn","msg":"slow"}'))
    assert [(line["level"], line["event"]) for line in (*own(tmp_path, "postgres"), *own(tmp_path, "temporal"))] == [
        ("critical", "too many clients"),
        ("warning", "slow"),
    ]


def test_an_exception_shows_what_it_was(tmp_path: Path) -> None:
    raw = {"event": "failed", "level": "error", "exception": [{"exc_type": "ValueError", "exc_value": "odd"}]}
    written(tmp_path, ("desk", json.dumps(raw)))
    assert merged(tmp_path)[1].strip() == "ValueError: odd"


def test_a_file_that_grows_too_big_is_put_aside(tmp_path: Path) -> None:
    logbook = Logbook(tmp_path, most_bytes=400)
    for number in range(10):
        logbook.record("desk", f"line {number}")
    logbook.close()
    assert (tmp_path / "thaw.log.1").exists()
    assert "line 9" in merged(tmp_path)[-1]


def test_one_process_is_read_by_its_name_and_all_without(tmp_path: Path) -> None:
    written(tmp_path, ("desk", "opened"), ("ledger", "balanced"))
    one = read_log(tmp_path, "ledger", 10, follow=False, as_json=False, colour=False)
    everything = read_log(tmp_path, None, 10, follow=False, as_json=False, colour=False)
    assert [line.split()[-1] for line in one] == ["balanced"]
    assert [line.split()[-1] for line in everything] == ["opened", "balanced"]


def test_colours_change_no_word(tmp_path: Path) -> None:
    written(tmp_path, ("desk", '{"event": "broken", "level": "error"}'))
    (line,) = merged(tmp_path)
    assert "\x1b[31m" in coloured(line)
    assert "broken" in coloured(line)
