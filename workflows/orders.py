"""From the state of a case to what its partners are asked: one order per effect, with ids and references only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import policies
from domain.case import Agreement, Case, Control, OwedNotice, Step, Visit
from domain.controls import lifting
from domain.policy import Policy
from domain.release import UNDOES, approved_amounts, approved_since
from domain.review import reopenable
from workflows import ports
from workflows.ports import NoticeOrder, Order


def of_case(case: Case, name: str, **fields: Any) -> Order:
    """An effect the case has once, under the key of its name."""
    return Order(f"{case.case_id}:{name}", case.case_id, case.merchant_no, case.terminal_sn, **fields)


LIMITS = {"reduced": ("limits", "risk.reduce_limits"), "restored": ("limits:restored", "risk.restore_limits")}
"""The name and the effect by which the merchant's limits become what they are to be."""


def for_control(case: Case, control: Control, effect: str) -> Order:
    """What brings a control into force: its money held, its block set, its questions asked."""
    return Order(
        key=f"{case.case_id}:control:{control.control_id}:{effect}",
        case_id=case.case_id,
        merchant_no=case.merchant_no,
        terminal_sn=case.terminal_sn,
        control_id=control.control_id,
        external_ref=control.placed.external_ref,
        reason_code=control.placed.reason_code,
        amount_fen=control.held_fen,
        scope=control.placed.scope,
    )


ENFORCEMENT = {"hold": "ledger.hold", "block": "terminals.block", "unblock": "terminals.unblock_terminal"}
"""The effect that brings each want of a control about."""


def for_step(case: Case, step: Step) -> Order:
    """What a step of the release asks of its partner."""
    subject = case.control(step.planned.subject)
    amounts = approved_amounts(case)
    lifted = lifting(case.controls, amounts)
    return Order(
        key=step.planned.key,
        case_id=case.case_id,
        merchant_no=case.merchant_no,
        terminal_sn=case.terminal_sn,
        control_id=step.planned.subject,
        external_ref=subject.placed.external_ref if subject else "",
        reason_code=case.reason_code,
        amount_fen=_amount(case, step, subject),
        release_fen=amounts.release_fen,
        penalty_fen=amounts.penalty_fen,
        claims_fen=amounts.claims_fen,
        control_ids=tuple(control_id for control_id, _ in lifted.settled),
        scope=subject.placed.scope if subject else (),
        related_key=_related(case, step),
        outcome=case.release.payout,
        account_ref=case.release.account_ref or "",
        approved_at=approved_since(case),
        state="released",
        public_reason=policies.load(case.policy_version).public_reason(case.reason_code).code,
        remaining_fen=case.remaining_fen,
    )


def _amount(case: Case, step: Step, subject: Control | None) -> int:
    if step.name == "reserve":
        return approved_amounts(case).total_fen
    if step.name == "release_legal_hold" and subject:
        return subject.remaining_fen
    return case.release.payout_fen


_CONTINUES = {
    "ledger_release": "reserve",
    "pay_out": "book_payout",
    "settle_payout": "book_payout",
    "resend_payout": "book_payout",
}


def _related(case: Case, step: Step) -> str:
    """The key of the earlier step this one continues: the last one done under that name in this attempt."""
    wanted = _CONTINUES.get(step.name)
    earlier = [s for s in case.release.attempt if s.name == wanted and s.n < step.n]
    return earlier[-1].planned.key if earlier else ""


def for_reversal(case: Case, step: Step) -> tuple[str, Order]:
    """The effect that reverses a done step, and its order: under a key of its own, naming the step's."""
    order = for_step(case, step)
    undo = ports.STEPS[UNDOES[step.name]]
    return undo, Order(
        key=f"{step.planned.key}:undo",
        case_id=order.case_id,
        merchant_no=order.merchant_no,
        terminal_sn=order.terminal_sn,
        control_id=order.control_id,
        external_ref=order.external_ref,
        reason_code=order.reason_code,
        amount_fen=order.amount_fen,
        related_key=step.planned.key,
    )


def for_visit(case: Case, visit: Visit) -> Order:
    """What books a visit, and asks about it."""
    task = "repair" if ("D23",) in case.evidence.requirements else "inspect"
    ref, place, note = visit.ref, visit.place, visit.note
    return of_case(case, f"visit:{visit.n}", external_ref=ref, state=task, place=place, note=note)


def to_call_off(case: Case, visit: Visit) -> Order:
    """What calls a visit off."""
    return of_case(case, f"visit:{visit.n}:off", external_ref=visit.ref)


def for_agreement(case: Case, agreement: Agreement) -> Order:
    """What has an agreement issued, and asks about it."""
    return of_case(case, f"agreement:{agreement.n}", external_ref=agreement.ref)


def to_call_off_agreement(case: Case, agreement: Agreement) -> Order:
    """What calls an agreement off."""
    return of_case(case, f"agreement:{agreement.n}:off", external_ref=agreement.ref)


def with_ref(order: Order, ref: str) -> Order:
    """The order about what a partner knows under `ref`."""
    return replace(order, external_ref=ref)


def for_notice(case: Case, owed: OwedNotice, policy: Policy) -> NoticeOrder:
    """What a notice says and to whom. It may name only the public reason, and only the documents merchants are told
    of."""
    items = tuple((i.doc_type, i.reason) for i in case.evidence.asked if not policy.never_lists(i.doc_type))
    return NoticeOrder(
        key=owed.key,
        notice=owed.notice,
        audience=owed.audience,
        case_id=case.case_id,
        merchant_no=case.merchant_no,
        terminal_sn=case.terminal_sn,
        public_reason=policy.reasons[case.reason_code].public_code,
        policy_version=case.policy_version,
        facts=dict(owed.facts) | _standing(case, owed.notice, policy),
        items=items if owed.notice == "supplement_requested" else (),
    )


def _standing(case: Case, notice: str, policy: Policy) -> dict[str, str]:
    """What a closing notice adds of how the case stands: what is still held, whether it may be taken up again."""
    if notice == "case_closed":
        return {"remaining_fen": str(case.remaining_fen)}
    if notice == "rejected":
        return {"reopenable": "yes" if reopenable(case, policy) else "no"}
    return {}
