"""`thaw journal views` and `thaw journal rebuild`: how far the asynchronous views are, and making one anew."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from workers.commands.journal import app
from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from journal.projecting import Standing
    from journal.rebuilding import Progress, Rebuilt
    from journal.views import View
    from workers.settings import Settings

T = TypeVar("T")


def register(_: typer.Typer) -> None:
    """Add the commands to `thaw journal`."""
    app.command()(views)
    app.command()(rebuild)


def views(as_json: Json = False) -> None:
    """Show how far each asynchronous view is: the last event in it, and how many it lacks (1000: or more)."""
    told = _run(_standings(_settings(as_json=as_json)), as_json=as_json)
    if as_json:
        print_json([asdict(standing) for standing in told])
        return
    from rich.table import Table

    table = Table("view", "last event", "written at", "lacks", "version", box=None)
    for each in told:
        table.add_row(each.view, str(each.position), str(each.at or ""), str(each.behind), each.version)
    out.print(table)
    if not told:
        err.print("no view is built yet; `thaw views` builds them, and so does `thaw journal rebuild`", style="yellow")


def rebuild(
    view: Annotated[
        str, typer.Argument(help="search, statistics, ageing, workload, outcomes or held_money; or all of them: all.")
    ],
    as_json: Json = False,
) -> None:
    """Make a view anew from the journal, beside the one that is read; it takes its place at once when it is complete.
    If this breaks off, give the same command again: it goes on where it was.

    Exit code 0 when it was made, 1 for a view there is not, 2 when the journal cannot be read or another process is
    making the view.
    """
    from journal.views import VIEWS

    if view != "all" and view not in VIEWS:
        raise fail(f"there is no view {view!r}; there are {', '.join(VIEWS)}, and all", as_json=as_json)
    settings = _settings(as_json=as_json)
    for each in VIEWS.values() if view == "all" else (VIEWS[view],):
        made = _run(_rebuild(settings, each, as_json=as_json), as_json=as_json)
        if as_json:
            print_json(asdict(made))
        else:
            out.print(f"{made.view} was made anew from {made.streams} streams in {made.seconds:.1f} s")


def _settings(*, as_json: bool) -> Settings:
    from pydantic import ValidationError

    from workers.settings import load_settings

    try:
        return load_settings()
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][0]) for each in error.errors())
        raise fail(
            f"no settings for a journal ({missing}); is this the folder of a stack?", 2, as_json=as_json
        ) from None


def _run(work: Coroutine[Any, Any, T], *, as_json: bool) -> T:
    from psycopg import Error

    from journal.migrating import MigrationError
    from journal.rebuilding import BeingRebuiltError

    try:
        return asyncio.run(work)
    except (Error, MigrationError) as error:
        raise fail(f"the journal cannot be read: {error}", 2, as_json=as_json) from None
    except BeingRebuiltError as error:
        raise fail(str(error), 2, as_json=as_json) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def _standings(settings: Settings) -> tuple[Standing, ...]:
    from journal import Journal
    from journal.projecting import standings

    async with await Journal.open(settings.database_url, max_size=1) as journal:
        return await standings(journal.pool)


async def _rebuild(settings: Settings, view: View, *, as_json: bool) -> Rebuilt:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from journal import Journal
    from journal.rebuilding import rebuild as make_anew
    from workers.vocabulary import vocabulary

    words = vocabulary(settings.policy_version)
    async with await Journal.open(settings.database_url, max_size=1) as journal:
        if as_json:
            return await make_anew(journal.pool, view, words)
        columns = (TextColumn(f"reading streams into {view.name}"), BarColumn(), MofNCompleteColumn())
        with Bar(*columns, TimeRemainingColumn(), console=err, transient=True) as bar:
            return await make_anew(journal.pool, view, words, _moving(bar))


def _moving(bar: Any) -> Progress:
    task = bar.add_task("", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)
