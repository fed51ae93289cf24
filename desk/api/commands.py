"""Commands of people to a case, and what became of one that was stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import JSONResponse

from desk import problems
from desk.access import Caller, TheDesk, allow, is_merchant_side, own
from desk.api.cases import TheCase
from desk.command_bodies import COMMANDS, CommandBody, ConfirmReason, NewAccount, ResetCredentials, Statement
from desk.commands import Outcome, Stored, check, give
from desk.context import Desk
from desk.delivery import answer_body, state_of
from desk.histories import Told
from desk.on_file import on_file
from desk.refusals import refuse
from desk.routes import DeskRoute
from domain.actors import Actor
from domain.business_time import format_time
from domain.commands import PEOPLES
from domain.one_time import is_one_time_password, one_time_key
from domain.policy import Policy
from journal.inbox import Command
from journal.parties import subject_of
from journal.vault import ForgottenError

router = APIRouter(prefix="/api/v1", tags=["commands"], route_class=DeskRoute)


def _may_give(name: str) -> Callable[[Actor], None]:
    def may_give(actor: Caller) -> None:
        """Raises the 403 problem for a role that never gives this command."""
        allow(actor, name, *PEOPLES[name].roles)

    return may_give


def _add_route(name: str, model: type[CommandBody]) -> None:
    """The call of one command, with its own body in the OpenAPI document."""

    async def post_command(told: TheCase, actor: Caller, request: Request, desk: TheDesk, body: Any) -> Response:
        _check_codes(body, told.policy)
        fields = await _fields(desk, actor, told, name, body)
        outcome = await give(desk, actor, told, name, fields, seen=body.version, command_id=request.state.command_id)
        return answered(outcome)

    post_command.__annotations__["body"] = model
    router.add_api_route(
        f"/cases/{{case_id}}/commands/{name}",
        post_command,
        methods=["POST"],
        summary=name,
        description=f"For {', '.join(PEOPLES[name].roles)}. {_ANSWERS}",
        operation_id=f"command_{name}",
        dependencies=[Depends(_may_give(name))],
        responses={202: {"description": "stored; delivered later"}, 409: {"description": "refused by the rules"}},
    )


_ANSWERS = "200 with the new version, status and events; 202 when the engine does not take it now: it comes later."

for _name, _model in COMMANDS.items():
    _add_route(_name, _model)


@router.post("/cases/{case_id}/commands/{name}", include_in_schema=False)
async def post_unknown_command(name: str, actor: Caller) -> None:
    del actor
    raise problems.not_found(f"没有命令 {name}。", f"There is no command {name}.")


@router.get("/commands", summary="The caller's stored commands that were refused when they were delivered")
async def get_refused(
    actor: Caller,
    desk: TheDesk,
    every: Annotated[bool, Query(alias="all", description="Also those that wait, were done, or were seen.")] = False,
) -> dict[str, Any]:
    """Newest first, until the caller says they were seen (`POST /commands/{command_id}/seen`)."""
    commands = await (desk.inbox.of_author(actor.name) if every else desk.inbox.refusals(actor.name))
    return {"items": [_command_shown(command) for command in commands]}


@router.post("/commands/{command_id}/seen", summary="The caller has seen a refusal")
async def post_seen(command_id: str, actor: Caller, desk: TheDesk) -> dict[str, Any]:
    if not await desk.inbox.mark_seen(command_id, actor.name):
        raise _no_command(command_id)
    return {"command_id": command_id, "seen": True}


@router.get("/commands/{command_id}", summary="What became of a stored command")
async def get_command(command_id: str, actor: Caller, desk: TheDesk) -> dict[str, Any]:
    """`state` is pending, done (with the answer) or refused (with the refusal)."""
    command = await desk.inbox.find(command_id)
    case = await desk.cases.find(command.case_id) if command else None
    if command is None or case is None:
        raise _no_command(command_id)
    own(actor, case.merchant_no)
    if is_merchant_side(actor) and command.actor.partition(":")[2] != actor.name:
        raise problems.refused(refuse("not-yours"))
    return _command_shown(command)


def _no_command(command_id: str) -> problems.Problem:
    return problems.not_found(f"没有命令 {command_id}。", f"There is no stored command {command_id}.")


def _command_shown(command: Command) -> dict[str, Any]:
    return {
        "command_id": command.command_id,
        "case_id": command.case_id,
        "name": command.name,
        "received_at": format_time(command.received_at),
        "settled_at": format_time(command.settled_at) if command.settled_at else None,
        "seen": command.seen_at is not None,
        **state_of(command.outcome),
    }


def answered(outcome: Outcome, status: int = 200, more: Mapping[str, Any] | None = None) -> Response:
    """The answer to a command: what it led to, or where to ask about it later."""
    if isinstance(outcome, Stored):
        url = f"/api/v1/commands/{outcome.command_id}"
        body = {"command_id": outcome.command_id, "status_url": url, **(more or {})}
        return JSONResponse(body, 202, {"location": url})
    return JSONResponse({**answer_body(outcome), **(more or {})}, status)


def _check_codes(asked: CommandBody, policy: Policy) -> None:
    """Raises the 422 problem for codes that the case's policy does not know."""
    code = getattr(asked, "reason_code", None)
    if code is not None and code not in policy.reasons:
        raise problems.field_error("reason_code", f"没有原因代码 {code}", f"There is no reason {code}")
    for doc_type in (getattr(asked, "doc_type", None), *(item.doc_type for item in getattr(asked, "items", ()))):
        if doc_type is not None and doc_type not in policy.documents:
            raise problems.field_error("doc_type", f"没有材料代码 {doc_type}", f"There is no document {doc_type}")


async def _fields(desk: Desk, actor: Actor, told: Told, name: str, asked: CommandBody) -> Mapping[str, Any]:
    """The command as the case gets it: merchants' words and accounts are references into the vault by then."""
    match asked:
        case ConfirmReason():
            filed = await on_file(desk, told)
            return {**asked.fields(), "on_file": [_document(document) for document in filed]}
        case Statement():
            ref = {"statement_ref": "unread"}
            await check(desk, actor, told, name, ref, asked.version)
            return {"statement_ref": await _keep(desk, told, "statement", {"text": asked.statement})}
        case NewAccount():
            await check(desk, actor, told, name, {"account_ref": "unread"}, asked.version)
            account = asked.settlement_account.model_dump()
            return {"account_ref": await _keep(desk, told, "settlement_account", account)}
        case ResetCredentials():
            await check(desk, actor, told, name, {}, asked.version)
            await _check_password(desk, told, asked.otp)
            return {}
        case _:
            return asked.fields()


def _document(document: Any) -> dict[str, Any]:
    return {
        "document_id": document.document_id,
        "doc_type": document.doc_type,
        "sha256": document.sha256,
        "media_type": document.media_type,
        "valid_until": document.valid_until,
    }


async def _keep(desk: Desk, told: Told, kind: str, data: Mapping[str, Any]) -> str:
    try:
        return await desk.vault.put(subject_of(told.case.merchant_no), kind, data)
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None


async def _check_password(desk: Desk, told: Told, otp: str) -> None:
    """Raises the problem of a wrong one-time password, and after some of them 429 for a while."""
    guessed_at = f"otp:{told.case.case_id}"
    if wait := await desk.tries.take(guessed_at):
        raise problems.rate_limited(wait)
    keys = [one_time_key(key) for key in desk.config.payload_keys]
    if not any(is_one_time_password(key, told.case.case_id, otp) for key in keys):
        raise problems.refused(refuse("otp-wrong"))
    await desk.tries.forgive(guessed_at)
