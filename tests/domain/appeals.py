"""Freeze appeals in every state, each reached by the commands that lead there. Invented data throughout."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from domain import commands as c
from domain.actors import Actor
from domain.business_time import format_time
from domain.commands import Asked
from domain.controls import freeze
from domain.events import FiledDocument, PlacedControl, SupplementItem
from domain.evidence import STAFF_FILED, to_check
from domain.refusals import Refused
from domain.text import Text
from tests.domain.specification import (
    A_LITTLE,
    CASE_ID,
    COMPLIANCE,
    FIRST_MOMENT,
    MERCHANT,
    MERCHANT_NO,
    NOTHING,
    OFFICER,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    SUPERVISOR,
    Outcome,
    Past,
    rfc3339,
)

HELD = 8_642_000
"""What the appeals of the fixtures hold: ¥86,420.00, enough for tier L2."""
READ_BY_MACHINE = {"D01", "D03"}
WHY = Text("看不清。", "It cannot be read.")


def a_control(control_id: str = "C1", **changes: object) -> PlacedControl:
    """A settlement hold of ¥30,000 for velocity (R01, tier L1), placed by risk control through an officer."""
    control = PlacedControl(
        control_id=control_id,
        kind="settlement_hold",
        reason_code="R01",
        held_fen=3_000_000,
        scope=("all",),
        source="risk",
        external_ref=f"RISK-{control_id}",
        placed_by="risk-desk",
        placed_at=rfc3339(FIRST_MOMENT),
        terminal_sn="SN-0001",
    )
    return replace(control, **changes)  # type: ignore[arg-type]


def a_document(doc_type: str, number: int = 1, valid_until: str | None = None) -> FiledDocument:
    return FiledDocument(f"{doc_type}-{number}", doc_type, f"{number:064x}", "image/png", valid_until)


def item(doc_type: str) -> SupplementItem:
    return SupplementItem(doc_type, WHY)


def approve(release_fen: int, penalty_fen: int = 0, claims_fen: int = 0) -> c.Approve:
    return c.Approve(release_fen, penalty_fen, claims_fen, "the papers prove the sales")


@dataclass(frozen=True)
class Appeal:
    """One appeal and how it goes: from which control, by whom. Its methods give the past up to a state."""

    control: PlacedControl = field(default_factory=a_control)
    merchant_type: str = "company"
    opened: str = FIRST_MOMENT
    merchant: Actor = MERCHANT
    first: Actor = REVIEWER_1
    second: Actor = REVIEWER_2
    penalty_fen: int = 0
    claims_fen: int = 0
    valid_until: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, reason_code: str, **changes: object) -> Appeal:
        """An appeal against a control for `reason_code`; `changes` are the control's fields or the appeal's own."""
        own = {name: changes.pop(name) for name in tuple(changes) if name in cls.__dataclass_fields__}
        source = POLICY.reasons[reason_code].raised_by[0]
        control = a_control(**{"reason_code": reason_code, "source": source, **changes})
        staff = {"first": SUPERVISOR, "second": COMPLIANCE} if POLICY.reasons[reason_code].tier == "L3" else {}
        return cls(control, **{**staff, **own})  # type: ignore[arg-type]

    # --- states -----------------------------------------------------------------------------------------------------

    def just_frozen(self) -> Past:
        """The control is placed; nothing of it is in force yet."""
        return given_frozen(self)

    def frozen(self) -> Past:
        """The money is held and the block set."""
        return enforce(self.just_frozen())

    def reason_confirmed(self) -> Past:
        return self.frozen().when(c.ConfirmReason(self.control.reason_code), by=OFFICER).accepted

    def draft(self) -> Past:
        return self.reason_confirmed().when(c.OpenAppeal("vault:statement-1"), by=self.merchant).accepted

    def with_documents(self) -> Past:
        """Everything the reason asks for is filed, by the merchant or, where merchants are not told, by an officer."""
        return file_all(self.draft(), self)

    def submitted(self) -> Past:
        return self.with_documents().when(c.Submit(declaration=True), by=self.merchant).accepted

    def checked(self) -> Past:
        """The machine read what it can; the rest awaits a reviewer's judgement."""
        return check(self.submitted())

    def awaiting_first_review(self) -> Past:
        """Every document has been judged; the first decision is due."""
        return judge_all(self.checked(), self.first)

    def first_approved(self) -> Past:
        return self.awaiting_first_review().when(self.approval(), by=self.first).accepted

    def approved(self) -> Past:
        past = self.first_approved()
        if past.case.status == "in_review_2":
            return past.when(self.approval(), by=self.second).accepted
        return past

    def executing(self) -> Past:
        return self.approved().when(c.Execute()).accepted

    def released(self) -> Past:
        """The release carried out to its end, the bank having confirmed the payout."""
        return carry_out(self.executing())

    def awaiting_supplement(self) -> Past:
        asked = c.RequestSupplement((item("D06"),))
        return self.awaiting_first_review().when(asked, by=self.first).accepted

    def rejected(self) -> Past:
        past = self.awaiting_first_review()
        past = past.when(c.Reject(self.control.reason_code, "the papers prove nothing"), by=self.first).accepted
        if past.case.status == "in_review_2":
            rejection = c.Reject(self.control.reason_code, "the papers prove nothing")
            past = past.when(rejection, by=self.second).accepted
        return past

    def withdrawn(self) -> Past:
        return self.draft().when(c.Withdraw("not worth it"), by=self.merchant).accepted

    def expired(self) -> Past:
        return self.draft().when_due("evidence").accepted

    def approval(self) -> c.Approve:
        """Release of all that is held, less penalty and claims."""
        held = self.control.held_fen
        return approve(held - self.penalty_fen - self.claims_fen, self.penalty_fen, self.claims_fen)


