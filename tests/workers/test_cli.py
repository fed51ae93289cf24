"""The command `thaw` as a whole."""

import typer
from typer.testing import CliRunner

from workers.cli import PROCESSES, build


def commands(group: typer.core.TyperGroup, path: str = "thaw") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found |= commands(command, f"{path} {name}") if inner else {f"{path} {name}": command}
    return found


def test_every_command_can_answer_in_json() -> None:
    every = commands(typer.main.get_command(build()))
    assert {f"thaw {name}" for name in ("up", "down", "status", "reset", "worker", "partner", "desk", "relay")} <= set(
        every
    )
    without = [
        name for name, command in every.items() if not any("--json" in parameter.opts for parameter in command.params)
    ]
    assert without == []


def test_every_command_says_what_it_does() -> None:
    assert [name for name, command in commands(typer.main.get_command(build())).items() if not command.help] == []


def test_without_a_command_the_help_is_shown() -> None:
    shown = CliRunner().invoke(build(), [])
    assert "up" in shown.output
    assert "status" in shown.output


def test_the_processes_of_a_stack_are_found_without_loading_other_commands() -> None:
    for name, module in PROCESSES.items():
        alone = commands(typer.main.get_command(build([module])))
        every = commands(typer.main.get_command(build()))
        assert f"thaw {name}" in alone
        assert len(alone) < len(every) / 2
