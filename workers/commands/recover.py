"""`thaw recover`: pick every live case up from the journal after the engine lost what it knew."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from workers.recover import Progress, Recovered


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(recover)


def recover(
    at_once: Annotated[int, typer.Option(min=1, max=200, help="How many cases are started at the same time.")] = 16,
    rate: Annotated[float | None, typer.Option(min=0.1, help="At most so many cases a second, on average.")] = None,
    read_again: Annotated[
        bool, typer.Option("--read-again", help="Also have running cases read their journal (after a restore).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Start a workflow for every live case that has none. It may be stopped and repeated at any time.

    Exit code 0 when every live case has its workflow, 1 when some could not be started, 2 when the engine or the
    journal cannot be reached.
    """
    from psycopg import OperationalError
    from pydantic import ValidationError
    from temporalio.service import RPCError

    from journal.migrating import MigrationError

    try:
        found = asyncio.run(_recover(at_once, rate, read_again=read_again, as_json=as_json))
    except (OperationalError, MigrationError, RPCError, RuntimeError) as error:
        raise fail(f"the engine or the journal cannot be reached: {error}", 2, as_json=as_json) from None
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][0]) for each in error.errors())
        raise fail(f"no settings ({missing}); is this the folder of a stack?", 2, as_json=as_json) from None
    _tell(found, as_json=as_json)
    if found.failed:
        raise typer.Exit(1)


async def _recover(at_once: int, rate: float | None, *, read_again: bool, as_json: bool) -> Recovered:
    from rich.progress import Progress as Bar

    from journal import Journal
    from journal.relay import Relay
    from workers.connect import connect_now
    from workers.recover import recover as recover_all
    from workers.settings import load_settings

    settings = load_settings()
    async with await Journal.open(settings.database_url) as journal:
        client, relay = await connect_now(settings, "thaw-recover"), Relay(journal.pool)
        if as_json:
            return await recover_all(client, relay, at_once=at_once, per_second=rate, read_again=read_again)
        with Bar(console=err, transient=True) as bar:
            return await recover_all(
                client, relay, at_once=at_once, per_second=rate, read_again=read_again, progress=_moving(bar)
            )


def _moving(bar: Bar) -> Progress:
    task = bar.add_task("picking cases up", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def _tell(found: Recovered, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    for case_id, why in found.failed.items():
        err.print(f"{case_id}: {why}", style="red", markup=False)
    out.print(f"{len(found.started)} started, {found.running} ran already, {len(found.failed)} failed")
