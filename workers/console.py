"""What all commands of `thaw` share: the --json option, and how they speak."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

out = Console(highlight=False, soft_wrap=True)
"""What was asked for."""
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
