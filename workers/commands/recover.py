"""`thaw recover`: pick every live case up from the journal after the engine lost what it knew."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from workers.recover import Progress, Recovered

INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(recover)


def recover(
    at_once: Annotated[int, typer.Option(min=1, max=200, help="How many cases are started at the same time.")] = 16,
    per_second: Annotated[
        float | None, typer.Option("--per-second", min=0.1, help="At most so many cases a second.")
    ] = None,
    read_again: Annotated[
        bool, typer.Option("--read-again", help="Also have running cases read their journal (after a restore).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Start a workflow for every live case that has none, the longest overdue first.

    It may be stopped and repeated at any time: cases that run already are left alone. Exit code 0 when every live case
    has its workflow, 1 when some could not be started, 2 when the engine or the journal cannot be reached, 130 when it
    was stopped; each time it tells what was done.
    """
    from psycopg import OperationalError
    from pydantic import ValidationError
    from temporalio.service import RPCError

    from journal.connections import UNWRITABLE
    from journal.migrating import MigrationError
    from workers.recover import Recovered

    found, began = Recovered(), time.monotonic()
    try:
        asyncio.run(_recover(found, at_once, per_second, read_again=read_again, as_json=as_json))
    except KeyboardInterrupt:
        _tell(found, time.monotonic() - began, as_json=as_json, stopped="it was stopped")
        raise typer.Exit(INTERRUPTED) from None
    except MigrationError as error:
        raise fail(str(error), 2, as_json=as_json) from None
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][0]) for each in error.errors())
        raise fail(f"no settings ({missing}); is this the folder of a stack?", 2, as_json=as_json) from None
    except (OperationalError, *UNWRITABLE, RPCError, RuntimeError) as error:
        why = f"the engine or the journal cannot be reached: {str(error).strip()}"
        if not found.live:
            raise fail(why, 2, as_json=as_json) from None
        _tell(found, time.monotonic() - began, as_json=as_json, stopped=why)
        raise typer.Exit(2) from None
    _tell(found, time.monotonic() - began, as_json=as_json)
    if found.failed:
        raise typer.Exit(1)


async def _recover(
    found: Recovered, at_once: int, per_second: float | None, *, read_again: bool, as_json: bool
) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from journal import Journal
    from journal.relay import Relay
    from workers.connect import connect_now
    from workers.recover import recover as recover_all
    from workers.settings import load_settings

    settings = load_settings()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with await Journal.open(settings.database_url) as journal:
        client, relay = await connect_now(settings, "thaw-recover"), Relay(journal.pool)
        with Bar(*columns, console=err, transient=True, disable=as_json) as bar:
            await recover_all(
                client, relay, at_once=at_once, per_second=per_second, read_again=read_again, progress=_moving(bar),
                found=found,
            )  # fmt: skip


def _moving(bar: Bar) -> Progress:
    task = bar.add_task("picking cases up", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def _tell(found: Recovered, seconds: float, *, as_json: bool, stopped: str | None = None) -> None:
    """What was done, and if it did not come to its end, why."""
    if as_json:
        print_json({**asdict(found), "seconds": round(seconds, 1), "stopped": stopped})
        return
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    in_order = f", {found.overdue} of them overdue, the longest first" if found.overdue else ""
    for number, what in (
        (found.live, "live cases in the journal"),
        (len(found.started), f"started{in_order}"),
        (found.running, "ran already"),
        (found.resynced, "told to read their journal"),
        (len(found.failed), "could not be started"),
    ):
        table.add_row(f"{number:,}", what)
    out.print(table)
    for case_id, why in sorted(found.failed.items()):
        err.print(f"{case_id}: {why}", style="red", markup=False)
    if stopped:
        err.print(f"{stopped}\nRepeat the command: it goes on where it ended.", style="red", markup=False)
    else:
        rate = f", {len(found.started) / seconds:.0f} a second" if found.started and seconds else ""
        out.print(f"done in {seconds:.0f} s{rate}")
