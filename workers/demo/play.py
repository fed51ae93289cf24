"""The whole demo: the stack, the portfolio, the scenes, the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx2
from rich.console import Console

from samples.portfolio import MERCHANTS, TERMINALS
from workers.api import ApiError
from workers.demo.appeal import Appeal
from workers.demo.closing import close
from workers.demo.scenes import ACTS
from workers.demo.stage import Stage, open_stage
from workers.demo.telling import Telling, UnexpectedError
from workers.settings import DATA_DIR_VARIABLE
from workers.stack.lock import holder
from workers.stack.place import Place


def start_if_needed(place: Place, console: Console | None) -> bool:
    """Has a stack running in this folder; True when it had to be started. Raises UnexpectedError."""
    if holder(place.lock) is not None and place.description.exists():
        return False
    if console:
        console.print("[dim]no stack runs here; starting one[/]")
    started = _thaw(place, "up", "--detach", quiet=console is None)
    if started.returncode != 0:
        raise UnexpectedError(f"the stack did not start: {(started.stderr or '')[-400:]}")
    return True


def stop(place: Place, console: Console | None) -> None:
    """Stops the stack the demo started."""
    _thaw(place, "down", quiet=True)
    if console:
        console.print("[dim]the stack was stopped again; `thaw up` opens it with these cases in it[/]")


def import_portfolio(place: Place, telling: Telling) -> dict[str, Any]:
    """`thaw import` of the sample portfolio. Raises UnexpectedError."""
    telling.begin("The portfolio", "A dozen merchants and their terminals from two CSV files, all of them or none.")
    telling.does("officer1", f"thaw import {MERCHANTS.name} {TERMINALS.name}")
    done = _thaw(place, "import", str(MERCHANTS), str(TERMINALS), "--json", quiet=True)
    if done.returncode != 0:
        raise UnexpectedError(f"the import failed: {(done.stdout or done.stderr)[-400:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    for kind in ("merchants", "terminals"):
        telling.answers(f"{kind}: " + ", ".join(f"{number} {how}" for how, number in told[kind].items()))
    return told


async def play(place: Place, telling: Telling) -> dict[str, Any]:
    """Imports, plays every scene, and checks the end; all of it as data, with `ok`."""
    end: dict[str, Any] = {}
    imported: dict[str, Any] = {}
    async with open_stage(place, telling) as stage:
        appeals: Sequence[Appeal] = ()
        try:
            await _heal(stage)  # an earlier run may have been cut off in the middle of a fault
            imported = import_portfolio(place, telling)
            appeals = await _scenes(stage)
            end = await close(stage, appeals)
        except (UnexpectedError, ApiError, httpx2.HTTPError) as error:
            telling.fails(f"{type(error).__name__}: {error}")
        finally:
            await _heal(stage)
    ok = all(scene.failure is None for scene in telling.scenes)
    return {"ok": ok, "run": stage.run, "imported": imported, "scenes": [s.told() for s in telling.scenes], "end": end}


async def _scenes(stage: Stage) -> Sequence[Appeal]:
    """Plays each scene; one that fails does not keep the others from being played."""
    played = []
    for act in ACTS:
        stage.telling.begin(act.title, act.about)
        try:
            played.append(await act.play(stage))
        except (UnexpectedError, ApiError, httpx2.HTTPError) as error:
            stage.telling.fails(f"{type(error).__name__}: {error}")
    return played


async def _heal(stage: Stage) -> None:
    """Whatever happened, no partner stays broken."""
    for partner in ("ledger", "terminals"):
        with suppress(UnexpectedError, httpx2.HTTPError):  # then it is down, and the scenes will say so
            await stage.fault(partner)


def _thaw(place: Place, *arguments: str, quiet: bool) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-P", "-m", "workers.cli", *arguments],
        env={**os.environ, DATA_DIR_VARIABLE: str(place.folder)},
        capture_output=quiet,
        text=True,
        check=False,
    )
