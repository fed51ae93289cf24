"""`thaw journal`: is it what it was, seal it, and the keys that sign."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from journal.sealing import Sealed
    from journal.verify import Plan, Progress, Report
    from workers.settings import Settings

T = TypeVar("T")
NOTES = "verify.jsonl"

app = typer.Typer(help="Check the journal, seal it, change its signing key.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="journal")


@app.callback()
def journal() -> None:
    """Check the journal, seal it, change its signing key."""


@app.command()
def verify(
    processes: Annotated[
        int | None, typer.Option("--processes", "-p", min=1, help="How many share the work [by size and cores].")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run broke off.")] = False,
    kept: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="A checkpoint you kept elsewhere: it must be in the chain."),
    ] = None,
    public_keys: Annotated[
        list[str] | None,
        typer.Option("--public-key", metavar="HEX", help="A public key you noted down: it must be in the key ring."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every stream's chain of hashes, and the journal against its signed checkpoints in the database and outside.

    Exit code 0 when the journal is sound, 1 when something was tampered with, 2 when it cannot be read.
    """
    settings = _settings(2, as_json=as_json)
    plan = _plan(settings, processes, kept or [], public_keys or [], resume=resume, as_json=as_json)
    report = _or_fail(lambda: _verify(settings, plan, as_json=as_json), 2, as_json=as_json)
    _tell(report, as_json=as_json)
    if not report.sound:
        raise typer.Exit(1)


@app.command()
def checkpoint(as_json: Json = False) -> None:
    """Seal the journal now: a signed checkpoint over all that moved since the last one. (The relay does it by itself.)

    Exit code 0 when everything is sealed, 1 when a stream does not continue what was sealed of it, 2 when no
    checkpoint can be made.
    """
    settings = _settings(2, as_json=as_json)
    sealed = _or_fail(lambda: asyncio.run(_seal(settings)), 2, as_json=as_json)
    _tell_sealed(sealed, settings.checkpoints_dir, as_json=as_json)
    if sealed.rewritten:
        raise typer.Exit(1)


