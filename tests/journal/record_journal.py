"""Keeps a journal as this version of Thaw leaves it, for every later version to read: `python -m
tests.journal.record_journal`. To be run once before each release, on the code that is released.

It holds cases in every state with every kind of event, and what a desk has beside them: users, merchants, terminals,
sealed data, documents, stored commands, claims, callbacks. `journals/NNNN_thaw-VERSION.sql` is what `pg_dump` makes of
it (NNNN is the newest migration), the `.json` beside it what is read of it. Neither is ever changed afterwards.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import httpx2

from desk.seed import TERMINAL_SN
from domain.wire import EVENTS
from journal import Journal, migrating
from tests.desk.house import House, opened, prepared
from tests.desk.working import PNG
from tests.journal.kept import FOLDER, pasts, read, streams, write_cases
from workers.stack.binaries import in_the_wheel
from workers.stack.postgres import Postgres


async def fill(database: str, folder: Path) -> None:
    """A desk at which something of everything has happened."""
    config = await prepared(database, folder)
    async with opened(config) as house:
        await write_cases(house.desk.journal)
        await _work_at(house)


async def _work_at(house: House) -> None:
    control = {
        "terminal_sn": TERMINAL_SN, "kind": "settlement_hold", "reason_code": "R01", "held_amount_fen": 8_642_000,
        "source": "risk", "external_ref": "risk-1", "detail": "velocity",
    }  # fmt: skip
    case_id = _good(await house.officer1.post("/api/v1/controls", control, key="a-control"))["case_id"]
    _good(await house.officer1.command(case_id, "confirm_reason", reason_code="R01"))
    _good(await house.officer1.post(f"/api/v1/cases/{case_id}/messages", {"audience": "internal", "text": "来电询问"}))
    _good(await house.merchant1.upload(case_id, "D06", PNG, "slip.png"))
    _good(await house.reviewer1.post("/api/v1/queue/next"))
    payout = {
        "message_ref": "m-1", "case_id": case_id, "step_key": f"{case_id}:step:5", "outcome": "confirmed",
        "occurred_at": "2026-11-02T10:00:00+08:00",
    }  # fmt: skip
    raw, at = json.dumps(payout).encode(), str(int(time.time()))
    signature = hmac.new(house.config.hook_secrets["bank"].encode(), f"{at}.".encode() + raw, hashlib.sha256)
    headers = {"Thaw-Signature": f"t={at},v1={signature.hexdigest()}", "Content-Type": "application/json"}
    _good(await house.client.post("/hooks/bank", content=raw, headers=headers))


def _good(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code < 300, answer.text
    told: dict[str, str] = answer.json()
    return told


async def digest(database: str) -> str:
    """What is read of the cases, one to a line."""
    async with await Journal.open(database) as journal:
        found = read(await streams(journal))
    lines = (f"{json.dumps(name)}: {json.dumps(case, ensure_ascii=False)}" for name, case in sorted(found.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def dump(database: str, *options: str) -> str:
    """The database as the statements that make it, without comments; the first and last line are `psql`'s own."""
    command = [in_the_wheel() / "bin" / "pg_dump", "--no-owner", "--no-privileges", "--no-comments", *options, database]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    lines = (line for line in done.stdout.splitlines() if line.strip() and not line.startswith("--"))
    return "\n".join(lines) + "\n"


def main() -> None:
    shown = {entry.type for entries in pasts() for entry in entries}
    if unseen := sorted(set(EVENTS) - shown):
        sys.exit(f"the stories of tests.journal.kept do not show {', '.join(unseen)}: let them")
    name = f"{migrating.migrations()[-1].number:04d}_thaw-{version('thaw')}"
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder) / "postgres", durable=False) as server:
        database = server.create_database("kept")
        asyncio.run(fill(database, Path(folder)))
        (FOLDER / f"{name}.sql").write_text(dump(database), encoding="utf-8")
        (FOLDER / f"{name}.json").write_text(asyncio.run(digest(database)), encoding="utf-8")
    print(f"{name}: {(FOLDER / f'{name}.sql').stat().st_size // 1024} KB")  # noqa: T201


if __name__ == "__main__":
    main()
