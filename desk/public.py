"""What the merchants' side may see: their own cases, the public reason, and nothing that could tip anyone off.

An undisclosable reason (J02) shows as the routine review it is told as (Q05), and a reason that others hide behind
shows no code at all, so that the two look exactly alike. Due diligence forms are never listed; the desk's own papers,
notes, names, tiers and internal messages stay inside.
Source: spec README, What must always hold 7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain.actors import MERCHANT_SIDE, name_of
from domain.case import Case, Document
from domain.policy import Policy
from domain.stream import Entry
from domain.wire import body_of

DEADLINES = frozenset({"evidence", "supplement", "promise", "approval", "post_action", "post_action_lapse", "reopen"})
"""The deadlines a merchant is told of."""

_STAFF_PAPERS = frozenset({"D24", "D25"})


def code_shown(policy: Policy, reason_code: str) -> str | None:
    """The reason code the merchant sees; none where it could give a hidden reason away."""
    public = policy.public_reason(reason_code)
    hides_others = any(not r.disclosable and r.public_code == public.code for r in policy.reasons.values())
    return None if hides_others else public.code


def document_shown(document: Document, policy: Policy, viewer: str) -> bool:
    """Whether the merchant's side sees that this document is in the case."""
    if policy.never_lists(document.doc_type):
        return False
    return document.doc_type not in _STAFF_PAPERS or document.added_by == viewer


def sentence_shown(text: str, policy: Policy) -> str:
    """A sentence without the codes of documents that are never listed."""
    for code in (code for code in policy.documents if policy.never_lists(code)):
        text = re.sub(rf"(?:, |、)?{code}(?:, |、)?", "", text)
    return text


_PUBLIC_FIELDS: Mapping[str, tuple[str, ...]] = {
    "AppealOpened": ("on_behalf",),
    "EvidenceReminded": ("days_left",),
    "EvidenceExtended": (),
    "CaseSubmitted": (),
    "EvidenceResubmitted": ("round",),
    "CheckDeferred": (),
    "CheckResumed": (),
    "CaseExpired": ("deadline",),
    "CaseRejected": (),
    "ActionsRequired": ("actions",),
    "ActionDone": ("action",),
    "WithdrawRequested": ("reason",),
    "CaseWithdrawn": ("reason",),
    "PayoutAccountNeeded": ("reason",),
    "PayoutAccountNamed": (),
    "ReleaseExecuted": (),
    "AgreementIssued": (),
    "AgreementAnswered": ("outcome",),
    "AgreementAskedAnew": (),
    "PostActionReminded": ("day",),
    "PostActionOverdue": ("actions",),
    "PostActionsDone": (),
    "LimitsRestored": (),
    "CaseClosed": (),
    "CaseReopened": ("on_behalf",),
    "MessageRecorded": ("audience",),
    "TerminalFrozen": ("case_id", "terminal_sn", "merchant_no"),
    "ControlAttached": (),
    "ReasonConfirmed": (),
    "DocumentAdded": ("on_behalf",),
    "SupplementRequested": ("round",),
    "PayoutAnswered": ("outcome",),
}
"""The events a merchant sees, and which of their fields as they are."""


def event_shown(entry: Entry, case: Case, policy: Policy, viewer: str) -> dict[str, Any] | None:
    """The event's data as the merchant's side sees it; None for one that is not for them."""
    fields = _PUBLIC_FIELDS.get(entry.type)
    if fields is None:
        return None
    data = body_of(entry)
    shown = {name: data[name] for name in fields if name in data}
    match entry.type:
        case "TerminalFrozen" | "ControlAttached":
            control = data["control"]
            shown["control"] = {
                name: control[name] for name in ("control_id", "kind", "held_fen", "scope", "placed_at")
            }
        case "ReasonConfirmed" | "CaseRejected":
            shown["reason_code"] = code_shown(policy, data["reason_code"])
        case "DocumentAdded":
            filed = case.document(data["document"]["document_id"])
            if data["document"]["doc_type"] in _STAFF_PAPERS and not (filed and document_shown(filed, policy, viewer)):
                return None
            shown["document"] = data["document"]
        case "SupplementRequested":
            shown["items"] = [item for item in data["items"] if not policy.never_lists(item["doc_type"])]
        case "MessageRecorded" if data["audience"] != "merchant":
            return None
    return shown


def actor_shown(actor: str) -> str:
    """Who acted, as the merchant's side sees it: their own people by name, everyone else as the desk."""
    role = actor.partition(":")[0]
    return f"{role}:{name_of(actor)}" if role in MERCHANT_SIDE else "desk"
