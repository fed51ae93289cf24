"""Terminals: registered and bound, and shown with what stands on them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from desk import problems
from desk.access import OFFICE, Caller, TheDesk, is_merchant_side, only, own
from desk.bodies import TerminalBody
from desk.public import code_shown
from desk.registration import register_terminal
from desk.routes import DeskRoute
from domain.actors import Actor
from domain.business_time import format_time
from domain.policy import Policy
from journal.cases import ControlRow

router = APIRouter(prefix="/api/v1/terminals", tags=["terminals"], route_class=DeskRoute)

ACTIVATED = "activated"
"""The state of every registered terminal, until unbinding (K5) is served."""


@router.post("", status_code=201, summary="Register a terminal and its binding")
async def post_terminal(
    request: Request,
    actor: Annotated[Actor, Depends(only("register a terminal", *OFFICE))],
    desk: TheDesk,
    body: TerminalBody,
) -> Response:
    """201 for a new terminal, 200 for one that was known."""
    registered = await register_terminal(desk, actor, body, request.state.command_id)
    shown = {
        "terminal_sn": body.terminal_sn,
        "merchant_no": body.merchant_no,
        "state": ACTIVATED,
        "version": registered.record.version,
        "registered": registered.new,
    }
    return JSONResponse(shown, 201 if registered.new else 200)


@router.get("/{terminal_sn}", summary="A terminal, what stands on it, and whether it may transact")
async def get_terminal(terminal_sn: str, actor: Caller, desk: TheDesk) -> dict[str, Any]:
    """It may transact only when it is activated and no blocking control stands."""
    terminal = await desk.registry.terminal(terminal_sn)
    if terminal is None:
        raise problems.not_found(f"没有登记终端 {terminal_sn}。", f"No terminal {terminal_sn} is registered.")
    own(actor, terminal.merchant_no)
    outside = is_merchant_side(actor)
    controls = await desk.cases.controls_of_terminal(terminal_sn)
    cases = await desk.cases.open_on_terminal(terminal_sn)
    return {
        "terminal_sn": terminal.terminal_sn,
        "tusn": terminal.tusn,
        "terminal_id": terminal.terminal_id,
        "model": terminal.model,
        "fee_plan": terminal.fee_plan,
        "state": ACTIVATED,
        "binding": {"merchant_no": terminal.merchant_no, "terminal_id": terminal.terminal_id},
        "controls": [control_shown(control, desk.policy, outside=outside) for control in controls],
        "open_cases": [{"case_id": case.case_id, "kind": case.kind, "status": case.status} for case in cases],
        "may_transact": not any(control.blocking for control in controls),
        "version": terminal.version,
    }


def control_shown(control: ControlRow, policy: Policy, *, outside: bool) -> dict[str, Any]:
    """A control as the terminal's page shows it."""
    shown: dict[str, Any] = {
        "control_id": control.control_id,
        "case_id": control.case_id,
        "kind": control.kind,
        "reason_code": code_shown(policy, control.reason_code) if outside else control.reason_code,
        "scope": control.scope,
        "held_fen": control.held_fen,
        "blocking": control.blocking,
        "state": control.state,
        "placed_at": format_time(control.placed_at),
    }
    if not outside:
        shown |= {"source": control.source, "external_ref": control.external_ref, "placed_by": control.placed_by}
    return shown
