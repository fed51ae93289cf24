"""Review: what is decided, on what, and what an approval binds to.

An approval binds to the case's version, its controls and the amounts, and to evidence that stands on the day; when
one of them changes it is void, which is not a rejection. Who may decide is for `four_eyes` to say.
Source: spec README, What must always hold 1, 4, 7, 12; transitions.csv (approve to material_change).
"""

from __future__ import annotations

from domain import controls, deadlines, evidence
from domain.case import Case, Status
from domain.commands import Approve, Asked, Reject, ReturnReview
from domain.controls import tier_of
from domain.events import (
    Amounts,
    ApprovalVoided,
    CaseRejected,
    Event,
    FirstApproval,
    RejectProposed,
    RemainderProposed,
    RemainderReleased,
    ReviewReturned,
    SecondApproval,
    SupplementItem,
)
from domain.four_eyes import level_of, may_decide, part_of
from domain.money import yuan
from domain.policy import Policy
from domain.refusals import Refused, refuse
from domain.text import Text


def void_for_expiry(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """The voiding of an approval whose evidence has expired since; the expired documents are asked for anew."""
    gone = evidence.expired_since(case, evidence.today(asked))
    if not gone:
        return ()
    why = Text("材料已过有效期,请重新提供。", "The document has expired; please provide a valid one.")
    types = dict.fromkeys(document.doc_type for document in gone)
    items = tuple(SupplementItem(doc_type, why) for doc_type in types)
    return (ApprovalVoided("document_expired", ",".join(types), items, deadlines.for_supplement(policy, asked.at)),)


def approve(case: Case, command: Approve, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Consent to releasing exactly these amounts from exactly these controls, on evidence that stands today."""
    if case.status is Status.SUSPENDED_LEGAL:
        return approve_remainder(case, command, asked, policy)
    refused = may_decide(case, asked, policy)
    if refused:
        return refused
    amounts = Amounts(command.release_fen, command.penalty_fen, command.claims_fen)
    if min(command.release_fen, command.penalty_fen, command.claims_fen) < 0:
        return refuse("amount-below-zero")
    if level_of(case) == 1:
        return _approve_first(case, amounts, command.reason, asked, policy)
    return _approve_second(case, amounts, command.reason, asked, policy)


def _approve_first(
    case: Case, amounts: Amounts, reason: str, asked: Asked, policy: Policy
) -> tuple[Event, ...] | Refused:
    refused = _releasable(case, amounts, asked, policy)
    if refused:
        return refused
    rule = ""
    if asked.by.has("robot"):
        rule = robot_rule(case, policy) or ""
        if not rule or amounts.penalty_fen or amounts.claims_fen:
            return refuse("robot-rule")
    tier = tier_of(case, policy, penalty_fen=amounts.penalty_fen)
    final = not policy.tiers.roles(tier, 2)  # type: ignore[arg-type]
    dues = deadlines.for_approval(policy, asked.at) if final else deadlines.for_review(policy, 2, asked.at)
    return (FirstApproval(amounts, _standing(case), case.version, tier, reason, rule, final, dues),)


def _approve_second(
    case: Case, amounts: Amounts, reason: str, asked: Asked, policy: Policy
) -> tuple[Event, ...] | Refused:
    first = case.review.first
    if first is None:  # the first reviewer proposed to reject: the two disagree, and the case is looked at again
        return (ReviewReturned(reason, deadlines.for_review(policy, 1, asked.at)),)
    voided = void_for_expiry(case, asked, policy)
    if voided:
        return refuse("approval-voided", why="a document has expired", events=voided)
    if amounts != first.amounts:
        return refuse("amounts-differ", first=_words(first.amounts))
    refused = _releasable(case, amounts, asked, policy)
    if refused:
        return refused
    dues = deadlines.for_approval(policy, asked.at)
    return (SecondApproval(amounts, _standing(case), case.version, reason, dues),)


def _standing(case: Case) -> tuple[str, ...]:
    return tuple(control.control_id for control in case.standing_controls)


def _words(amounts: Amounts) -> str:
    return f"{yuan(amounts.release_fen)} + {yuan(amounts.penalty_fen)} + {yuan(amounts.claims_fen)}"


def _releasable(case: Case, amounts: Amounts, asked: Asked, policy: Policy) -> Refused | None:
    """Whether the evidence, the reasons and the money allow this release today."""
    open_points = evidence.unverified(case, evidence.today(asked))
    if open_points:
        return refuse("document-unverified", documents=", ".join(open_points))
    refused = _reasons_allow(case, asked, policy)
    if refused:
        return refused
    if not all(control.in_force for control in case.standing_controls):
        return refuse("controls-not-enforced")
    free = controls.disposable_fen(case)
    if amounts.total_fen > free:
        return refuse("amount-above-held", asked=yuan(amounts.total_fen), held=yuan(free))
    if free and not amounts.total_fen:
        return refuse("nothing-to-release")
    return None


def _reasons_allow(case: Case, asked: Asked, policy: Policy) -> Refused | None:
    """Whether each control's reason lets it be lifted: never, only with its authority's instrument, or freely."""
    day = evidence.today(asked)
    standing = {doc.doc_type for doc in case.evidence.documents if doc.stands(day)}
    codes = {case.reason_code, *(c.placed.reason_code for c in case.standing_controls if not c.legal_hold)}
    for code in sorted(codes):
        reason = policy.reasons[code]
        if reason.release == "never":
            return refuse("not-releasable", reason=code, why=reason.path)
        if reason.release in {"on_instrument", "aml"} and not standing & set(reason.instruments):
            needs = " or ".join(reason.instruments) or "the word of the desk that placed it"
            return refuse("not-releasable", reason=code, why=f"needs {needs}")
    return None


def robot_rule(case: Case, policy: Policy) -> str | None:
    """The policy rule under which the automatic reviewer may approve this case, or None."""
    passed = {doc.doc_type for doc in case.evidence.documents if doc.standing == "passed" and not doc.asked_anew}
    tier = tier_of(case, policy)
    rule = policy.robot_rule(
        reason=case.reason_code,
        tier=tier,  # type: ignore[arg-type]
        passed=passed,
        other_open_controls=len(case.standing_controls) - 1,
        held_fen=case.remaining_fen,
    )
    return rule.name if rule and case.status is Status.IN_REVIEW_1 else None


def approve_remainder(case: Case, command: Approve, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Under a legal hold after the ledger release, what the order does not name leaves only by a fresh L3 decision."""
    if not case.release.past_pivot or case.release.payout_begun or not case.release.payout_fen:
        return refuse("legal-hold")
    if not all(control.in_force for control in case.standing_controls if control.legal_hold):
        return refuse("controls-not-enforced")
    if command.penalty_fen or command.claims_fen or command.release_fen != case.release.payout_fen:
        return refuse("amount-above-held", asked=yuan(command.release_fen), held=yuan(case.release.payout_fen))
    part = part_of(case, asked.by, 2 if case.remainder_proposed_by else 1)
    if part:
        return refuse("four-eyes", name=asked.by.name, part=part)
    if case.remainder_proposed_by is None:
        if not asked.by.has("supervisor"):
            return refuse("tier-not-allowed", tier="L3", roles="supervisor")
        return (RemainderProposed(command.release_fen, command.reason),)
    if asked.by.name == case.remainder_proposed_by:
        return refuse("four-eyes", name=asked.by.name, part="reviewed first")
    if not asked.by.has("compliance_head"):
        return refuse("tier-not-allowed", tier="L3", roles="compliance_head")
    names = (case.remainder_proposed_by, asked.by.name)
    dues = deadlines.for_step_alert(policy, asked.at, None)
    return (RemainderReleased(names, command.release_fen, command.reason, dues),)


def reject(case: Case, command: Reject, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Alone at L0 and L1; at L2 and L3 a proposal the second reviewer confirms. Against an approval it sends the case
    back with both decisions void."""
    refused = may_decide(case, asked, policy)
    if refused:
        return refused
    if command.reason_code not in policy.reasons:
        return refuse("reason-not-for-kind", reason=command.reason_code)
    told = policy.reasons[command.reason_code].public_code
    closing = CaseRejected(command.reason_code, command.reason, deadlines.for_reopening(policy, asked.at), told)
    if level_of(case) == 2:
        if case.review.rejection_by:
            return (closing,)
        return (ReviewReturned(command.reason, deadlines.for_review(policy, 1, asked.at)),)
    if policy.tiers.roles(tier_of(case, policy), 2):  # type: ignore[arg-type]
        dues = deadlines.for_review(policy, 2, asked.at)
        return (RejectProposed(command.reason_code, command.reason, dues),)
    return (closing,)


def reopenable(case: Case, policy: Policy) -> bool:
    """Whether what the case is about, and what it was rejected for, may be appealed again."""
    codes = {case.reason_code, *(case.review.rejection or ())[:1]}
    return all(policy.reasons[code].reopenable for code in codes)


def return_review(case: Case, command: ReturnReview, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    refused = may_decide(case, asked, policy)
    if refused:
        return refused
    return (ReviewReturned(command.reason, deadlines.for_review(policy, 1, asked.at)),)
