"""`thaw review`: a reviewer's work from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.asking import AsReviewer, ask, when, yuan
from workers.commands.case import CaseId, print_case
from workers.console import Json, out, print_json

if TYPE_CHECKING:
    from workers.api import Api

Reason = Annotated[str, typer.Option("--reason", help="Why, in words; it is kept with the decision.")]

app = typer.Typer(help="Decide cases.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="review")


@app.command("next")
def next_(
    tier: Annotated[str | None, typer.Option(help="Only work of this tier.")] = None,
    user: AsReviewer = "reviewer1",
    as_json: Json = False,
) -> None:
    """Claim the most urgent work there is for you, and show its case. Exit code 0 also when there is none."""

    async def work(api: Api) -> tuple[Any, Any]:
        task = await api.post("/queue/next", tier=tier)
        return task, await api.get(f"/cases/{task['case_id']}") if task else None

    task, case = ask(user, work, as_json=as_json)
    if as_json:
        print_json(task)
    elif task is None:
        out.print("nothing to do")
    else:
        about = f"{task['kind']} {task['tier']}  {yuan(task['amount_fen'])}  yours until {when(task['held_until'])}"
        out.print(about, style="yellow", markup=False)
        print_case(case)


@app.command()
def approve(
    case_id: CaseId,
    reason: Reason,
    release: Annotated[
        int | None, typer.Option("--release-fen", help="What is released, in fen; by default all but the next two.")
    ] = None,
    penalty: Annotated[int, typer.Option("--penalty-fen", help="What is kept as a penalty, in fen.")] = 0,
    claims: Annotated[int, typer.Option("--claims-fen", help="What is kept for claims, in fen.")] = 0,
    user: AsReviewer = "reviewer1",
    as_json: Json = False,
) -> None:
    """Approve the release, as first or second reviewer."""

    def body(case: dict[str, Any]) -> dict[str, Any]:
        rest = case["money"]["remaining_fen"] - penalty - claims
        released = rest if release is None else release
        return {"release_fen": released, "penalty_fen": penalty, "claims_fen": claims, "reason": reason}

    _decide(case_id, "approve", body, user, as_json=as_json)


@app.command()
def reject(
    case_id: CaseId,
    reason: Reason,
    code: Annotated[str, typer.Option("--reason-code", help="The reason's code in the policy.")],
    user: AsReviewer = "reviewer1",
    as_json: Json = False,
) -> None:
    """Reject the appeal."""
    _decide(case_id, "reject", lambda _: {"reason_code": code, "reason": reason}, user, as_json=as_json)


@app.command("return")
def return_(case_id: CaseId, reason: Reason, user: AsReviewer = "reviewer1", as_json: Json = False) -> None:
    """Send a first decision back, as second reviewer."""
    _decide(case_id, "return_review", lambda _: {"reason": reason}, user, as_json=as_json)


def _decide(case_id: str, name: str, body: Any, user: str, *, as_json: bool) -> None:
    """Gives the command at the version the case has now."""

    async def work(api: Api) -> Any:
        case = await api.get(f"/cases/{case_id}")
        return await api.post(f"/cases/{case_id}/commands/{name}", {"version": case["version"], **body(case)})

    answer = ask(user, work, as_json=as_json)
    if as_json:
        print_json(answer)
    elif "status_url" in answer:
        out.print(f"{case_id}: stored; it is delivered when the engine is back ({answer['status_url']})")
    else:
        out.print(f"{case_id}: {', '.join(answer['events'])}; now {answer['status']}, version {answer['version']}")