@app.command("rotate-key")
def rotate_key(
    into: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write the new key there (mode 0600); else into secrets.json."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Introduce a new signing key, in a statement that the present one signs. Processes that run sign with the present
    key until they are started again with the new one. If this breaks off, give the same command again."""
    from workers.rotating import NowhereToKeepError, rotate
    from workers.stack.place import Place

    settings = _settings(2, as_json=as_json)
    try:
        ring = _or_fail(
            lambda: asyncio.run(rotate(settings, Place(settings.data_dir.resolve()), into)), 2, as_json=as_json
        )
    except NowhereToKeepError as error:
        raise fail(str(error), 2, as_json=as_json) from None
    where = str(into) if into else "secrets.json"
    if as_json:
        print_json({"public_key": ring.keys[-1], "previous_key": ring.keys[-2], "kept_in": where})
        return
    out.print(f"key {ring.keys[-1]} follows {ring.keys[-2]}; it is kept in {where}")
    again = "set THAW_SIGNING_KEY to it and start relay and desk again" if into else "thaw down, then thaw up"
    out.print(f"what runs signs with the old key until it is started again: {again}")


def _settings(code: int, *, as_json: bool) -> Settings:
    from pydantic import ValidationError

    from workers.settings import load_settings

    try:
        return load_settings()
    except ValidationError as error:
        wrong = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise fail(
            f"no settings for a journal ({wrong}); is this the folder of a stack?", code, as_json=as_json
        ) from None


def _or_fail(work: Callable[[], T], code: int, *, as_json: bool) -> T:
    """What `work` answers; what keeps it from reading or writing ends the command with `code`."""
    from concurrent.futures import BrokenExecutor

    from psycopg import Error

    from journal.migrating import MigrationError
    from journal.outside import OutsideError
    from journal.sealing import SealingError
    from journal.signing import InvalidSigningKeyError

    try:
        return work()
    except BrokenExecutor:
        raise fail("a process that read the journal was killed; --resume goes on", code, as_json=as_json) from None
    except (Error, MigrationError, OSError) as error:
        raise fail(f"the journal or its folder of checkpoints cannot be used: {error}", code, as_json=as_json) from None
    except (OutsideError, SealingError, InvalidSigningKeyError) as error:
        raise fail(str(error), code, as_json=as_json) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _plan(
    settings: Settings, processes: int | None, kept: list[Path], public_keys: list[str], *, resume: bool, as_json: bool
) -> Plan:
    from journal.outside import OutsideError, read_signed
    from journal.resuming import Notes
    from journal.signing import SigningKey
    from journal.verify import Plan

    for key in public_keys:
        if len(key) != 64 or set(key.lower()) - set("0123456789abcdef"):
            raise fail(f"a public key is 64 hex digits, not {key!r}", 2, as_json=as_json)
    try:
        read = [read_signed(path) for path in kept]
    except (OutsideError, OSError) as error:
        raise fail(f"the checkpoint that was kept cannot be read: {error}", 2, as_json=as_json) from None
    trusted = [key.lower() for key in public_keys] or [SigningKey(settings.signing_key).public]
    notes = Notes(settings.data_dir / NOTES) if settings.data_dir.is_dir() else None
    return Plan(processes, trusted=trusted, kept=read, notes=notes, resume=resume)


def _verify(settings: Settings, plan: Plan, *, as_json: bool) -> Report:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from journal.outside import Outside
    from journal.verify import verify

    asyncio.run(_migrated(settings.database_url))
    outside = Outside(settings.checkpoints_dir)
    if as_json:
        return verify(settings.database_url, outside, plan)
    columns = (TextColumn("checking streams"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=err, transient=True) as bar:
        return verify(settings.database_url, outside, plan, _moving(bar))


async def _migrated(url: str) -> None:
    """Raises MigrationError for a database that this code does not fit."""
    from journal import Journal

    async with await Journal.open(url, max_size=1):
        pass


async def _seal(settings: Settings) -> Sealed:
    from dataclasses import replace

    from domain.business_time import format_time
    from journal import Journal
    from journal.clock import now
    from journal.outside import Outside
    from journal.sealing import Sealer

    async with await Journal.open(settings.database_url, max_size=2) as opened:
        sealer = Sealer(opened.pool, settings.signing_key, Outside(settings.checkpoints_dir))
        heads = 0
        while True:
            sealed = await sealer.seal(format_time(now()), everything=True)
            heads += sealed.heads
            if not sealed.more:
                return replace(sealed, heads=heads)


def _moving(bar: Bar) -> Progress:
    """Moves a progress bar as streams are checked."""
    task = bar.add_task("", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def _tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json({"sound": report.sound, **asdict(report)})
        return
    for finding in report.findings:
        err.print(finding.problem, style="red", markup=False)
    size = f"{report.streams} streams, {report.events} events, {report.checkpoints} checkpoints"
    out.print(f"sound: {size}" if report.sound else f"NOT sound: {len(report.findings)} findings in {size}")
    if report.resumed:
        err.print("part of it was checked by a run that broke off", style="dim")
    if report.unsealed:
        err.print(f"{report.unsealed} streams have entries that no checkpoint covers yet", style="dim")


def _tell_sealed(sealed: Sealed, folder: Path, *, as_json: bool) -> None:
    made: dict[str, Any] | None = sealed.checkpoint.body() if sealed.checkpoint else None
    if as_json:
        print_json({"checkpoint": made, "heads": sealed.heads, "rewritten": sealed.rewritten, "folder": str(folder)})
        return
    for stream in sealed.rewritten:
        err.print(f"{stream}: does not continue what was sealed of it", style="red", markup=False)
    if sealed.checkpoint is None:
        out.print("the journal is empty: there is nothing to seal")
    elif not sealed.heads:
        out.print(f"checkpoint {sealed.checkpoint.number} covers everything")
    else:
        one = sealed.checkpoint
        out.print(f"checkpoint {one.number}: {sealed.heads} heads sealed, {one.streams} streams, {one.events} events")
        out.print(f"root {one.root}, in {folder}")
