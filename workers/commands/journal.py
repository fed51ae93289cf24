"""`thaw journal`: questions to the journal itself."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from journal.verify import Progress, Report

app = typer.Typer(help="Check the journal.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="journal")


@app.callback()
def journal() -> None:
    """Check the journal."""


@app.command()
def verify(as_json: Json = False) -> None:
    """Read every stream and check its chain of hashes.

    Exit code 0 when the journal is sound, 1 when something was tampered with, 2 when it cannot be read.
    """
    from psycopg import OperationalError
    from pydantic import ValidationError

    from journal.migrating import MigrationError
    from workers.settings import load_settings

    try:
        report = asyncio.run(_verify(load_settings().database_url, as_json=as_json))
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][0]) for each in error.errors())
        raise fail(
            f"no settings for a journal ({missing}); is this the folder of a stack?", 2, as_json=as_json
        ) from None
    except (OperationalError, MigrationError) as error:
        raise fail(f"the journal cannot be read: {error}", 2, as_json=as_json) from None
    _tell(report, as_json=as_json)
    if not report.sound:
        raise typer.Exit(1)


async def _verify(url: str, *, as_json: bool) -> Report:
    from rich.progress import Progress as Bar

    from journal import Journal
    from journal.verify import verify

    async with await Journal.open(url) as journal:
        if as_json:
            return await verify(journal.pool)
        with Bar(console=err, transient=True) as bar:
            return await verify(journal.pool, _moving(bar))


def _moving(bar: Bar) -> Progress:
    """Moves a progress bar as streams are checked."""
    task = bar.add_task("checking streams", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def _tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json({"sound": report.sound, **asdict(report)})
        return
    for finding in report.findings:
        err.print(finding.problem, style="red", markup=False)
    size = f"{report.streams} streams, {report.events} events"
    out.print(f"sound: {size}" if report.sound else f"NOT sound: {len(report.findings)} findings in {size}")