def frozen_by(appeal: Appeal, *, at: str) -> Outcome:
    """What intake decides when the control arrives."""
    asked = Asked("intake-1", OFFICER, rfc3339(at))
    decision = freeze(CASE_ID, appeal.control, MERCHANT_NO, appeal.merchant_type, asked, POLICY)
    events = decision.events if isinstance(decision, Refused) else decision
    return Outcome(NOTHING, decision, NOTHING.written(events, asked))


def given_frozen(appeal: Appeal) -> Past:
    return frozen_by(appeal, at=appeal.opened).accepted


# --- what the procedure does, for tests that are about something else -----------------------------------------------


def enforce(past: Past) -> Past:
    """Every control is brought into force."""
    for control in past.case.controls:
        for effect in control.owed:
            past = past.when(c.RecordEnforcement(control.control_id, effect)).accepted  # type: ignore[arg-type]
    return past


def file_all(past: Past, appeal: Appeal) -> Past:
    ends = dict(appeal.valid_until)
    for requirement in past.case.evidence.requirements:
        doc_type = requirement[0]
        by = OFFICER if doc_type in STAFF_FILED else appeal.merchant
        past = past.when(c.AddDocument(a_document(doc_type, 1, ends.get(doc_type))), by=by).accepted
    return past


def check(past: Past) -> Past:
    """Document verification answers: it passes what it can read and is unsure of the rest."""
    results = tuple(
        c.CheckedDocument(
            doc.document_id, "passed" if doc.doc_type in READ_BY_MACHINE else "unsure", (), doc.valid_until
        )
        for doc in to_check(past.case)
    )
    return past.when(c.RecordChecks(results)).accepted


def judge_all(past: Past, by: Actor) -> Past:
    """A reviewer accepts every document the machine was unsure of."""
    for doc in past.case.evidence.documents:
        if doc.standing == "unsure":
            past = past.when(c.JudgeDocument(doc.document_id, "accept", "as it should be"), by=by).accepted
    return past


def finish(past: Past) -> Past:
    """The step under way took effect."""
    step = past.case.release.in_flight
    assert step is not None
    return past.when(c.FinishStep(step.n, f"ref-{step.n}")).accepted


def carry_out_until(past: Past, name: str) -> Past:
    """The release carried out until the step `name` is under way."""
    while (step := past.case.release.in_flight) is None or step.name != name:
        past = finish(past)
    return past


def payout_key(past: Past) -> str:
    return next(step.planned.key for step in reversed(past.case.release.steps) if step.name == "pay_out")


def bank_says(past: Past, outcome: str, message_ref: str = "bank-1") -> Outcome:
    return past.when(c.AnswerPayout(payout_key(past), outcome, message_ref))  # type: ignore[arg-type]


def carry_out(past: Past, outcome: str = "confirmed") -> Past:
    """Every step that can be carried out is; the bank answers the payout with `outcome`."""
    while past.case.status == "executing":
        if past.case.release.in_flight:
            past = finish(past)
        elif past.case.release.payout == "sent":
            past = bank_says(past, outcome, f"bank-{payout_key(past)}").accepted
        else:
            break
    return past


def tell(past: Past) -> Past:
    """Every notice owed is handed over."""
    for owed in past.case.owed:
        at = format_time(past.clock + A_LITTLE)
        past = past.when(c.RecordNotice(owed.key, owed.notice, "email", f"receipt-{owed.key}", at)).accepted
    return past
