"""A long run in which processes are killed at random while cases are worked: `make chaos`.

`THAW_CHAOS_SEED` repeats a run, `THAW_CHAOS_CASES` makes it longer.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.blackbox.desk import Case, Desk, eventually

SEED = int(os.environ.get("THAW_CHAOS_SEED", random.SystemRandom().randrange(10**6)))
CASES = int(os.environ.get("THAW_CHAOS_CASES", "12"))
MORTAL = (
    "worker-cases",
    "worker-hands",
    "relay",
    "desk",
    "postgres",
    "temporal",
    "ledger",
    "terminals",
    "bank",
    "risk",
)
"""Every process may be killed at any moment."""

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]


@contextmanager
def killing(desk: Desk, chance: random.Random) -> Iterator[list[str]]:
    """Kills one process after another, each after a pause of a few seconds, until the block ends."""
    killed: list[str] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(chance.uniform(3, 12)):
            name = chance.choice(MORTAL)
            if desk.processes()[name]["state"] == "running":
                desk.kill(name)
                killed.append(name)

    killer = threading.Thread(target=kill, name="killer")
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


def status(desk: Desk, case: Case) -> str:
    """The case's status, while the desk can say it."""
    response = desk.call("officer1", "GET", case.path)
    return str(response.json()["status"]) if response.status_code == 200 else f"HTTP {response.status_code}"


def test_nothing_is_lost_or_doubled_however_processes_die(desk: Desk) -> None:
    chance = random.Random(SEED)
    print(f"THAW_CHAOS_SEED={SEED}")  # noqa: T201 — to repeat a run that failed
    cases: list[Case] = []
    for _ in range(CASES):
        case = desk.freeze(fen=chance.randrange(10_000, 4_000_000)).ready()
        case.approved("reviewer1")
        with killing(desk, chance):
            eventually(partial(status, desk, case), lambda seen: seen == "closed_released", "the release ends", 600)
        desk.all_running()
        cases.append(case)
    desk.all_running()
    for case in cases:
        case.until("closed_released")
        case.is_settled_once()
    verified = desk.thaw("journal", "verify")
    assert verified.returncode == 0, verified.stdout
    balance = desk.partner("ledger", "GET", "/trial-balance")
    assert balance["difference_fen"] == 0
