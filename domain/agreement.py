"""Agreements to be signed anew: contract signing holds one out to the merchant, and its signature is the action done.

Where the reason asks for `sign_agreement`, the desk has an agreement issued once the release is carried out, and hears
of it by messages: signed, declined, withdrawn, expired. One that expired is issued anew by itself; one that was
declined waits until someone asks for it again. A signature may be recorded otherwise, too (`sign_agreement` with its
reference): then what was issued is called off. A signature that comes while the case is elsewhere counts when it is
awaited again.
Source: transitions.csv (K1, sign_agreement); reason-codes.csv, actions_after; documents D16.
"""

from __future__ import annotations

import re
from typing import Literal

from domain.case import Agreement, Case, Status
from domain.commands import AnswerAgreement, CallOffAgreement, IssueAgreement
from domain.events import (
    AgreementAnswered,
    AgreementAskedAnew,
    AgreementCalledOff,
    AgreementIssued,
    AgreementOrdered,
    CallbackIgnored,
    DiscrepancyFound,
    Event,
)
from domain.policy import Policy
from domain.refusals import Refused, refuse

ACTION = "sign_agreement"
ENDS = frozenset({"signed", "declined", "withdrawn", "expired"})
"""The words that end an agreement; one contradicts another."""


def agreement_key(case: Case, n: int) -> str:
    """The idempotency key under which the case's `n`-th agreement is issued; messages about it name it."""
    return f"{case.case_id}:agreement:{n}"


def is_needed(case: Case, policy: Policy) -> bool:
    """Whether the case still wants the merchant's signature."""
    wanted = ACTION in policy.reasons[case.reason_code].actions_after and ACTION not in case.actions_done
    return wanted and case.is_open and case.release.past_pivot


def owed(case: Case, policy: Policy) -> Literal["issue", "hear", "count", "call_off"] | None:
    """What there is to do about the agreement now."""
    agreement, awaited = case.agreement, case.status is Status.POST_ACTIONS
    if not is_needed(case, policy):
        return "call_off" if agreement is not None and agreement.is_open else None
    if agreement is None or agreement.state in {"expired", "asked_anew"}:
        return "issue" if awaited else None
    match agreement.state:
        case "ordered":
            return "issue"
        case "issued":
            return "hear"
        case "signed" if awaited:
            return "count"
        case _:
            return None


def may_ask_anew(case: Case, policy: Policy) -> bool:
    """Whether the last agreement came to nothing, and another is to be had by asking."""
    ended = case.agreement is not None and case.agreement.state in {"declined", "withdrawn"}
    return ended and is_needed(case, policy)


def ask_anew(case: Case, policy: Policy) -> tuple[Event, ...] | Refused:
    if not is_needed(case, policy):
        return refuse("action-not-required")
    if not may_ask_anew(case, policy):
        return refuse("agreement-under-way")
    return (AgreementAskedAnew(),)


def order(case: Case, policy: Policy) -> tuple[Event, ...] | Refused:
    agreement = case.agreement
    if owed(case, policy) != "issue" or (agreement is not None and agreement.state == "ordered"):
        return refuse("already-done", what="agreement")
    return (AgreementOrdered(agreement.n + 1 if agreement else 1),)


def issue(case: Case, command: IssueAgreement) -> tuple[Event, ...] | Refused:
    agreement = case.agreement
    if agreement is None or agreement.n != command.n or agreement.state != "ordered":
        return refuse("already-done", what="agreement")
    return (
        AgreementIssued(
            command.n, command.agreement_ref, command.document_sha256, command.link_ref, command.expires_at
        ),
    )


def call_off(case: Case, command: CallOffAgreement, policy: Policy) -> tuple[Event, ...] | Refused:
    if owed(case, policy) != "call_off" or case.agreement is None or case.agreement.n != command.n:
        return refuse("already-done", what="agreement")
    return (AgreementCalledOff(command.n, command.answer),)


def answer(case: Case, command: AnswerAgreement, policy: Policy) -> tuple[Event, ...]:
    """Contract signing's word: each message counts once, what is known already is only noted, a contradiction goes to
    a person. Of one that is being called off only a signature is news."""
    agreement, recorded = case.agreement, contradicted(case, command)
    if recorded is not None:
        return (DiscrepancyFound("contracts", command.message_ref, command.step_key, recorded, command.outcome),)
    is_last = agreement is not None and command.step_key == agreement_key(case, agreement.n)
    dropped = owed(case, policy) == "call_off" and command.outcome != "signed"
    if agreement is None or not is_last or not agreement.is_open or dropped:
        return (CallbackIgnored("contracts", command.message_ref, command.step_key, command.outcome),)
    return (
        AgreementAnswered(
            agreement.n, command.outcome, command.message_ref, command.happened_at, command.signature_ref
        ),
    )


def contradicted(case: Case, command: AnswerAgreement) -> str | None:
    """What is recorded against this word, if anything is."""
    agreement = case.agreement
    numbered = re.fullmatch(re.escape(agreement_key(case, 0)[:-1]) + r"([1-9]\d*)", command.step_key)
    if agreement is None or numbered is None or int(numbered[1]) > agreement.n:
        return "no such agreement"
    if command.outcome == "signed" and not command.signature_ref:
        return "no signature"
    return _other_end(agreement, int(numbered[1]), command)


def _other_end(agreement: Agreement, n: int, command: AnswerAgreement) -> str | None:
    known = agreement.heard.get(n)
    return known if known is not None and known != command.outcome else None
