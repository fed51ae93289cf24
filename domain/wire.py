"""Events and commands as JSON, and a whole history folded back from its entries.

Events are stored under literal names with a form number. A shipped form never changes: when an event needs another
shape it gets the next number in `FORMS`, with the lift of the old bodies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter

from domain import commands as c
from domain import events as e
from domain.actors import name_of
from domain.case import Case
from domain.fold import UNVERSIONED, Moment, evolve
from domain.forms import Body, Forms
from domain.stream import Draft, Entry, Head, canonical

EVENTS: Mapping[str, type[Any]] = {
    "TerminalFrozen": e.TerminalFrozen,
    "ControlAttached": e.ControlAttached,
    "ControlEnforced": e.ControlEnforced,
    "HoldRefused": e.HoldRefused,
    "TransactionsQuestioned": e.TransactionsQuestioned,
    "HoldRejustifyDue": e.HoldRejustifyDue,
    "HoldRejustified": e.HoldRejustified,
    "DisposalDue": e.DisposalDue,
    "FreezeNoticeLate": e.FreezeNoticeLate,
    "ReasonConfirmed": e.ReasonConfirmed,
    "AppealOpened": e.AppealOpened,
    "FieldServiceRequested": e.FieldServiceRequested,
    "FieldVisitOrdered": e.FieldVisitOrdered,
    "FieldVisitBooked": e.FieldVisitBooked,
    "FieldVisitAnswered": e.FieldVisitAnswered,
    "FieldVisitLate": e.FieldVisitLate,
    "FieldVisitCalledOff": e.FieldVisitCalledOff,
    "FieldServiceDone": e.FieldServiceDone,
    "EvidenceReminded": e.EvidenceReminded,
    "EvidenceExtended": e.EvidenceExtended,
    "DocumentAdded": e.DocumentAdded,
    "CaseSubmitted": e.CaseSubmitted,
    "EvidenceResubmitted": e.EvidenceResubmitted,
    "DocumentChecked": e.DocumentChecked,
    "CheckDeferred": e.CheckDeferred,
    "CheckResumed": e.CheckResumed,
    "ManualCheck": e.ManualCheck,
    "ChecksPassed": e.ChecksPassed,
    "SupplementRequested": e.SupplementRequested,
    "DocumentJudged": e.DocumentJudged,
    "RequirementWaived": e.RequirementWaived,
    "CaseExpired": e.CaseExpired,
    "PartyChanged": e.PartyChanged,
    "DecisionLate": e.DecisionLate,
    "FirstApproval": e.FirstApproval,
    "SecondApproval": e.SecondApproval,
    "ReviewReturned": e.ReviewReturned,
    "RejectProposed": e.RejectProposed,
    "CaseRejected": e.CaseRejected,
    "ApprovalVoided": e.ApprovalVoided,
    "ReviewOverdue": e.ReviewOverdue,
    "ActionsRequired": e.ActionsRequired,
    "ActionDone": e.ActionDone,
    "ExecutionStarted": e.ExecutionStarted,
    "StepStarted": e.StepStarted,
    "StepDone": e.StepDone,
    "StepUnknown": e.StepUnknown,
    "StepDelayed": e.StepDelayed,
    "ExecutionFailed": e.ExecutionFailed,
    "StepUndone": e.StepUndone,
    "ExecutionCompensated": e.ExecutionCompensated,
    "WithdrawRequested": e.WithdrawRequested,
    "CaseWithdrawn": e.CaseWithdrawn,
    "PayoutAnswered": e.PayoutAnswered,
    "PayoutAccountNeeded": e.PayoutAccountNeeded,
    "PayoutAccountNamed": e.PayoutAccountNamed,
    "PayoutAccountChecked": e.PayoutAccountChecked,
    "PayoutAccountApproved": e.PayoutAccountApproved,
    "AgreementOrdered": e.AgreementOrdered,
    "AgreementIssued": e.AgreementIssued,
    "AgreementAnswered": e.AgreementAnswered,
    "AgreementAskedAnew": e.AgreementAskedAnew,
    "AgreementCalledOff": e.AgreementCalledOff,
    "ReleaseExecuted": e.ReleaseExecuted,
    "PostActionReminded": e.PostActionReminded,
    "PostActionOverdue": e.PostActionOverdue,
    "LimitsReduced": e.LimitsReduced,
    "PostActionLapsed": e.PostActionLapsed,
    "LapseLifted": e.LapseLifted,
    "PostActionsDone": e.PostActionsDone,
    "LimitsRestored": e.LimitsRestored,
    "CaseClosed": e.CaseClosed,
    "CaseReopened": e.CaseReopened,
    "LegalHoldPlaced": e.LegalHoldPlaced,
    "LegalHoldLifted": e.LegalHoldLifted,
    "RemainderProposed": e.RemainderProposed,
    "RemainderReleased": e.RemainderReleased,
    "MonitoringEnded": e.MonitoringEnded,
    "ReopenWindowEnded": e.ReopenWindowEnded,
    "NoticeSent": e.NoticeSent,
    "MessageRecorded": e.MessageRecorded,
    "CallbackIgnored": e.CallbackIgnored,
    "DiscrepancyFound": e.DiscrepancyFound,
    "DiscrepancyResolved": e.DiscrepancyResolved,
    "CommandRefused": e.CommandRefused,
}
"""The literal names under which events are stored."""

COMMANDS: Mapping[str, type[Any]] = {
    **{name: turn.command for name, turn in c.PEOPLES.items()},
    "add_control": c.AddControl,
    "change_party": c.ChangeParty,
    "post_message": c.PostMessage,
    "answer_payout": c.AnswerPayout,
    "answer_visit": c.AnswerVisit,
    "answer_agreement": c.AnswerAgreement,
    "order_reopening": c.OrderReopening,
}
"""The commands that reach a case from outside its procedure, by name."""

NAMES: Mapping[type[Any], str] = {kind: name for name, kind in EVENTS.items()}


def _unstated(body: Body) -> Body:
    """In form 1 of a legal order and of its lifting nobody stated the authority."""
    return {**body, "authority": None}


def _by_nobody(body: Body) -> Body:
    """In form 1 of a refusal its author was not written down."""
    return {**body, "author": ""}


def _in_a_city(body: Body) -> Body:
    """In form 1 of a request for field service nobody said where the shop lies."""
    return {**body, "place": "city"}


def _without_complaint(body: Body) -> Body:
    """In form 1 of a reopening no complaint had ordered it."""
    return {**body, "complaint_id": ""}


def _recorded_by_hand(body: Body) -> Body:
    """In form 1 of a visit's end it was always an officer who recorded it."""
    return {**body, "result": "", "visit_ref": ""}


