"""What all commands of `thaw` share: the --json option, and how they speak."""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

_WIDE = 160

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
"""What was asked for; into a pipe or file wide enough that no address is cut."""
err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Everything said beside it."""


def print_json(data: Any) -> None:
    """Print data as JSON, on one line, with nothing around it."""
    typer.echo(json.dumps(data, ensure_ascii=False, default=str))


def fail(text: str, code: int = 1, *, as_json: bool = False) -> typer.Exit:
    """Say why the command cannot do what was asked (JSON: `{"error": …}`); raise what this returns."""
    if as_json:
        print_json({"error": text})
    else:
        err.print(text, style="red", markup=False)
    return typer.Exit(code)
