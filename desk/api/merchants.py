"""Merchants: registered or updated, shown, and given log-ins."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from desk import problems
from desk.access import OFFICE, Caller, TheDesk, is_merchant_side, only, own
from desk.bodies import LookBody, MerchantBody, UserBody
from desk.context import Desk
from desk.looks import Look, record_look
from desk.masking import UNMASKERS, merchant_shown
from desk.on_file import authorized
from desk.refusals import refuse
from desk.registration import register_merchant
from desk.routes import DeskRoute, UnkeptRoute
from domain.actors import Actor
from domain.business_time import format_time
from journal.parties import Merchant
from journal.people import User, UserExistsError
from journal.registry import Act
from journal.vault import ForgottenError

router = APIRouter(prefix="/api/v1/merchants", tags=["merchants"], route_class=DeskRoute)
unkept = APIRouter(prefix="/api/v1/merchants", tags=["merchants"], route_class=UnkeptRoute)

USER_MAKERS = ("officer",)
"""Who makes log-ins: not who reviews, and could act for the merchant under one."""


@router.post("", status_code=201, summary="Register or update a merchant")
async def post_merchant(
    request: Request, actor: Annotated[Actor, Depends(only("register a merchant", *OFFICE))], desk: TheDesk,
    body: MerchantBody,
) -> Response:  # fmt: skip
    """201 for a new merchant, 200 for one that was known. Personal data goes to the vault."""
    registered = await register_merchant(desk, actor, body, request.state.command_id)
    shown = {"merchant_no": body.merchant_no, "version": registered.record.version, "registered": registered.new}
    return JSONResponse(shown, 201 if registered.new else 200)


@router.get("/{merchant_no}", summary="A merchant")
async def get_merchant(merchant_no: str, actor: Caller, desk: TheDesk) -> dict[str, Any]:
    """Personal data is masked (`masked`), but for the merchant's own people. `POST …/unmask` shows it whole."""
    own(actor, merchant_no)
    merchant = await found(merchant_no, desk)
    return await shown(desk, merchant, whole=is_merchant_side(actor))


async def found(merchant_no: str, desk: TheDesk) -> Merchant:
    """The merchant of the path. Raises the 404 problem."""
    merchant = await desk.registry.merchant(merchant_no)
    if merchant is None:
        raise _no_merchant(merchant_no)
    return merchant


@unkept.post("/{merchant_no}/unmask", summary="A merchant's personal data, for a purpose")
async def post_unmask(
    actor: Annotated[Actor, Depends(only("unmask a merchant", *UNMASKERS))],
    merchant: Annotated[Merchant, Depends(found)],
    desk: TheDesk,
    body: LookBody,
) -> dict[str, Any]:
    """Whole, the account's number too. Who looked, when, for which purpose and in whose words is journaled first."""
    try:
        await record_look(desk, actor, merchant.merchant_no, Look("merchant", body.purpose, note=body.note))
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    return await shown(desk, merchant, whole=True, account=True)


@router.post("/{merchant_no}/users", status_code=201, summary="A log-in for a merchant or its agent")
async def post_user(
    actor: Annotated[Actor, Depends(only("make a log-in", *USER_MAKERS))],
    merchant: Annotated[Merchant, Depends(found)],
    request: Request,
    desk: TheDesk,
    body: UserBody,
) -> dict[str, Any]:
    """The password and the token are shown this once. An agent needs the merchant's authorization: a
    D10 of one of its cases that was found good and is still valid.

    Who made it is journaled; they decide no case in which it takes part."""
    await _check_authorization(desk, merchant, body)
    digest = hashlib.sha256(request.state.command_id.encode()).hexdigest()
    user = User(f"{body.role}-{digest[:10]}", f"{body.role} of {merchant.merchant_no}", frozenset({body.role}),
                merchant.merchant_no)  # fmt: skip
    password = secrets.token_urlsafe(12)
    with suppress(UserExistsError):  # an earlier try that was cut off: this one's password and token count
        act = Act(actor.signing_as(USER_MAKERS), request.state.command_id, desk.now())
        await desk.people.add(user, password, act, d10_document_id=body.d10_document_id)
    await desk.people.set_password(user.name, password)
    token = await desk.people.issue_token(user.name, label="made with the log-in")
    return {"name": user.name, "roles": sorted(user.roles), "merchant_no": merchant.merchant_no,
            "password": password, "token": token}  # fmt: skip


async def _check_authorization(desk: Desk, merchant: Merchant, body: UserBody) -> None:
    if body.role == "merchant":
        return
    if body.d10_document_id is None or not await authorized(desk, merchant.merchant_no, body.d10_document_id):
        raise problems.field_error(
            "d10_document_id",
            "代理人须有本商户案件中已审核通过且在有效期内的授权书 D10",
            "An agent needs a D10 of one of this merchant's cases that was found good and is still valid",
        )


async def shown(desk: Desk, merchant: Merchant, *, whole: bool, account: bool = False) -> dict[str, Any]:
    """A merchant as it may be seen; of one whose data was erased, what is left."""
    terminals = await desk.registry.terminals_of(merchant.merchant_no)
    facts = {"version": merchant.version, "terminals": [terminal.terminal_sn for terminal in terminals]}
    try:
        details = await desk.registry.merchant_details(merchant.merchant_no)
    except ForgottenError:
        at = await desk.erasing.erased_at(merchant.merchant_no)
        return {"merchant_no": merchant.merchant_no, "merchant_type": merchant.merchant_type, "mcc": merchant.mcc,
                "erased": True, "erased_at": format_time(at) if at else None, **facts}  # fmt: skip
    reached = await desk.reached.known(merchant.merchant_no)
    return {**merchant_shown(details, whole=whole, account=account, reached=reached), **facts}


def _no_merchant(merchant_no: str) -> problems.Problem:
    return problems.not_found(f"没有登记商户 {merchant_no}。", f"No merchant {merchant_no} is registered.")
