"""The business facts of a freeze appeal, as they are written into the journal.

Every event is past tense, frozen, and stored under the literal name in `EVENTS` with the form number in `FORMS`.
A shipped event never changes: a new form gets the next number, and the lift of the old one, in `domain.wire`.
Amounts are integer fen, times RFC 3339 in UTC. No event holds personal data: people are user names, texts from
merchants and accounts are references into the vault.
"""

from __future__ import annotations

from domain.events.agreement import (
    AgreementAnswered,
    AgreementAskedAnew,
    AgreementCalledOff,
    AgreementIssued,
    AgreementOrdered,
)
from domain.events.controls import (
    ControlAttached,
    ControlEnforced,
    DisposalDue,
    FreezeNoticeLate,
    HoldRefused,
    HoldRejustified,
    HoldRejustifyDue,
    TerminalFrozen,
    TransactionsQuestioned,
)
from domain.events.evidence import (
    AppealOpened,
    CaseExpired,
    CaseSubmitted,
    CheckDeferred,
    CheckResumed,
    ChecksPassed,
    DocumentAdded,
    DocumentChecked,
    DocumentJudged,
    EvidenceExtended,
    EvidenceReminded,
    EvidenceResubmitted,
    ManualCheck,
    PartyChanged,
    ReasonConfirmed,
    RequirementWaived,
    SupplementRequested,
)
from domain.events.field import (
    FieldServiceDone,
    FieldServiceRequested,
    FieldVisitAnswered,
    FieldVisitBooked,
    FieldVisitCalledOff,
    FieldVisitLate,
    FieldVisitOrdered,
)
from domain.events.record import (
    CallbackIgnored,
    CommandRefused,
    DiscrepancyFound,
    DiscrepancyResolved,
    MessageRecorded,
    NoticeSent,
)
from domain.events.release import (
    ActionDone,
    ActionsRequired,
    CaseClosed,
    CaseReopened,
    CaseWithdrawn,
    ExecutionCompensated,
    ExecutionFailed,
    ExecutionStarted,
    LapseLifted,
    LegalHoldLifted,
    LegalHoldPlaced,
    LimitsReduced,
    LimitsRestored,
    MonitoringEnded,
    PayoutAccountApproved,
    PayoutAccountChecked,
    PayoutAccountNamed,
    PayoutAccountNeeded,
    PayoutAnswered,
    PostActionLapsed,
    PostActionOverdue,
    PostActionReminded,
    PostActionsDone,
    ReleaseExecuted,
    RemainderProposed,
    RemainderReleased,
    ReopenWindowEnded,
    StepDelayed,
    StepDone,
    StepStarted,
    StepUndone,
    StepUnknown,
    WithdrawRequested,
)
from domain.events.review import (
    ApprovalVoided,
    CaseRejected,
    DecisionLate,
    FirstApproval,
    RejectProposed,
    ReviewOverdue,
    ReviewReturned,
    SecondApproval,
)
from domain.events.values import (
    AUTHORITIES,
    Amounts,
    Authority,
    Due,
    FiledDocument,
    PlacedControl,
    PlannedStep,
    QuestionedTransaction,
    SupplementItem,
)

