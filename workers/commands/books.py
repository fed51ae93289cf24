"""`thaw books`: reconciling ledger, journal and bank file, and the differences people work on."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.asking import AsAuditor, AsSupervisor, ask, when
from workers.console import Json, fail, out, print_json

if TYPE_CHECKING:
    from workflows.ports import Reconciled


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Reconcile the books and see what differs.", no_args_is_help=True)
    group.command()(reconcile)
    group.command()(runs)
    group.command()(differences)
    group.command()(resolve)
    app.add_typer(group, name="books")


def reconcile(
    day: Annotated[str, typer.Argument(help="YYYY-MM-DD, a day in Shanghai; yesterday if not given.")] = "",
    as_json: Json = False,
) -> None:
    """Compare ledger, journal and bank file of a day now; the schedule does so every morning at 02:30.

    It may be repeated: the same difference is the same work item, and one that is gone is settled. Exit code 0 when
    nothing differs, 1 when something does, 2 when the engine cannot be reached.
    """
    from datetime import date

    from temporalio.service import RPCError

    try:
        wanted = date.fromisoformat(day).isoformat() if day else ""
    except ValueError:
        raise fail(f"{day!r} is no day; write YYYY-MM-DD", 2, as_json=as_json) from None
    try:
        found = asyncio.run(_reconcile(wanted))
    except (RPCError, RuntimeError) as error:
        raise fail(f"the engine cannot be reached: {str(error).strip()}", 2, as_json=as_json) from None
    total = sum(found.differences.values())
    if as_json:
        print_json(asdict(found))
    else:
        out.print(
            f"{found.day}: {found.cases} cases, {found.postings} postings, {found.bank_lines} bank lines compared"
        )
        for kind, number in found.differences.items():
            out.print(f"{number:>6}  {kind}")
        out.print(f"{total} differences; see thaw books differences" if total else "nothing differs")
    if total:
        raise typer.Exit(1)


async def _reconcile(day: str) -> Reconciled:
    from temporalio.common import WorkflowIDConflictPolicy

    from workers.connect import connect_now
    from workers.settings import load_settings
    from workflows.ports import CASES, Reconciled

    client = await connect_now(load_settings(), "thaw-books")
    handle = await client.start_workflow(
        "Reconciliation",
        day,
        id=f"reconciliation:{day or 'yesterday'}",
        task_queue=CASES,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=Reconciled,
        static_summary="ledger, journal and bank file of a day are compared",
    )
    found: Reconciled = await handle.result()
    return found


def runs(user: AsAuditor = "auditor1", as_json: Json = False) -> None:
    """List the days that were reconciled, the latest first."""
    told = ask(user, lambda api: api.get("/reconciliations"), as_json=as_json)
    if as_json:
        print_json(told)
        return
    names = ("cases", "postings", "bank_lines", "differences", "open")
    _table(("day", "ran at", *names), [(r["day"], when(r["ran_at"]), *(r[n] for n in names)) for r in told["items"]])


def differences(user: AsAuditor = "auditor1", as_json: Json = False) -> None:
    """List the differences and contradictions nobody has resolved, newest first."""
    told = ask(user, lambda api: api.get("/discrepancies"), as_json=as_json)
    if as_json:
        print_json(told)
        return
    names = ("id", "day", "kind", "case_id", "recorded", "claimed")
    _table(names, [tuple(item[name] for name in names) for item in told["items"]])


def resolve(
    number: Annotated[int, typer.Argument(help="The number of the difference.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is settled: what was found, and what was done.")],
    user: AsSupervisor = "supervisor1",
    as_json: Json = False,
) -> None:
    """Take a difference or contradiction off the list."""
    body = {"reason": reason}
    told = ask(user, lambda api: api.post(f"/discrepancies/{number}/resolve", body), as_json=as_json)
    if as_json:
        print_json(told)
    else:
        out.print(f"{number} is resolved by {told['resolved_by']}")


def _table(head: tuple[str, ...], lines: list[tuple[Any, ...]]) -> None:
    from rich.table import Table

    table = Table(box=None)
    for title in head:
        table.add_column(title.replace("_", " "))
    for line in lines:
        table.add_row(*("" if cell is None else str(cell) for cell in line))
    out.print(table)
