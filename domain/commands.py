"""What can be asked of a freeze appeal: by people and automated workers (`PEOPLES`), and by the procedure itself.

Who asks, when, under which id and having seen which version travels beside the command, in `Asked`.
Amounts are integer fen. The names are the verbs of the spec's transitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from domain.actors import Actor
from domain.case import Status
from domain.events import Authority, FiledDocument, PlacedControl, QuestionedTransaction, SupplementItem
from domain.text import Text


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, when (RFC 3339, UTC), under which command id (the idempotency key), having seen which version."""

    command_id: str
    by: Actor
    at: str
    seen: int | None = None


# --- asked by people and automated workers --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddControl:
    """A further control on the same terminal; it voids approvals given before it."""

    control: PlacedControl


@dataclass(frozen=True, slots=True)
class ConfirmReason:
    """`on_file` are documents of this merchant verified in earlier cases and still valid."""

    reason_code: str
    note: str = ""
    on_file: tuple[FiledDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenAppeal:
    statement_ref: str


@dataclass(frozen=True, slots=True)
class DispatchField:
    """`place` says how far a technician has to go."""

    note: str = ""
    place: Literal["city", "rural"] = "city"


@dataclass(frozen=True, slots=True)
class FieldDone:
    """What field service found, as an officer knows it: the way by hand beside the technician's own report."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class AddDocument:
    document: FiledDocument


@dataclass(frozen=True, slots=True)
class ExtendEvidence:
    pass


@dataclass(frozen=True, slots=True)
class Submit:
    declaration: bool


@dataclass(frozen=True, slots=True)
class Resubmit:
    pass


@dataclass(frozen=True, slots=True)
class Withdraw:
    reason: str


@dataclass(frozen=True, slots=True)
class Reopen:
    statement_ref: str


@dataclass(frozen=True, slots=True)
class OrderReopening:
    """A complaint about the case was upheld, and its answer has the case taken up again; `statement_ref` is what the
    merchant complained of. It is given with the answer alone."""

    complaint_id: str
    statement_ref: str


@dataclass(frozen=True, slots=True)
class JudgeDocument:
    document_id: str
    verdict: Literal["accept", "reject", "unsure"]
    reason: str


@dataclass(frozen=True, slots=True)
class Waive:
    doc_type: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestSupplement:
    items: tuple[SupplementItem, ...]


@dataclass(frozen=True, slots=True)
class Approve:
    """release + penalty + claims must not exceed what is held; a remainder keeps its control."""

    release_fen: int
    penalty_fen: int
    claims_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reject:
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnReview:
    reason: str


@dataclass(frozen=True, slots=True)
class Rejustify:
    reason: str


@dataclass(frozen=True, slots=True)
class PlaceLegalHold:
    """`authority` is who issued the order, as its instrument says; without it nothing holds a lifting against it."""

    reason_code: str
    amount_fen: int
    document_id: str
    authority: Authority | None = None


@dataclass(frozen=True, slots=True)
class LiftLegalHold:
    document_id: str
    authority: Authority | None = None


@dataclass(frozen=True, slots=True)
class ResetCredentials:
    """The desk has checked the one-time password before this is asked."""


@dataclass(frozen=True, slots=True)
class SignAgreement:
    """The agreement was signed elsewhere than at contract signing: on paper, or before the desk heard of it."""

    signature_ref: str


@dataclass(frozen=True, slots=True)
class RenewAgreement:
    """The agreement that was declined, or that contract signing withdrew, shall be issued once more."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Another settlement account of the same name, after the bank sent a payout back."""

    account_ref: str


@dataclass(frozen=True, slots=True)
class ApproveAccount:
    reason: str


@dataclass(frozen=True, slots=True)
class PostMessage:
    audience: Literal["merchant", "internal"]
    text_ref: str


@dataclass(frozen=True, slots=True)
class ChangeParty:
    what: Literal["name", "legal_representative", "settlement_account"]


# --- asked by the procedure -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PassDeadline:
    """A timer fired for the deadline `name` as it stood at `due`; a deadline that moved meanwhile makes it harmless."""

    name: str
    due: str


@dataclass(frozen=True, slots=True)
class RecordEnforcement:
    """A control's `effect` took place, or the ledger had only `available_fen`."""

    control_id: str
    effect: Literal["hold", "block", "questions", "unblock"]
    available_fen: int | None = None
    transactions: tuple[QuestionedTransaction, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    document_id: str
    outcome: Literal["passed", "failed", "unsure"]
    findings: tuple[Text, ...] = ()
    valid_until: str | None = None
    owed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordChecks:
    documents: tuple[CheckedDocument, ...]


@dataclass(frozen=True, slots=True)
class DeferChecks:
    pass


@dataclass(frozen=True, slots=True)
class ResumeChecks:
    pass


@dataclass(frozen=True, slots=True)
class Execute:
    """Look again at everything the approval rests on, then start the release, or ask for the actions before it."""


@dataclass(frozen=True, slots=True)
class StartStep:
    n: int


@dataclass(frozen=True, slots=True)
class FinishStep:
    """The step's effect took place; the next one is started in the same breath."""

    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class LoseStep:
    n: int
    why: str


@dataclass(frozen=True, slots=True)
class FailStep:
    n: int
    code: str


@dataclass(frozen=True, slots=True)
class UndoStep:
    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class AnswerPayout:
    """The bank's word on a payout, from its signed message or from asking by key."""

    step_key: str
    outcome: Literal["confirmed", "bounced"]
    message_ref: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderVisit:
    """The visit the case waits for is about to be booked."""


@dataclass(frozen=True, slots=True)
class BookVisit:
    """Field service took the order of visit `n`."""

    n: int
    visit_ref: str


@dataclass(frozen=True, slots=True)
class AnswerVisit:
    """Field service's word on a visit, from its signed message or from asking. `slot_ends` is when the appointment it
    made is over."""

    step_key: str
    outcome: Literal["assigned", "no_show", "cancelled", "done"]
    message_ref: str
    happened_at: str
    visit_ref: str = ""
    result: str = ""
    slot_ends: str = ""


@dataclass(frozen=True, slots=True)
class CallOffVisit:
    """Visit `n`, which nobody needs any more, was called off."""

    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class OrderAgreement:
    """The agreement the case waits for is about to be issued."""


@dataclass(frozen=True, slots=True)
class IssueAgreement:
    """Contract signing holds agreement `n` out to the merchant; `link_ref` is the link's place in the vault."""

    n: int
    agreement_ref: str
    document_sha256: str
    link_ref: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class AnswerAgreement:
    """Contract signing's word on an agreement, from its signed message or from asking."""

    step_key: str
    outcome: Literal["signed", "declined", "withdrawn", "expired"]
    message_ref: str
    happened_at: str
    signature_ref: str = ""


@dataclass(frozen=True, slots=True)
class CountSignature:
    """What was signed while the case was elsewhere is the action done."""


@dataclass(frozen=True, slots=True)
class CallOffAgreement:
    """Agreement `n`, which nobody needs any more, was called off."""

    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class RecordAccountCheck:
    matches: bool
    finding: Text


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """Risk control reduced the merchant's limits, or restored them."""

    limits: Literal["reduced", "restored"]
    answer: str


@dataclass(frozen=True, slots=True)
class ReportRefusal:
    """A partner refuses an effect that must come about: `source` names it, `step_key` is its key, `code` the no."""

    source: str
    step_key: str
    code: str


@dataclass(frozen=True, slots=True)
class SettleRefusal:
    """An effect that was refused before took place."""

    step_key: str


@dataclass(frozen=True, slots=True)
class RecordNotice:
    key: str
    notice: str
    channel: str
    receipt: str
    delivered_at: str


@dataclass(frozen=True, slots=True)
class RecordRefusal:
    """A person's command was refused when nobody waited for the answer; `author` is `role:name`."""

    command: str
    code: str
    author: str = ""


Command = (
    AddControl | ConfirmReason | OpenAppeal | DispatchField | FieldDone | AddDocument | ExtendEvidence | Submit
    | Resubmit | Withdraw | Reopen | OrderReopening | JudgeDocument | Waive | RequestSupplement | Approve | Reject
    | ReturnReview | Rejustify | PlaceLegalHold | LiftLegalHold | ResetCredentials | SignAgreement | RenewAgreement
    | NewAccount | ApproveAccount | PostMessage | ChangeParty | PassDeadline | RecordEnforcement | RecordChecks
    | DeferChecks | ResumeChecks | Execute | StartStep | FinishStep | LoseStep | FailStep | UndoStep | OrderVisit
    | BookVisit | AnswerVisit | CallOffVisit | OrderAgreement | IssueAgreement | AnswerAgreement | CountSignature
    | CallOffAgreement | AnswerPayout | RecordAccountCheck | RecordLimits | RecordNotice | RecordRefusal
    | ReportRefusal | SettleRefusal
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """Who may ask for a command, and in which statuses of the case."""

    command: type[Any]
    roles: tuple[str, ...]
    when: frozenset[Status]


def _in(*statuses: Status) -> frozenset[Status]:
    return frozenset(statuses)


_MERCHANT = ("merchant", "agent", "officer")
_REVIEW = ("reviewer", "supervisor", "compliance_head", "robot")
_PEOPLE_REVIEW = ("reviewer", "supervisor", "compliance_head")
_ANY = frozenset(Status)
_OPEN = _ANY - {Status.CLOSED_RELEASED, Status.CLOSED_REJECTED, Status.CLOSED_WITHDRAWN, Status.CLOSED_EXPIRED}
_R1, _R2 = Status.IN_REVIEW_1, Status.IN_REVIEW_2

PEOPLES: Mapping[str, Turn] = {
    "confirm_reason": Turn(ConfirmReason, ("officer",), _in(Status.OPENED)),
    "open_appeal": Turn(OpenAppeal, _MERCHANT, _in(Status.REASON_CONFIRMED)),
    "dispatch_field": Turn(DispatchField, ("officer",), _in(Status.REASON_CONFIRMED, Status.AWAITING_FIELD)),
    "field_done": Turn(FieldDone, ("officer",), _in(Status.AWAITING_FIELD)),
    "add_document": Turn(AddDocument, (*_MERCHANT, "compliance_head"), _OPEN),
    "extend_evidence": Turn(ExtendEvidence, _MERCHANT, _in(Status.REASON_CONFIRMED, Status.DRAFT)),
    "submit": Turn(Submit, _MERCHANT, _in(Status.DRAFT)),
    "resubmit": Turn(Resubmit, _MERCHANT, _in(Status.AWAITING_SUPPLEMENT)),
    "withdraw": Turn(
        Withdraw, _MERCHANT, _OPEN - _in(Status.COMPENSATING, Status.POST_ACTIONS, Status.SUSPENDED_LEGAL)
    ),
    "reopen": Turn(Reopen, _MERCHANT, _in(Status.CLOSED_REJECTED, Status.CLOSED_EXPIRED, Status.CLOSED_WITHDRAWN)),
    "judge_document": Turn(JudgeDocument, _PEOPLE_REVIEW, _in(_R1)),
    "waive": Turn(Waive, _PEOPLE_REVIEW, _in(_R1)),
    "request_supplement": Turn(RequestSupplement, _PEOPLE_REVIEW, _in(_R1)),
    "approve": Turn(Approve, _REVIEW, _in(_R1, _R2, Status.SUSPENDED_LEGAL)),
    "reject": Turn(Reject, _PEOPLE_REVIEW, _in(_R1, _R2)),
    "return_review": Turn(ReturnReview, _PEOPLE_REVIEW, _in(_R2)),
    "rejustify": Turn(Rejustify, ("officer", *_PEOPLE_REVIEW), _ANY),
    "place_legal_hold": Turn(PlaceLegalHold, ("compliance_head",), _ANY - _in(Status.SUSPENDED_LEGAL)),
    "lift_legal_hold": Turn(LiftLegalHold, ("compliance_head",), _in(Status.SUSPENDED_LEGAL)),
    "reset_credentials": Turn(ResetCredentials, ("merchant", "agent"), _in(Status.PRE_RELEASE_ACTIONS)),
    "sign_agreement": Turn(SignAgreement, ("merchant", "agent"), _in(Status.POST_ACTIONS)),
    "renew_agreement": Turn(RenewAgreement, _MERCHANT, _in(Status.POST_ACTIONS)),
    "new_account": Turn(NewAccount, _MERCHANT, _in(Status.POST_ACTIONS)),
    "approve_account": Turn(ApproveAccount, _PEOPLE_REVIEW, _in(Status.POST_ACTIONS)),
}
"""The commands of people, by name. `AddControl`, `ChangeParty` and `PostMessage` have calls of their own."""

NAMES: Mapping[type[Any], str] = {turn.command: name for name, turn in PEOPLES.items()}