Event = (
    TerminalFrozen | ControlAttached | ControlEnforced | HoldRefused | TransactionsQuestioned
    | HoldRejustifyDue | HoldRejustified | DisposalDue | FreezeNoticeLate
    | ReasonConfirmed | AppealOpened | EvidenceReminded | EvidenceExtended
    | FieldServiceRequested | FieldVisitOrdered | FieldVisitBooked | FieldVisitAnswered | FieldVisitLate
    | FieldVisitCalledOff | FieldServiceDone
    | DocumentAdded | CaseSubmitted | EvidenceResubmitted | DocumentChecked | CheckDeferred | CheckResumed
    | ManualCheck | ChecksPassed | SupplementRequested | DocumentJudged | RequirementWaived | CaseExpired
    | PartyChanged | DecisionLate
    | FirstApproval | SecondApproval | ReviewReturned | RejectProposed | CaseRejected | ApprovalVoided | ReviewOverdue
    | ActionsRequired | ActionDone | ExecutionStarted | StepStarted | StepDone | StepUnknown | StepDelayed
    | ExecutionFailed | StepUndone | ExecutionCompensated | WithdrawRequested | CaseWithdrawn
    | PayoutAnswered | PayoutAccountNeeded | PayoutAccountNamed | PayoutAccountChecked | PayoutAccountApproved
    | ReleaseExecuted | PostActionReminded | PostActionOverdue | LimitsReduced | PostActionLapsed | LapseLifted
    | PostActionsDone | LimitsRestored | CaseClosed
    | AgreementOrdered | AgreementIssued | AgreementAnswered | AgreementAskedAnew | AgreementCalledOff
    | CaseReopened | LegalHoldPlaced | LegalHoldLifted | RemainderProposed | RemainderReleased
    | MonitoringEnded | ReopenWindowEnded
    | NoticeSent | MessageRecorded | CallbackIgnored | DiscrepancyFound | DiscrepancyResolved | CommandRefused
)  # fmt: skip

__all__ = [
    "AUTHORITIES",
    "ActionDone",
    "ActionsRequired",
    "AgreementAnswered",
    "AgreementAskedAnew",
    "AgreementCalledOff",
    "AgreementIssued",
    "AgreementOrdered",
    "Amounts",
    "AppealOpened",
    "ApprovalVoided",
    "Authority",
    "CallbackIgnored",
    "CaseClosed",
    "CaseExpired",
    "CaseRejected",
    "CaseReopened",
    "CaseSubmitted",
    "CaseWithdrawn",
    "CheckDeferred",
    "CheckResumed",
    "ChecksPassed",
    "CommandRefused",
    "ControlAttached",
    "ControlEnforced",
    "DecisionLate",
    "DiscrepancyFound",
    "DiscrepancyResolved",
    "DisposalDue",
    "DocumentAdded",
    "DocumentChecked",
    "DocumentJudged",
    "Due",
    "Event",
    "EvidenceExtended",
    "EvidenceReminded",
    "EvidenceResubmitted",
    "ExecutionCompensated",
    "ExecutionFailed",
    "ExecutionStarted",
    "FieldServiceDone",
    "FieldServiceRequested",
    "FieldVisitAnswered",
    "FieldVisitBooked",
    "FieldVisitCalledOff",
    "FieldVisitLate",
    "FieldVisitOrdered",
    "FiledDocument",
    "FirstApproval",
    "FreezeNoticeLate",
    "HoldRefused",
    "HoldRejustified",
    "HoldRejustifyDue",
    "LapseLifted",
    "LegalHoldLifted",
    "LegalHoldPlaced",
    "LimitsReduced",
    "LimitsRestored",
    "ManualCheck",
    "MessageRecorded",
    "MonitoringEnded",
    "NoticeSent",
    "PartyChanged",
    "PayoutAccountApproved",
    "PayoutAccountChecked",
    "PayoutAccountNamed",
    "PayoutAccountNeeded",
    "PayoutAnswered",
    "PlacedControl",
    "PlannedStep",
    "PostActionLapsed",
    "PostActionOverdue",
    "PostActionReminded",
    "PostActionsDone",
    "QuestionedTransaction",
    "ReasonConfirmed",
    "RejectProposed",
    "ReleaseExecuted",
    "RemainderProposed",
    "RemainderReleased",
    "ReopenWindowEnded",
    "RequirementWaived",
    "ReviewOverdue",
    "ReviewReturned",
    "SecondApproval",
    "StepDelayed",
    "StepDone",
    "StepStarted",
    "StepUndone",
    "StepUnknown",
    "SupplementItem",
    "SupplementRequested",
    "TerminalFrozen",
    "TransactionsQuestioned",
    "WithdrawRequested",
]