FORMS = Forms(
    {
        ("FieldServiceRequested", 1): _in_a_city,
        ("FieldServiceDone", 1): _recorded_by_hand,
        ("CaseReopened", 1): _without_complaint,
        ("LegalHoldPlaced", 1): _unstated,
        ("LegalHoldLifted", 1): _unstated,
        ("CommandRefused", 1): _by_nobody,
    }
)
"""The lifts of events that have had more than one form."""


class UnknownEventError(Exception):
    """A journal holds an event this version of Thaw does not know: it was written by a newer one."""


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(EVENTS[name])


@cache
def _command_adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(COMMANDS[name])


def command_of(name: str, body: str) -> c.Command:
    """The command `name` with the fields in the JSON text `body`. ValueError for an unknown name or a wrong body."""
    if name not in COMMANDS:
        raise ValueError(f"there is no command {name!r}")
    command: c.Command = _command_adapter(name).validate_json(body)
    return command


def encode(event: e.Event) -> str:
    """The event's body as canonical JSON."""
    return canonical(asdict(event))


def decode(name: str, form: int, data: str, forms: Forms = FORMS) -> e.Event:
    """The event stored under `name` in `form`. Raises UnknownEventError for one this version does not know."""
    newest = forms.newest(name)
    if name not in EVENTS or form > newest:
        raise UnknownEventError(f"event {name} (form {form}) is not known to this version of Thaw; upgrade it first")
    if form == newest:
        event: e.Event = _adapter(name).validate_json(data)
        return event
    lifted: e.Event = _adapter(name).validate_json(canonical(forms.lifted(name, form, orjson.loads(data))))
    return lifted


def body_of(entry: Entry, forms: Forms = FORMS) -> dict[str, Any]:
    """What an entry says, in the event's newest form, whatever form it was written in."""
    return forms.lifted(entry.type, entry.form, orjson.loads(entry.data))


def drafts(case: Case, events: Iterable[e.Event]) -> tuple[Draft, ...]:
    """The events as drafts for sealing, numbered with the business version each leads to."""
    version, written = case.version, []
    for event in events:
        version += type(event) not in UNVERSIONED
        name = NAMES[type(event)]
        written.append(Draft(name, FORMS.newest(name), version, encode(event)))
    return tuple(written)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command was answered: the version and status after it, the events it led to, and the refusal's code when
    the command was refused although something was journaled for it."""

    version: int
    status: str
    events: tuple[str, ...]
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A case with where its stream ends and what each command was answered, so that a repeat gets the first answer."""

    case: Case = field(default_factory=Case)
    head: Head = field(default_factory=Head)
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def after(self, entries: Iterable[Entry]) -> History:
        """The history continued by `entries`, which must follow its head."""
        case, head = self.case, self.head
        answers: dict[str, Answer] = {}
        for entry in entries:
            event = decode(entry.type, entry.form, entry.data)
            case = evolve(case, event, Moment(entry.position, entry.occurred_at, name_of(entry.actor)))
            head = Head(entry.position, entry.hash)
            answers[entry.command_id] = _answer(answers.get(entry.command_id), case, entry, event)
        return replace(self, case=case, head=head, answers={**self.answers, **answers})


def _answer(so_far: Answer | None, case: Case, entry: Entry, event: e.Event) -> Answer:
    events = (*(so_far.events if so_far else ()), entry.type)
    voided = isinstance(event, e.ApprovalVoided) and event.cause == "document_expired"
    by_person = not entry.actor.startswith("system:")
    return Answer(case.version, case.status, events, "approval-voided" if voided and by_person else None)


def entries_json(entries: Iterable[Entry]) -> str:
    """Entries as one JSON text: what a workflow is started and continued with."""
    return orjson.dumps([entry.row() for entry in entries]).decode()


def entries_of(text: str) -> tuple[Entry, ...]:
    """The entries in a text made by `entries_json`."""
    return tuple(Entry(**row) for row in orjson.loads(text))
