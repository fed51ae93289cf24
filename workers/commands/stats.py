"""`thaw stats`: the desk at a glance, with the figures of the views."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workers.asking import AsOfficer, ask, when, yuan
from workers.console import Json, err, out, print_json

SHOWN_DAYS = 14


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(stats)


def stats(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days back, today among them.")] = 30,
    user: AsOfficer = "officer1",
    as_json: Json = False,
) -> None:
    """Show backlog, ages, workload, outcomes and held money. Figures come from views that may be moments behind."""
    told = ask(user, lambda api: api.get("/stats", days=days), as_json=as_json)
    if as_json:
        print_json(told)
        return
    waiting, late = told["backlog"], told["breaches"]
    out.print(f"{waiting} tasks wait, {late} tasks and cases are late", style="bold")
    for name, show in _TABLES.items():
        figures = told["figures"][name]
        if figures is None:
            err.print(f"{name}: this view is being built", style="yellow")
            continue
        behind = figures["as_of"]["behind"]
        fresh = f"as of {when(figures['as_of']['at'])}" if figures["as_of"]["at"] else "no events yet"
        out.print(f"\n{name.replace('_', ' ')} ({fresh}{f', {behind} events behind' if behind else ''})", style="bold")
        show(figures["items"])


def _table(head: tuple[str, ...], lines: list[tuple[Any, ...]]) -> None:
    from rich.table import Table

    table = Table(box=None)
    for number, title in enumerate(head):
        table.add_column(title, justify="left" if number < 2 else "right")
    for line in lines:
        table.add_row(*("" if cell is None else str(cell) for cell in line))
    out.print(table)


def _ageing(rows: list[dict[str, Any]]) -> None:
    ages = ("under_1_day", "days_1_to_3", "days_3_to_7", "days_7_to_30", "days_30_to_90", "over_90_days")
    head = ("kind", "status", "open", "<1 d", "1–3 d", "3–7 d", "7–30 d", "30–90 d", ">90 d", "h in status", "oldest")
    _table(head, [
        (r["kind"], r["status"], r["open"], *(r[age] or "" for age in ages), r["hours_in_status"], when(r["oldest_at"]))
        for r in rows
    ])  # fmt: skip


def _outcomes(rows: list[dict[str, Any]]) -> None:
    counts = ("cases", "open", "released", "rejected", "withdrawn", "expired", "supplements", "returned",
              "approvals_voided", "reopened", "hours_to_close")  # fmt: skip
    head = ("kind", "reason", *(count.replace("_", " ") for count in counts))
    _table(head, [(r["kind"], r["reason_code"], *(r[count] for count in counts)) for r in rows])


def _workload(rows: list[dict[str, Any]]) -> None:
    _table(("person", "act", "times"), [(r["person"], r["act"], r["times"]) for r in rows])


def _held_money(rows: list[dict[str, Any]]) -> None:
    amounts = ("held_fen", "released_fen", "penalty_fen", "claims_fen", "remaining_fen")
    head = ("day", "kind", *(amount.removesuffix("_fen") for amount in amounts))
    _table(head, [(r["day"], r["kind"], *(yuan(r[amount]) for amount in amounts)) for r in rows[:SHOWN_DAYS]])


_EVENTS = {
    "TerminalFrozen": "opened", "CaseSubmitted": "submitted", "SupplementRequested": "supplements",
    "FirstApproval": "1st approvals", "SecondApproval": "2nd approvals", "CaseClosed": "released",
    "CaseRejected": "rejected", "CaseWithdrawn": "withdrawn", "CaseExpired": "expired", "ReviewOverdue": "reviews late",
    "DecisionLate": "decisions late",
}  # fmt: skip


def _statistics(rows: list[dict[str, Any]]) -> None:
    by_day: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        by_day.setdefault((row["day"], row["kind"]), {})[row["type"]] = row["events"]
    lines = [(*day, *(events.get(type_) for type_ in _EVENTS)) for day, events in by_day.items()]
    _table(("day", "kind", *_EVENTS.values()), lines[:SHOWN_DAYS])


_TABLES = {
    "statistics": _statistics,
    "ageing": _ageing,
    "workload": _workload,
    "outcomes": _outcomes,
    "held_money": _held_money,
}
