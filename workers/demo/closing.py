"""After the scenes: the books, the journal, the mails, and where each case can be looked at."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from domain.money import yuan
from workers.demo.appeal import Appeal
from workers.demo.stage import Stage, expect
from workers.settings import DATA_DIR_VARIABLE


async def close(stage: Stage, appeals: Sequence[Appeal]) -> dict[str, Any]:
    """Shows and checks how it all ends; the same as data. Raises UnexpectedError."""
    stage.telling.begin("The end", "The books balance, the journal is whole, everyone was told.")
    cases = [await _case(stage, appeal) for appeal in appeals]
    stage.telling.show(_cases_table(cases))
    balance = await _trial_balance(stage)
    journal = await _verify(stage)
    mails = await _mails(stage, appeals)
    links = {appeal.case_id: (await appeal.see())["links"]["temporal_ui"] for appeal in appeals}
    for case_id, link in links.items():
        stage.telling.does(case_id, link)
    return {"cases": cases, "trial_balance": balance, "journal": journal, "mails": mails, "temporal_ui": links}


async def _case(stage: Stage, appeal: Appeal) -> dict[str, Any]:
    """A case's money by the desk and by the ledger: the two must agree to the fen."""
    seen = await appeal.see()
    money = seen["money"]
    parts = sum(money[f"{part}_fen"] for part in ("released", "penalty", "claims", "remaining"))
    expect(money["held_fen"] == parts, f"{appeal.case_id}: held is not released + penalties + claims + remaining")
    holds = (await stage.partner("ledger", "GET", f"/holds?case_id={appeal.case_id}"))["holds"]
    for part in ("held", "released", "penalty", "claims", "remaining"):
        booked = sum(hold[f"{part}_fen"] for hold in holds)
        expect(booked == money[f"{part}_fen"], f"{appeal.case_id}: {part} is {booked} fen in the ledger")
    return {"case_id": appeal.case_id, "status": seen["status"], "version": seen["version"], **money}


def _cases_table(cases: Sequence[dict[str, Any]]) -> Table:
    table = Table("case", "status", box=None, header_style="bold")
    columns = ("held", "released", "penalty", "claims", "remaining")
    for column in columns:
        table.add_column(column, justify="right")
    for case in cases:
        table.add_row(case["case_id"], case["status"], *(yuan(case[f"{column}_fen"]) for column in columns))
    return table


async def _trial_balance(stage: Stage) -> dict[str, int]:
    books = await stage.partner("ledger", "GET", "/trial-balance")
    told = {name: books[name] for name in ("debit_fen", "credit_fen", "difference_fen")}
    stage.telling.does("ledger", f"debits {yuan(told['debit_fen'])}, credits {yuan(told['credit_fen'])}")
    stage.telling.answers(f"difference {told['difference_fen']}")
    expect(told["difference_fen"] == 0, f"the books differ by {told['difference_fen']} fen")
    return told


async def _verify(stage: Stage) -> dict[str, Any]:
    """`thaw journal verify`, as an engineer would run it."""
    stage.telling.does("engineer1", "runs thaw journal verify")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "workers.cli", "journal", "verify", "--json",
        env={**os.environ, DATA_DIR_VARIABLE: str(stage.place.folder)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complained = await process.communicate()
    expect(process.returncode == 0, f"the journal is not sound: {(said or complained).decode()[:400]}")
    report: dict[str, Any] = json.loads(said)
    stage.telling.answers(f"sound: {report['streams']} streams, {report['events']} events")
    return {name: report[name] for name in ("sound", "streams", "events")}


async def _mails(stage: Stage, appeals: Sequence[Appeal]) -> int:
    """What reached the merchants of these cases, each message once."""
    stage.telling.does("mailbox", stage.stack["mailbox"])
    count = 0
    for appeal in appeals:
        path = f"/mailbox.json?case_id={appeal.case_id}&limit=500"
        arrived = (await stage.partner("notices", "GET", path))["messages"]
        expect(bool(arrived), f"nobody was told of {appeal.case_id}")
        expect(all(message["copies"] == 1 for message in arrived), f"a message of {appeal.case_id} came twice")
        count += len(arrived)
        told = ", ".join(message["notice"] for message in reversed(arrived))
        stage.telling.answers(f"{appeal.case_id}: {len(arrived)} by {arrived[0]['channel']}: {told}")
    return count
