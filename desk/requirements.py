"""What a case still asks of the merchant: now, later, overdue, and what is being verified.

An entry is a requirement as the spec writes it (`D01/D03`: any one of them) or an action (`sign_agreement`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain import evidence, release
from domain.case import CLOSED, Case, Status
from domain.policy import Policy

_VERIFYING = frozenset({Status.SUBMITTED, Status.PENDING_CHECK, Status.IN_REVIEW_1, Status.IN_REVIEW_2})
_ACCOUNT_NEEDED = frozenset({"account_needed"})


@dataclass(frozen=True, slots=True)
class Asking:
    """Whether the merchant's side asks (it is never told of some documents), in which language, on which day."""

    outside: bool
    language: str
    today: str


def requirements(case: Case, policy: Policy, asking: Asking) -> dict[str, Any]:
    """The case's requirements as they stand on the day."""
    outside, today = asking.outside, asking.today
    after = [action for action in release.actions_after(case, policy) if action not in case.actions_done]
    before = [action for action in release.actions_before(case, policy) if action not in case.actions_done]
    return {
        "currently_due": _now(case, policy, before, after, today),
        "eventually_due": _later(case, policy, before, after, outside=outside),
        "past_due": _late(case, policy, after, today),
        "pending_verification": _pending(case, policy, today, outside=outside),
        "current_deadline": _deadline(case),
        "disabled_reason": _disabled(case, policy, asking.language, outside=outside),
        "errors": _errors(case, policy, outside=outside),
    }


def _now(case: Case, policy: Policy, before: list[str], after: list[str], today: str) -> list[str]:
    match case.status:
        case Status.REASON_CONFIRMED | Status.DRAFT | Status.AWAITING_FIELD:
            return evidence.missing_documents(case, policy, today)
        case Status.AWAITING_SUPPLEMENT:
            asked = dict.fromkeys(item.doc_type for item in case.evidence.asked)
            fresh = {d.doc_type for d in case.evidence.documents if not d.asked_anew and d.standing == "received"}
            return [code for code in asked if code not in fresh and not policy.never_lists(code)]
        case Status.PRE_RELEASE_ACTIONS:
            return before
        case Status.POST_ACTIONS:
            account = ["new_account"] if case.release.payout in _ACCOUNT_NEEDED else []
            return [*account, *after]
        case _:
            return []


def _later(case: Case, policy: Policy, before: list[str], after: list[str], *, outside: bool) -> list[str]:
    if case.status in CLOSED or case.status is Status.POST_ACTIONS:
        return []
    actions = after if case.status is Status.PRE_RELEASE_ACTIONS else [*before, *after]
    if case.status is not Status.OPENED:
        return actions
    kind = case.merchant_type
    shown = policy.public_requirements if outside else policy.requirements
    return [*(req.key for req in shown(case.reason_code, kind)), *actions]  # type: ignore[arg-type]


def _late(case: Case, policy: Policy, after: list[str], today: str) -> list[str]:
    if case.status is Status.CLOSED_EXPIRED:
        return evidence.missing_documents(case, policy, today)
    return after if case.post_overdue and case.status is Status.POST_ACTIONS else []


def _pending(case: Case, policy: Policy, today: str, *, outside: bool) -> list[str]:
    if case.status not in _VERIFYING:
        return []
    waiting = set(evidence.unverified(case, today))
    listed = {"/".join(one_of) for one_of in evidence.listed(case, policy)}
    every = ("/".join(one_of) for one_of in case.evidence.requirements)
    return [key for key in every if key in waiting and (not outside or key in listed)]


def _deadline(case: Case) -> str | None:
    names = {
        Status.REASON_CONFIRMED: "evidence",
        Status.DRAFT: "evidence",
        Status.AWAITING_SUPPLEMENT: "supplement",
        Status.PRE_RELEASE_ACTIONS: "approval",
        Status.POST_ACTIONS: "post_action_lapse" if case.post_overdue else "post_action",
    }
    due = case.dues.get(names.get(case.status, ""))
    return due.due if due else None


def _disabled(case: Case, policy: Policy, language: str, *, outside: bool) -> str | None:
    """Why the terminal or its money is held, in the merchant's words; nothing once no control stands."""
    if not case.standing_controls:
        return None
    reason = policy.public_reason(case.reason_code) if outside else policy.reasons[case.reason_code]
    return reason.merchant_text.of(language)


def _errors(case: Case, policy: Policy, *, outside: bool) -> list[dict[str, Any]]:
    """Which documents were sent back, and why."""
    return [
        {"requirement": item.doc_type, "reason_zh": item.reason.zh, "reason_en": item.reason.en}
        for item in case.evidence.asked
        if not (outside and policy.never_lists(item.doc_type))
    ]
