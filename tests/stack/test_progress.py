"""What is shown while the stack comes up."""

import io

import pytest
from rich.console import Console

from workers.stack.progress import Progress, summary

PLAN = {"kind": "plan", "stages": [["database", ["postgres"]], ["partners", ["ledger", "bank"]]]}


def state(name: str, state: str) -> dict[str, str]:
    return {"kind": "process", "name": name, "state": state}


def shown(*messages: dict[str, object], terminal: bool) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=terminal)
    with Progress(console) as progress:
        for message in messages:
            progress.hear(message)
    return console.file.getvalue()


def test_without_a_terminal_each_stage_is_told_once_when_all_of_it_is_up() -> None:
    told = shown(
        PLAN, state("postgres", "running"), state("ledger", "running"), state("postgres", "running"), terminal=False
    )
    assert told.count("database: postgres") == 1
    assert "partners" not in told


@pytest.mark.parametrize("part", ["database", "ledger", "bank"])
def test_on_a_terminal_every_part_is_shown(part: str) -> None:
    assert part in shown(PLAN, state("postgres", "running"), state("ledger", "starting"), terminal=True)


def test_the_summary_names_every_address_and_log_in() -> None:
    description = {
        "desk": "http://desk", "portal": "http://portal", "temporal_ui": "http://ui", "mailbox": "http://mail",
        "users": {"reviewer1": {"roles": ["reviewer"], "password": "secret"}},
    }  # fmt: skip
    console = Console(file=io.StringIO(), width=100)
    console.print(summary(description))
    text = console.file.getvalue()
    assert all(
        word in text for word in ("http://desk", "http://portal", "http://ui", "http://mail", "reviewer1", "secret")
    )
