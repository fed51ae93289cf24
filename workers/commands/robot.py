"""`thaw robot`: the automatic reviewer."""

from __future__ import annotations

import typer

from workers.console import Json, fail


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(robot)


def robot(as_json: Json = False) -> None:
    """Run the automatic reviewer, which decides what a policy rule lets it, until told to stop. It logs JSON."""
    from workers.api import NoAccessError
    from workers.logs import configure_logs
    from workers.robot import main

    configure_logs("robot")
    try:
        main()
    except NoAccessError as error:
        raise fail(str(error), as_json=as_json) from None
