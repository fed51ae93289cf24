"""`thaw demo`: the scenarios, told step by step."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from workers.console import Json, fail, out, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running if the demo started it.")] = False,
    as_json: Json = False,
) -> None:
    """Drive cases through the desk as people and partners would, and tell each step.

    Starts the stack if none runs here, and stops it in the end. Every run makes new cases. Exit code 0 when everything
    came out as it must, 1 when something did not.
    """
    from workers.demo.play import play, start_if_needed, stop
    from workers.demo.telling import Telling, UnexpectedError
    from workers.settings import data_dir
    from workers.stack.place import Place

    place, console = Place(data_dir()), None if as_json else out
    started = False
    try:
        started = start_if_needed(place, console)
        told = asyncio.run(play(place, Telling(console)))
    except UnexpectedError as error:
        raise fail(str(error), as_json=as_json) from None
    finally:
        if started and not keep:
            stop(place, console)
    if as_json:
        print_json(told)
    elif told["ok"]:
        out.print("\n[bold green]everything came out as it must[/]")
    if not told["ok"]:
        raise typer.Exit(1) if as_json else fail("something did not come out as it must", as_json=as_json)
