"""A case as the API shows it, to staff in full and to the merchant's side as far as `public` allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from desk.access import is_merchant_side
from desk.controls import KIND
from desk.histories import Told
from desk.language import Language
from desk.public import DEADLINES, code_shown, document_shown, sentence_shown
from desk.requirements import Asking, requirements
from domain import listing
from domain.actors import Actor, name_of
from domain.case import Agreement, Case, Control, Document, RefusedEffect
from domain.controls import blocks_terminal, tier_of
from domain.policy import Policy, Reason
from domain.review import reopenable
from domain.waiting import waiting_on
from domain.wire import body_of, decode


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, in which language, and on which day in Shanghai (YYYY-MM-DD)."""

    actor: Actor
    language: Language
    today: str

    @property
    def outside(self) -> bool:
        """Whether only public facts may be shown."""
        return is_merchant_side(self.actor)


def case_view(told: Told, viewer: Viewer, run_link: str) -> dict[str, Any]:
    """The whole case, as `GET /cases/{id}` gives it; `run_link` is where engineers see its workflow."""
    case, policy = told.case, told.policy
    reason = policy.public_reason(case.reason_code) if viewer.outside else policy.reasons[case.reason_code]
    code = code_shown(policy, case.reason_code) if viewer.outside else case.reason_code
    return {
        "case_id": case.case_id,
        "kind": KIND,
        "status": case.status.value,
        "version": case.version,
        "terminal_sn": case.terminal_sn,
        "merchant_no": case.merchant_no,
        "merchant_type": case.merchant_type,
        "reason_code": code,
        "reason": _reason(reason, code, inside=not viewer.outside),
        "policy_version": case.policy_version,
        "tier": None if viewer.outside else tier_of(case, policy),
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "controls": [_control(control, viewer, policy) for control in case.controls],
        "money": _money(case),
        "requirements": requirements(case, policy, Asking(viewer.outside, viewer.language, viewer.today)),
        "documents": [_document(d) for d in case.evidence.documents if _shown(d, viewer, policy)],
        "waiting_on": _waiting(case, policy, viewer),
        "deadlines": _deadlines(case, policy, viewer),
        "discrepancies": [] if viewer.outside else [_refused(one) for one in case.refused],
        "approvals": [] if viewer.outside else list(approvals(told)),
        "payout": {"state": case.release.payout, "amount_fen": case.release.payout_fen},
        "agreement": _agreement(case.agreement),
        "actions_done": sorted(case.actions_done),
        "rounds": case.evidence.rounds,
        "allowed_commands": listing.allowed_commands(case, viewer.actor, policy),
        "links": {} if viewer.outside else {"temporal_ui": run_link},
    }


