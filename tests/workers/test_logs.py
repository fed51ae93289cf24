"""What our processes write to standard output."""

import json
import logging
from collections.abc import Iterator

import pytest

from workers.logs import about_case, announce_ready, configure_logs, logger


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = before


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_line_is_json_and_names_process_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("ledger")
    logger().warning("balance is odd", difference_fen=1)
    (line,) = lines(capsys)
    assert line.pop("timestamp")
    assert line == {"process": "ledger", "level": "warning", "event": "balance is odd", "difference_fen": 1}


def test_lines_inside_a_case_name_the_case_and_lines_after_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("desk")
    with about_case("FA-1"):
        logger().info("inside")
    logger().info("outside")
    inside, outside = lines(capsys)
    assert inside["case_id"] == "FA-1"
    assert "case_id" not in outside


def test_a_library_that_logs_in_the_standard_way_gets_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("desk")
    with about_case("FA-1"):
        logging.getLogger("some.library").error("failed for %s", "a reason")
    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["process"], line["case_id"]) == (
        "failed for a reason", "error", "desk", "FA-1"
    )  # fmt: skip


def test_an_exception_is_part_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("desk")
    try:
        raise ValueError("broken")
    except ValueError:
        logger().exception("it broke")
    (line,) = lines(capsys)
    assert "ValueError" in json.dumps(line["exception"])


def test_debug_lines_are_left_out_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("desk")
    logger().debug("chatter")
    announce_ready()
    assert [line["event"] for line in lines(capsys)] == ["ready"]


def test_a_traceback_shows_where_and_never_the_values_of_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("desk")

    def open_vault(key: str) -> None:
        raise ValueError(f"a key of {len(key)} characters")

    try:
        open_vault("0b" * 32)
    except ValueError:
        logger().exception("failed")
    text = capsys.readouterr().out
    assert "open_vault" in text
    assert "a key of 64 characters" in text
    assert "0b0b" not in text
