"""Taking a control in: it opens a case, joins the open one, or is known already.

Intake is a journal transaction and needs no engine. Joining an open case puts `add_control` into that case's inbox in
the same transaction, so the control stands even if nobody takes it up for a while.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import asdict, dataclass
from datetime import datetime

from desk import problems
from desk.bodies import ControlBody
from desk.context import Desk
from desk.delivery import deliver_stored, message_of
from desk.problems import FieldError
from desk.refusals import refuse
from domain import listing
from domain.actors import Actor
from domain.business_time import format_time, local_date
from domain.case import Case
from domain.commands import AddControl, Asked
from domain.controls import K1_KINDS, freeze
from domain.events import PlacedControl, QuestionedTransaction
from domain.policy import Policy
from domain.refusals import Refused
from domain.stream import Head, canonical, seal
from domain.text import Text
from domain.wire import History, command_of, drafts
from journal.inbox import Command
from journal.intake import Attached, Intake, Opened, Ref, Repeated, open_case
from journal.moving import Left
from journal.requests import compose
from journal.vault import ForgottenError
from workflows.messages import CommandOrder
from workflows.stored import order_of

KIND = "freeze_appeal"
_PLACED_AS = ("officer", "compliance_head", "robot")


@dataclass(frozen=True, slots=True)
class Taken:
    """Where the control stands now; `known` when this name of it was taken in before."""

    case_id: str
    control_id: str
    known: bool


async def place(desk: Desk, actor: Actor, body: ControlBody, command_id: str) -> Taken:
    """Takes a control in for the caller. Raises the problem of a body that makes no sense here, or of a refusal."""
    policy = await desk.policies.now()
    _check(body, policy)
    terminal = await desk.registry.terminal(body.terminal_sn)
    merchant = await desk.registry.merchant(terminal.merchant_no) if terminal else None
    if terminal is None or merchant is None:
        raise problems.field_error(
            "terminal_sn",
            f"没有登记终端 {body.terminal_sn}。请先登记终端。",
            f"No terminal {body.terminal_sn} is registered. Register it first.",
        )
    asked = Asked(command_id, actor, desk.now())
    placed = _placed(body, asked)
    case_id = new_case_id(command_id, desk.clock())
    ref = (placed.source, placed.external_ref, placed.control_id)
    opening = compose_opening(case_id, placed, merchant.merchant_no, merchant.merchant_type, asked, policy)
    taken = await _take_in(desk, opening, ref, placed, asked)
    if isinstance(taken, Attached):
        await deliver_stored(desk, _attach_id(asked.command_id))
    case_id, control_id = taken.case_id, getattr(taken, "control_id", None) or placed.control_id
    return Taken(case_id, control_id, isinstance(taken, Repeated))


async def _take_in(
    desk: Desk, opening: str, ref: Ref | None, placed: PlacedControl, asked: Asked
) -> Opened | Attached | Repeated:
    order = CommandOrder("add_control", canonical({"control": asdict(placed)}), _attach_id(asked.command_id), asked.by)
    try:
        taken: Intake = await open_case(desk.pool, [opening], ref, on_attach=message_of(order))
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    if isinstance(taken, Opened | Attached | Repeated):
        return taken
    raise AssertionError("an intake of one stream is never overtaken")


def compose_opening(
    case_id: str, placed: PlacedControl, merchant_no: str, merchant_type: str, asked: Asked, policy: Policy
) -> str:
    """The AppendRequest that opens a case by this control. Raises the problem of a reason that opens no such case."""
    events = freeze(case_id, placed, merchant_no, merchant_type, asked, policy)
    if isinstance(events, Refused):
        raise problems.refused(events)
    entries = seal(
        case_id,
        Head(),
        drafts(Case(), events),
        occurred_at=asked.at,
        actor=asked.by.signing_as(_PLACED_AS),
        command_id=asked.command_id,
    )
    case = History().after(entries).case
    return compose(
        KIND,
        Head(),
        entries,
        summary=listing.summary(case, policy),
        tasks=listing.tasks(case, policy, asked.at),
        controls=listing.control_rows(case),
    )


async def opening_anew(desk: Desk, command: Command) -> tuple[Left, str, CommandOrder]:
    """What opens a case by a control whose case closed before it could join: where it was left, the opening, and what
    another open case would be told instead."""
    control = _control_in(command)
    terminal = await desk.registry.terminal(control.terminal_sn)
    merchant = await desk.registry.merchant(terminal.merchant_no) if terminal else None
    if merchant is None:
        raise LookupError(f"the terminal {control.terminal_sn} of control {control.control_id} is gone")
    order = order_of(command.command_id, command.name, command.body)
    asked = Asked(f"{command.command_id}:again", order.by, desk.now())
    case_id = new_case_id(asked.command_id, command.received_at)
    policy = await desk.policies.now()
    opening = compose_opening(case_id, control, merchant.merchant_no, merchant.merchant_type, asked, policy)
    ref = (control.source, control.external_ref, control.control_id)
    told = CommandOrder("add_control", order.body, _attach_id(asked.command_id), order.by)
    return Left(command.command_id, command.case_id, ref), opening, told


def _control_in(command: Command) -> PlacedControl:
    order = order_of(command.command_id, command.name, command.body)
    adding = command_of(order.name, order.body)
    assert isinstance(adding, AddControl)
    return adding.control


def new_case_id(command_id: str, at: datetime) -> str:
    """A case id of the day in Shanghai, the same whenever the same command opens it."""
    suffix = b32encode(hashlib.sha256(f"case {command_id}".encode()).digest()).decode()[:8]
    return f"FA-{local_date(at):%Y%m%d}-{suffix}"


def _attach_id(command_id: str) -> str:
    return f"{command_id}:attach"


def _check(body: ControlBody, policy: Policy) -> None:
    """Raises the 422 problem that names each field that cannot be."""
    wrong = [*_wrong_reason(body, policy), *_wrong_kind(body), *_wrong_scope(body)]
    if wrong:
        raise problems.invalid(wrong)


def _wrong_reason(body: ControlBody, policy: Policy) -> list[FieldError]:
    reason = policy.reasons.get(body.reason_code)
    if reason is None:
        zh = f"没有原因代码 {body.reason_code}。请用政策中的代码"
        return [FieldError("reason_code", Text(zh, f"There is no reason {body.reason_code}; use one of the policy's"))]
    if not reason.raised_by_source(body.source):
        allowed = ", ".join(reason.raised_by)
        zh = f"原因 {body.reason_code} 只能由 {allowed} 提出"
        return [FieldError("source", Text(zh, f"Reason {body.reason_code} is raised only by: {allowed}"))]
    return []


def _wrong_kind(body: ControlBody) -> list[FieldError]:
    held = body.held_amount_fen
    if body.kind not in K1_KINDS:
        zh = f"管控种类 {body.kind} 尚未开放,目前只受理 {', '.join(K1_KINDS)}"
        return [FieldError("kind", Text(zh, f"{body.kind} is not served yet; for now use {', '.join(K1_KINDS)}"))]
    if body.kind == "settlement_hold" and not held:
        return [
            FieldError("held_amount_fen", Text("暂缓结算的金额须大于 0 分", "A settlement hold holds more than 0 fen"))
        ]
    if body.kind == "txn_block" and held:
        return [FieldError("held_amount_fen", Text("暂停交易不涉及资金,须为 0", "A transaction block holds 0 fen"))]
    return []


def _wrong_scope(body: ControlBody) -> list[FieldError]:
    if "all" in body.scope and len(body.scope) > 1:
        return [FieldError("scope", Text("all 不能与其他范围并列", "all stands alone; name it or the parts"))]
    return []


def _placed(body: ControlBody, asked: Asked) -> PlacedControl:
    digest = hashlib.sha256(f"control {asked.command_id}".encode()).digest()
    control_id = f"C-{b32encode(digest).decode()[:16].lower()}"
    return PlacedControl(
        control_id=control_id,
        kind=body.kind,
        reason_code=body.reason_code,
        held_fen=body.held_amount_fen or 0,
        scope=tuple(dict.fromkeys(body.scope)),
        source=body.source,
        external_ref=body.external_ref or control_id,
        placed_by=asked.by.name,
        placed_at=asked.at,
        terminal_sn=body.terminal_sn,
        detail=body.detail,
        transactions=tuple(
            QuestionedTransaction(t.ref, t.amount_fen, format_time(t.at), t.last4, t.terminal_id)
            for t in body.transactions
        ),
    )
