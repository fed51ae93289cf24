"""Merchants and terminals coming in: written to the registry, made known to the partners, and to the open cases they
concern when decisions rest on what changed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from desk import problems
from desk.bodies import ContactBody, MerchantBody, TerminalBody
from desk.context import Desk
from desk.delivery import deliver_stored, message_of
from desk.refusals import refuse
from domain.actors import Actor
from journal.cases import Filters
from journal.inbox import put
from journal.parties import (
    Account,
    Contact,
    Merchant,
    MerchantDetails,
    NoSuchMerchantError,
    Person,
    Terminal,
    TerminalDetails,
)
from journal.registry import Act, BoundElsewhereError, TakenError, Written
from journal.relay import Relay, Unregistered
from journal.statements import Connection
from journal.vault import ForgottenError
from workflows.messages import CommandOrder
from workflows.ports import Registration

_CHANNELS = {"phone": "sms"}


@dataclass(frozen=True, slots=True)
class Registered:
    """What stands in the registry now, and what the partners are told by."""

    record: Merchant | Terminal
    new: bool


async def register_merchant(desk: Desk, actor: Actor, body: MerchantBody, command_id: str) -> Registered:
    """Registers or updates a merchant. Raises the problem of a body that names nobody."""
    details = _merchant_details(body)
    act = _act(desk, actor, command_id)
    try:
        before = await _details_before(desk, body.merchant_no)
        async with desk.pool.connection() as connection, connection.transaction():
            written = await desk.registry.register_merchant(details, act, within=connection)
            stored = []
            if before is not None and written.changed:
                stored = await _tell_cases(desk, connection, actor, _changes(before, details), written, command_id)
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    await _tell_partners(desk, written, "merchant", body.merchant_no)
    for stored_id in stored:
        desk.soon(deliver_stored(desk, stored_id), "tell a case of a changed party")
    return Registered(written.record, written.outcome == "registered")


async def register_terminal(desk: Desk, actor: Actor, body: TerminalBody, command_id: str) -> Registered:
    """Registers or updates a terminal and its binding. Raises the problem of a merchant or value that cannot be."""
    act = _act(desk, actor, command_id)
    try:
        written = await desk.registry.register_terminal(TerminalDetails(**body.model_dump()), act)
    except NoSuchMerchantError:
        raise problems.field_error(
            "merchant_no",
            f"没有登记商户 {body.merchant_no}。请先登记商户。",
            f"No merchant {body.merchant_no} is registered. Register it first.",
        ) from None
    except BoundElsewhereError:
        raise problems.refused(refuse("bound-elsewhere", terminal_sn=body.terminal_sn)) from None
    except TakenError as error:
        raise problems.refused(refuse("value-taken", field=error.field)) from None
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    await _tell_partners(desk, written, "terminal", body.terminal_sn)
    return Registered(written.record, written.outcome == "registered")


def _act(desk: Desk, actor: Actor, command_id: str) -> Act:
    return Act(actor.signing_as(("officer", "supervisor", "compliance_head", "robot")), command_id, desk.now())


def _merchant_details(body: MerchantBody) -> MerchantDetails:
    person, account = body.legal_representative, body.settlement_account
    _check_identity(body)
    return MerchantDetails(
        merchant_no=body.merchant_no,
        merchant_type=body.merchant_type,
        name=body.name,
        uscc=body.uscc.upper() if body.uscc else None,
        resident_id=body.resident_id.upper() if body.resident_id else None,
        legal_representative=Person(person.name, person.resident_id.upper()) if person else None,
        contacts=tuple(_contact(contact) for contact in body.contacts),
        settlement_account=Account(account.holder, account.number, account.bank),
        mcc=body.mcc,
        address=body.address,
    )


def _contact(body: ContactBody) -> Contact:
    preferred = body.preferred or ("email" if body.email else "sms")
    language = body.language.partition("-")[0]
    return Contact(body.name, body.phone, body.email, _CHANNELS.get(preferred, preferred), language, body.wechat_openid)


def _check_identity(body: MerchantBody) -> None:
    if body.merchant_type == "individual":
        if body.uscc is not None:
            raise problems.field_error(
                "uscc", "个人商户没有统一社会信用代码", "An individual has no uscc; leave it out"
            )
        if body.resident_id is None:
            raise problems.field_error("resident_id", "个人商户须提供身份证号", "An individual needs a resident_id")
    elif body.uscc is None:
        raise problems.field_error("uscc", "须提供统一社会信用代码", f"A {body.merchant_type} needs its uscc")


async def _details_before(desk: Desk, merchant_no: str) -> MerchantDetails | None:
    try:
        return await desk.registry.merchant_details(merchant_no)
    except NoSuchMerchantError:
        return None


def _changes(before: MerchantDetails, after: MerchantDetails) -> list[str]:
    """What changed of that which decisions rest on."""
    names = ("name", "legal_representative", "settlement_account")
    return [name for name in names if getattr(before, name) != getattr(after, name)]


async def _tell_partners(desk: Desk, written: Written[Any], kind: str, name: str) -> None:
    """Has the partners know it before the caller goes on, if that takes no longer than a moment. (The relay finds what
    they have not heard of in the streams themselves.)"""
    if written.outcome == "unchanged":
        return
    position = written.record.version  # every event of these streams is a version of its own
    if await desk.engine.register(Registration(kind, name, position)):
        await Relay(desk.pool).mark_registered(Unregistered(kind, name, position))


async def _tell_cases(
    desk: Desk, connection: Connection, actor: Actor, changes: list[str], written: Written[Merchant], command_id: str
) -> list[str]:
    stored = []
    if changes:
        async for case_id in _open_cases(desk, written.record.merchant_no):
            for what in changes:
                order = CommandOrder(
                    "change_party", json.dumps({"what": what}), f"{command_id}:{case_id}:{what}", actor
                )
                await put(connection, message_of(order), case_id)
                stored.append(order.command_id)
    return stored


async def _open_cases(desk: Desk, merchant_no: str) -> AsyncIterator[str]:
    cursor = None
    while True:
        page = await desk.cases.page(Filters(merchant_no=merchant_no, open=True), cursor, 200)
        for row in page.items:
            yield row.case_id
        cursor = page.cursor
        if cursor is None:
            return