def _reason(reason: Reason, code: str | None, *, inside: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": code}
    if inside:
        shown |= {"title_zh": reason.title.zh, "title_en": reason.title.en, "path": reason.path}
    return shown | {"text_zh": reason.merchant_text.zh, "text_en": reason.merchant_text.en}


def _control(control: Control, viewer: Viewer, policy: Policy) -> dict[str, Any]:
    placed = control.placed
    shown: dict[str, Any] = {
        "control_id": control.control_id,
        "kind": placed.kind,
        "reason_code": code_shown(policy, placed.reason_code) if viewer.outside else placed.reason_code,
        "scope": list(placed.scope),
        "held_fen": control.held_fen,
        "remaining_fen": control.remaining_fen,
        "blocking": blocks_terminal(placed.kind, placed.held_fen),
        "state": "lifted" if control.lifted else "on",
        "in_force": control.in_force,
        "placed_at": placed.placed_at,
        "transactions": [
            {"ref": t.ref, "amount_fen": t.amount_fen, "at": t.at, "last4": t.last4, "terminal_id": t.terminal_id}
            for t in placed.transactions
        ],
    }
    if not viewer.outside:
        shown |= {
            "source": placed.source,
            "external_ref": placed.external_ref,
            "placed_by": placed.placed_by,
            "detail": placed.detail,
            "enforced": sorted(control.enforced),
            "legal_hold": control.legal_hold,
            "authority": asdict(control.authority) if control.authority else None,
            "rejustify_tier": control.rejustify_tier,
        }
    return shown


def _refused(one: RefusedEffect) -> dict[str, str]:
    return {"effect": one.source, "step_key": one.step_key, "code": one.code, "since": one.since}


def _money(case: Case) -> dict[str, int]:
    return {
        "held_fen": case.held_fen,
        "released_fen": case.settled.release_fen,
        "penalty_fen": case.settled.penalty_fen,
        "claims_fen": case.settled.claims_fen,
        "remaining_fen": case.remaining_fen,
    }


def _agreement(agreement: Agreement | None) -> dict[str, Any] | None:
    """The agreement to be signed anew; `GET /cases/{id}/agreement` leads the merchant to it."""
    if agreement is None:
        return None
    return {
        "number": agreement.n,
        "state": agreement.state,
        "document_sha256": agreement.sha256,
        "sign_by": agreement.expires_at or None,
        "signature_ref": agreement.signature_ref or None,
    }


def _shown(document: Document, viewer: Viewer, policy: Policy) -> bool:
    return not viewer.outside or document_shown(document, policy, viewer.actor.name)


def _document(document: Document) -> dict[str, Any]:
    return {
        "document_id": document.document_id,
        "type": document.doc_type,
        "sha256": document.filed.sha256,
        "media_type": document.filed.media_type,
        "state": document.standing,
        "asked_anew": document.asked_anew,
        "valid_until": document.valid_until,
        "added_by": document.added_by or None,
        "added_at": document.added_at,
        "findings": [{"zh": text.zh, "en": text.en} for text in document.findings],
    }


def _waiting(case: Case, policy: Policy, viewer: Viewer) -> dict[str, Any]:
    waiting = waiting_on(case, policy)
    sentence = waiting.sentence if viewer.outside else waiting.in_full
    texts = {
        "unblocked_by": waiting.unblocked_by.en,
        "unblocked_by_zh": waiting.unblocked_by.zh,
        "sentence": sentence.en,
        "sentence_zh": sentence.zh,
    }
    if viewer.outside:
        texts = {name: sentence_shown(text, policy) for name, text in texts.items()}
    return {"who": waiting.who, "since": waiting.since, "until": waiting.until, **texts}


def _deadlines(case: Case, policy: Policy, viewer: Viewer) -> list[dict[str, Any]]:
    told = DEADLINES if reopenable(case, policy) else DEADLINES - {"reopen"}
    return [
        {
            "name": due.name,
            "due_at": due.due,
            "basis": due.basis.en,
            "basis_zh": due.basis.zh,
            "provisional": due.provisional,
        }
        for due in sorted(case.dues.values(), key=lambda due: (due.due, due.name))
        if not viewer.outside or due.name in told
    ]


def approvals(told: Told) -> Iterable[dict[str, Any]]:
    """Every approval given in the case, oldest first, with who, when, and under which rule; a void one says so."""
    review = told.case.review
    standing = {(a.by, a.level, a.version) for a in (review.first, review.second) if a}
    for entry in told.entries:
        if entry.type not in {"FirstApproval", "SecondApproval"}:
            continue
        event = decode(entry.type, entry.form, entry.data)
        data = body_of(entry)
        level = 1 if entry.type == "FirstApproval" else 2
        by = name_of(entry.actor)
        yield {
            "level": level,
            "by": by,
            "role": entry.actor.partition(":")[0],
            "at": entry.occurred_at,
            "version": data["seen"],
            "amounts": data["amounts"],
            "control_ids": data["control_ids"],
            "reason": data["reason"],
            "rule": getattr(event, "rule", "") or f"four-eyes/{told.case.policy_version}",
            "policy_version": told.case.policy_version,
            "valid": (by, level, data["seen"]) in standing,
        }
