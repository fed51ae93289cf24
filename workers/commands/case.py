"""`thaw case`: look at cases through the desk's API; put one back to where its journal stands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.asking import AsAuditor, AsOfficer, ask, due, when, yuan
from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from workers.api import Api

POLL_SECONDS = 1.0
CaseId = Annotated[str, typer.Argument(help="The case's id.")]

app = typer.Typer(help="Look at cases.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="case")


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="Only cases in this status.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only cases of this kind.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only cases for this reason.")] = None,
    tier: Annotated[str | None, typer.Option(help="Only cases of this tier.")] = None,
    q: Annotated[str | None, typer.Option("--query", "-q", help="Words it says: numbers, reasons, notes.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200)] = 50,
    user: AsOfficer = "officer1",
    as_json: Json = False,
) -> None:
    """List cases, newest first."""
    filters = {"status": status, "kind": kind, "reason": reason, "tier": tier, "q": q, "limit": limit}
    page = ask(user, lambda api: api.get("/cases", **filters), as_json=as_json)
    if as_json:
        print_json(page)
        return
    _print_list(page["items"])
    if page["next_cursor"]:
        err.print(f"there are more; these are the newest {limit}", style="dim")


@app.command()
def show(case_id: CaseId, user: AsOfficer = "officer1", as_json: Json = False) -> None:
    """Show a case: what it waits for, its controls, money, documents and deadlines."""
    case = ask(user, lambda api: api.get(f"/cases/{case_id}"), as_json=as_json)
    if as_json:
        print_json(case)
    else:
        print_case(case)


@app.command()
def events(case_id: CaseId, user: AsOfficer = "officer1", as_json: Json = False) -> None:
    """Show what happened in a case, in order."""
    entries = ask(user, lambda api: api.get(f"/cases/{case_id}/events"), as_json=as_json)
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        _print_event(entry)


@app.command()
def watch(case_id: CaseId, user: AsOfficer = "officer1", as_json: Json = False) -> None:
    """Follow a case: each event as it happens, until the case is closed. JSON: one event a line."""
    ask(user, lambda api: _follow(api, case_id, as_json=as_json), as_json=as_json)


@app.command()
def dossier(
    case_id: CaseId,
    into: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to; .json for JSON alone [CASE.html].")
    ] = None,
    user: AsAuditor = "auditor1",
    as_json: Json = False,
) -> None:
    """Export a case as one signed file, which `verify_dossier.py` (the desk serves it) checks without this desk."""
    path = into or Path(f"{case_id}.html")
    form = "json" if path.suffix == ".json" else "html"
    text = ask(user, lambda api: api.text(f"/cases/{case_id}/dossier", format=form), as_json=as_json)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise fail(f"{path} cannot be written: {error.strerror}", as_json=as_json) from None
    if as_json:
        print_json({"case_id": case_id, "file": str(path)})
    else:
        out.print(f"{case_id}: {path}", markup=False)


@app.command()
def reset(
    case_id: CaseId,
    why: Annotated[str, typer.Option("--reason", help="Why; the engine keeps it.")] = "reset by an engineer",
    as_json: Json = False,
) -> None:
    """Have a case's workflow begin anew and read its journal; for a workflow that is stuck or gone. Nothing is lost and
    nothing is done twice: the journal says what was done."""
    from psycopg import OperationalError
    from temporalio.service import RPCError

    from workers.reset import NoSuchCaseError

    try:
        did = asyncio.run(_reset(case_id, why))
    except NoSuchCaseError as error:
        raise fail(str(error), as_json=as_json) from None
    except (OperationalError, RPCError, RuntimeError) as error:
        raise fail(f"the engine or the journal cannot be reached: {error}", as_json=as_json) from None
    if as_json:
        print_json({"case_id": case_id, "did": did})
    else:
        out.print(f"{case_id}: {did}")


async def _reset(case_id: str, why: str) -> str:
    from journal import Journal
    from journal.relay import Relay
    from workers.connect import connect_now
    from workers.reset import reset_case
    from workers.settings import load_settings

    settings = load_settings()
    client = await connect_now(settings, "thaw-case-reset")
    async with await Journal.open(settings.database_url, max_size=1) as journal:
        return await reset_case(client, Relay(journal.pool), case_id, why)


async def _follow(api: Api, case_id: str, *, as_json: bool) -> None:
    seen, told = 0, ""
    while True:
        case = await api.get(f"/cases/{case_id}")
        for entry in await api.get(f"/cases/{case_id}/events", after=seen):
            seen = entry["position"]
            print_json(entry) if as_json else _print_event(entry)
        sentence = case["waiting_on"]["sentence"]
        if sentence != told and not as_json:
            out.print(f"  {sentence}", style="cyan", markup=False)
        told = sentence
        if case["closed_at"]:
            return
        await asyncio.sleep(POLL_SECONDS)


def _print_list(cases: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table("case", "status", "tier", "reason", "terminal", "held", "due", "waits for", box=None)
    for case in cases:
        table.add_row(
            case["case_id"], case["status"], case["tier"] or "", case["reason_code"] or "", case["terminal_sn"] or "",
            yuan(case["held_fen"]), due(case["due_at"]), case["waiting_on"]["who"] or "",
        )  # fmt: skip
    out.print(table)


def print_case(case: dict[str, Any]) -> None:
    """A case for people."""
    from rich.table import Table

    head = f"{case['case_id']}  {case['status']}  version {case['version']}  {case['tier'] or ''}"
    out.print(head, style="bold", markup=False)
    out.print(case["waiting_on"]["sentence"], style="cyan", markup=False)
    money = case["money"]
    facts = {
        "terminal": case["terminal_sn"],
        "merchant": case["merchant_no"],
        "reason": case["reason_code"] or "",
        "money": ", ".join(f"{name.removesuffix('_fen')} {yuan(fen)}" for name, fen in money.items()),
        "controls": "; ".join(f"{c['kind']} {c['reason_code'] or ''} {c['state']}" for c in case["controls"]),
        "documents": "; ".join(f"{d['type']} {d['state']} {d['document_id']}" for d in case["documents"]),
        "due": "; ".join(f"{d['name']} {due(d['due_at'])}" for d in case["deadlines"]),
        "you may": ", ".join(case["allowed_commands"]),
        "engine": case["links"].get("temporal_ui", ""),
    }
    table = Table.grid(padding=(0, 2))
    for name, fact in facts.items():
        if fact:
            table.add_row(f"[dim]{name}[/]", fact)
    out.print(table)


def _print_event(entry: dict[str, Any]) -> None:
    line = f"{entry['position']:>4}  {when(entry['occurred_at'])}  {entry['type']:<24} {entry['actor']}"
    out.print(line, markup=False)
