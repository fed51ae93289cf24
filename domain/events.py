"""The business facts of a freeze appeal, as they are written into the journal.

Every event is past tense, frozen, and stored under the literal name in `EVENTS` with the form number in `FORMS`.
A shipped event never changes: a new form gets a new number and an upcaster in `domain.wire`.
Amounts are integer fen, times RFC 3339 in UTC. No event holds personal data: people are user names, texts from
merchants and accounts are references into the vault.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.text import Text


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline that now runs: what for, when, how it was computed, and whether the calendar is known that far."""

    name: str
    due: str
    basis: Text
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class QuestionedTransaction:
    """A transaction a control questions; `last4` are the card's last digits, `at` RFC 3339."""

    ref: str
    amount_fen: int
    at: str
    last4: str
    terminal_id: str


@dataclass(frozen=True, slots=True)
class PlacedControl:
    """A control as it was placed: `scope` is `all` or some of debit, credit, qr, refund, preauth."""

    control_id: str
    kind: str
    reason_code: str
    held_fen: int
    scope: tuple[str, ...]
    source: str
    external_ref: str
    placed_by: str
    placed_at: str
    terminal_sn: str
    detail: str = ""
    transactions: tuple[QuestionedTransaction, ...] = ()


@dataclass(frozen=True, slots=True)
class FiledDocument:
    """A document in the case: its type, the SHA-256 of its bytes, and the last day it is valid (None: no end)."""

    document_id: str
    doc_type: str
    sha256: str
    media_type: str
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class SupplementItem:
    """What is asked for anew, and why, in words a merchant may read."""

    doc_type: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Amounts:
    """What becomes of held money, in fen: paid to the merchant, kept as a penalty, set aside for claims."""

    release_fen: int = 0
    penalty_fen: int = 0
    claims_fen: int = 0

    @property
    def total_fen(self) -> int:
        return self.release_fen + self.penalty_fen + self.claims_fen


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One outside effect of the release: its number in the case, name, idempotency key, and the control it is for."""

    n: int
    name: str
    key: str
    subject: str = ""
    pivot: bool = False


# --- the freeze and its controls ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TerminalFrozen:
    """A control opened the case. Everything later is judged under `policy_version`."""

    case_id: str
    terminal_sn: str
    merchant_no: str
    merchant_type: str
    policy_version: str
    control: PlacedControl
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ControlAttached:
    """A further control of the same kind of case was placed on the terminal."""

    control: PlacedControl
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ControlEnforced:
    """A control took effect outside: its money is held at the ledger, or its block stands at the terminal system."""

    control_id: str
    effect: str


@dataclass(frozen=True, slots=True)
class HoldRefused:
    """The ledger could not hold the amount; `available_fen` was what the merchant had."""

    control_id: str
    available_fen: int


@dataclass(frozen=True, slots=True)
class TransactionsQuestioned:
    """Risk control named the transactions a control is about."""

    control_id: str
    transactions: tuple[QuestionedTransaction, ...]


@dataclass(frozen=True, slots=True)
class HoldRejustifyDue:
    """A hold has stood `day` days and must be justified anew by a reviewer of `tier`."""

    control_id: str
    day: int
    tier: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class HoldRejustified:
    """Someone other than its placer found that the hold must go on."""

    control_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DisposalDue:
    """A hold has reached its longest time: it is to be disposed of at L3."""

    control_id: str
    day: int
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class FreezeNoticeLate:
    """The merchant was not told of the freeze within its time."""

    due: str


# --- evidence -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReasonConfirmed:
    """An officer confirmed why the terminal is frozen; the merchant's checklist follows from it."""

    reason_code: str
    note: str
    requirements: tuple[tuple[str, ...], ...]
    on_file: tuple[FiledDocument, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class AppealOpened:
    """The merchant's side (or an officer for it) asked for the freeze to be lifted."""

    statement_ref: str
    on_behalf: bool


@dataclass(frozen=True, slots=True)
class FieldServiceRequested:
    """A technician is sent to look at terminal and shop; the merchant's time stands still."""

    note: str


@dataclass(frozen=True, slots=True)
class FieldServiceDone:
    """The visit is over and its report is in; the merchant's time to prove starts."""

    note: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class EvidenceReminded:
    """The merchant is reminded `days_left` business days before the evidence period ends."""

    days_left: int


@dataclass(frozen=True, slots=True)
class EvidenceExtended:
    """The merchant's time to prove was extended, once."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class DocumentAdded:
    """A document was filed; `on_behalf` when an officer filed it for the merchant."""

    document: FiledDocument
    on_behalf: bool


@dataclass(frozen=True, slots=True)
class CaseSubmitted:
    """The merchant declared the documents true and complete; the promised time starts."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class EvidenceResubmitted:
    """Everything asked for anew was filed; `round` counts the reviewers' requests so far."""

    round: int
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class DocumentChecked:
    """The machine read a document: `passed`, `failed` or `unsure`, with what it found in words for the merchant."""

    document_id: str
    outcome: str
    findings: tuple[Text, ...]
    valid_until: str | None


@dataclass(frozen=True, slots=True)
class CheckDeferred:
    """Document verification cannot be reached; the case waits for it."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class CheckResumed:
    """Document verification answers again."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ManualCheck:
    """Verification stayed away too long; a person judges every document instead."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ChecksPassed:
    """The machine found no clear failure; a reviewer judges what it was unsure of."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    """Documents are asked for anew. Only a reviewer's request is `counted` towards the three rounds."""

    items: tuple[SupplementItem, ...]
    counted: bool
    round: int
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class DocumentJudged:
    """A reviewer looked at a document: accept, reject or unsure."""

    document_id: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequirementWaived:
    """A reviewer let a requirement go; the case needs four eyes from now on."""

    doc_type: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaseExpired:
    """The merchant's time ran out. The controls stay; the case may be reopened for a while."""

    deadline: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class PartyChanged:
    """Something about the merchant changed that decisions rest on: legal_representative, name or settlement_account."""

    what: str


# --- review ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FirstApproval:
    """The first reviewer approved, for exactly these amounts and controls, at this version. `rule` names the policy
    rule when an automatic reviewer decided."""

    amounts: Amounts
    control_ids: tuple[str, ...]
    seen: int
    tier: str
    reason: str
    rule: str
    final: bool
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class SecondApproval:
    """The second reviewer approved the same amounts from the same controls."""

    amounts: Amounts
    control_ids: tuple[str, ...]
    seen: int
    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ReviewReturned:
    """The second reviewer sent the case back; the first decision is void."""

    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class RejectProposed:
    """The first reviewer would reject; a second one confirms it or sends it back."""

    reason_code: str
    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class CaseRejected:
    """The appeal is rejected for `reason_code`; the merchant is told `public_code`."""

    reason_code: str
    reason: str
    dues: tuple[Due, ...]
    public_code: str


@dataclass(frozen=True, slots=True)
class ApprovalVoided:
    """What an approval rested on changed: document_expired, control_added, party_changed, validity_over, disposal_due.
    It is not a rejection. `items` are documents asked for anew; with any, the case waits for the merchant."""

    cause: str
    subject: str
    items: tuple[SupplementItem, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class DecisionLate:
    """The decision promised to the merchant was not made in its time."""

    due: str


@dataclass(frozen=True, slots=True)
class ReviewOverdue:
    """Nobody decided in time; the task goes to someone else and the lead is told."""

    level: int
    times: int
    dues: tuple[Due, ...]


# --- release --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionsRequired:
    """The merchant must do these things before anything is lifted."""

    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionDone:
    """The merchant did what the reason asks of them, before the release or after it."""

    action: str
    ref: str


@dataclass(frozen=True, slots=True)
class ExecutionStarted:
    """Documents, controls and account were looked at again and the release began, with this plan."""

    steps: tuple[PlannedStep, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step of the release begins; nothing is sent to a partner before this is written."""

    n: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """The effect took place; `answer` is the partner's reference for it."""

    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class StepUnknown:
    """No answer came, so it is asked for by the step's key; it is never sent under a new one."""

    n: int
    why: str


@dataclass(frozen=True, slots=True)
class StepDelayed:
    """The release hangs at a partner: the merchant is told within the hour (`days` 0), operations from day 3 on."""

    n: int
    days: int
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ExecutionFailed:
    """A step was refused for good before the pivot: what was done is reversed, last first."""

    n: int
    code: str


@dataclass(frozen=True, slots=True)
class StepUndone:
    """The effect of a done step was reversed."""

    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class ExecutionCompensated:
    """Everything done was reversed; the case is where it stood before, or withdrawn."""

    withdrawn: bool
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class WithdrawRequested:
    """The merchant withdraws while a call is in flight; it is resolved first."""

    reason: str


@dataclass(frozen=True, slots=True)
class CaseWithdrawn:
    """The merchant took the appeal back. The controls stay; it may be reopened for a while."""

    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class PayoutAnswered:
    """The bank said what became of the payout: `confirmed` or `bounced`."""

    step_key: str
    outcome: str
    message_ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class PayoutAccountNeeded:
    """The bank sent the money back for good; the merchant names another account of the same name."""

    reason: str


@dataclass(frozen=True, slots=True)
class PayoutAccountNamed:
    """The merchant named another account; its data is in the vault."""

    account_ref: str


@dataclass(frozen=True, slots=True)
class PayoutAccountChecked:
    """The bank said whether the account is in the merchant's name."""

    matches: bool
    finding: Text
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class PayoutAccountApproved:
    """One of two consented to the account; with the second, `steps` send the money again."""

    reason: str
    steps: tuple[PlannedStep, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ReleaseExecuted:
    """All effects took place. With post-actions the case waits for them."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class PostActionReminded:
    """The merchant is reminded, on this day, of what is left to do after the release."""

    day: int


@dataclass(frozen=True, slots=True)
class PostActionOverdue:
    """The merchant did not act in time: the terminal stays live with reduced limits."""

    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PostActionLapsed:
    """Still not done: the terminal is blocked again, under this control, until it is."""

    control: PlacedControl


@dataclass(frozen=True, slots=True)
class LapseLifted:
    """The post-actions were done late; the block for them goes."""

    control_id: str


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """The release is complete; the terminal is watched for a while."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class CaseReopened:
    """A closed appeal is taken up again; what was verified and still stands is kept."""

    statement_ref: str
    on_behalf: bool
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class LegalHoldPlaced:
    """An authority's order stops the case. Before the pivot it keeps what is held; after it, money not yet paid out
    is held anew under `control`."""

    control: PlacedControl
    document_id: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class LegalHoldLifted:
    """The authority let go. Before the pivot the case is reviewed anew; after it `steps` are what is left to do."""

    control_id: str
    document_id: str
    steps: tuple[PlannedStep, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class RemainderReleased:
    """A fresh L3 decision lets what the order does not name leave while the order stands."""

    approved_by: tuple[str, ...]
    release_fen: int
    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class RemainderProposed:
    """A supervisor proposes to let go what a legal order does not name."""

    release_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class MonitoringEnded:
    """The watch over the released terminal is over."""

    outcome: str


@dataclass(frozen=True, slots=True)
class ReopenWindowEnded:
    """The time in which the appeal could be reopened is over."""

    due: str


# --- the record -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoticeSent:
    """A notice was handed over: to whom by which channel, and the gateway's receipt."""

    key: str
    notice: str
    channel: str
    receipt: str
    delivered_at: str


@dataclass(frozen=True, slots=True)
class MessageRecorded:
    """Someone wrote in the case; the text is in the vault."""

    audience: str
    text_ref: str


@dataclass(frozen=True, slots=True)
class CallbackIgnored:
    """A partner's message came again, or came late and changes nothing."""

    source: str
    message_ref: str
    step_key: str
    outcome: str


@dataclass(frozen=True, slots=True)
class DiscrepancyFound:
    """A partner contradicts what is recorded; a person looks at it."""

    source: str
    message_ref: str
    step_key: str
    recorded: str
    claimed: str


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """A command that could not be answered at once (a signal, or one stored while the engine was away) was refused."""

    command: str
    code: str


Event = (
    TerminalFrozen | ControlAttached | ControlEnforced | HoldRefused | TransactionsQuestioned
    | HoldRejustifyDue | HoldRejustified | DisposalDue | FreezeNoticeLate
    | ReasonConfirmed | AppealOpened | FieldServiceRequested | FieldServiceDone | EvidenceReminded | EvidenceExtended
    | DocumentAdded | CaseSubmitted | EvidenceResubmitted | DocumentChecked | CheckDeferred | CheckResumed
    | ManualCheck | ChecksPassed | SupplementRequested | DocumentJudged | RequirementWaived | CaseExpired
    | PartyChanged | DecisionLate
    | FirstApproval | SecondApproval | ReviewReturned | RejectProposed | CaseRejected | ApprovalVoided | ReviewOverdue
    | ActionsRequired | ActionDone | ExecutionStarted | StepStarted | StepDone | StepUnknown | StepDelayed
    | ExecutionFailed | StepUndone | ExecutionCompensated | WithdrawRequested | CaseWithdrawn
    | PayoutAnswered | PayoutAccountNeeded | PayoutAccountNamed | PayoutAccountChecked | PayoutAccountApproved
    | ReleaseExecuted | PostActionReminded | PostActionOverdue | PostActionLapsed | LapseLifted | CaseClosed
    | CaseReopened | LegalHoldPlaced | LegalHoldLifted | RemainderProposed | RemainderReleased
    | MonitoringEnded | ReopenWindowEnded
    | NoticeSent | MessageRecorded | CallbackIgnored | DiscrepancyFound | CommandRefused
)  # fmt: skip
