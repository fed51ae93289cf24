"""`thaw policy`: the numbers that may be moved, where each stands, and every change that was proposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from workers.asking import AsAuditor, ask, when, yuan
from workers.console import Json, out, print_json

policy = typer.Typer(help="The policy in force: its levers, and who moved them when and why.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(policy, name="policy")


@policy.command()
def show(
    lever: Annotated[str, typer.Argument(help="Only levers whose name contains this.")] = "",
    user: AsAuditor = "auditor1",
    as_json: Json = False,
) -> None:
    """Show the policy in force and where each of its levers stands."""
    told = ask(user, lambda api: api.get("/policy"), as_json=as_json)
    if as_json:
        print_json(told)
        return
    out.print(f"policy {told['name']}  {told['digest'][:16]}", style="bold", markup=False)
    _table(
        ("lever", "value", "unit", "from", "bounds", "what"),
        [_standing(one) for one in told["levers"] if lever in one["key"]],
    )
    if told["proposals"]:
        out.print("\nwaiting for a second person", style="bold")
        _table(_HISTORY, [_line(one) for one in told["proposals"]])


@policy.command()
def history(user: AsAuditor = "auditor1", as_json: Json = False) -> None:
    """Show every change that was proposed, newest first: who, when, why, and what became of it."""
    told = ask(user, lambda api: api.get("/policy/history"), as_json=as_json)
    if as_json:
        print_json(told)
    elif told["items"]:
        _table(_HISTORY, [_line(one) for one in told["items"]])
    else:
        out.print("no change was ever proposed")


_HISTORY = ("change", "lever", "old", "new", "from day", "state", "proposed", "settled", "why")


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    settled = f"{one['settled_by']} {when(one['settled_at'])}" if one["settled_by"] else ""
    why = one["reason"] + (f" / {one['dropped_for']}" if one["dropped_for"] else "")
    old, new = (_value(one[name], one["unit"]) for name in ("old", "new"))
    proposed = f"{one['proposed_by']} {when(one['proposed_at'])}"
    return one["change_id"], one["lever"], old, new, one["effective"], one["state"], proposed, settled, why


def _standing(one: dict[str, Any]) -> tuple[str, ...]:
    value, least, most = (_value(one[name], one["unit"]) for name in ("value", "least", "most"))
    return one["key"], value, one["unit"].replace("_", " "), _since(one), f"{least}–{most}", one["title"]["en"]


def _since(one: dict[str, Any]) -> str:
    standing = f"{one['moved_by']} {one['since']}" if one["moved_by"] else "shipped"
    later = one["next"]
    return f"{standing}; {_value(later['value'], one['unit'])} from {later['effective']}" if later else standing


def _value(value: Any, unit: str | None) -> str:
    if unit == "fen":
        return yuan(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None)
    for title in head:
        table.add_column(title, overflow="fold")
    for line in lines:
        table.add_row(*(escape(cell) for cell in line))
    out.print(table)
