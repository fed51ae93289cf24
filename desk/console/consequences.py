"""What a decision would mean, in sentences about money and time: told beside the button before anyone presses it."""

from __future__ import annotations

from desk.console import formats
from desk.console.words import word
from desk.foresight import Foreseen
from desk.language import Language
from domain import events as e
from domain.controls import blocks_terminal
from domain.events import Amounts
from domain.policy import Policy


def consequences(foreseen: Foreseen, policy: Policy, language: Language) -> list[str]:
    """The sentences, money first."""
    return [line for event in foreseen.events for line in _of(event, foreseen, policy, language)]


def _of(event: e.Event, foreseen: Foreseen, policy: Policy, language: Language) -> list[str]:
    before, after = foreseen.before, foreseen.after
    match event:
        case e.FirstApproval() | e.SecondApproval():
            amounts = _amounts(event.amounts, foreseen, language)
            if isinstance(event, e.FirstApproval) and not event.final:
                return [_say("after.first_only", language), *amounts]
            return [*amounts, _say("after.final", language)]
        case e.RemainderReleased():
            return [_say("after.final", language)]
        case e.SupplementRequested():
            most = policy.timers.supplement_rounds
            return [
                _say("after.stays", language, held=formats.money(before.remaining_fen)),
                _say("after.round", language, round=event.round, most=most),
                *_until("supplement", "after.merchant_until", foreseen, language),
            ]
        case e.RejectProposed():
            return [_say("after.reject_proposed", language, held=formats.money(before.remaining_fen))]
        case e.CaseRejected():
            return [
                _say("after.stays", language, held=formats.money(after.remaining_fen)),
                *_until("reopen", "after.reopen_until", foreseen, language),
            ]
        case e.ReviewReturned():
            return [_say("after.returned", language, held=formats.money(before.remaining_fen))]
        case _:
            return []


def _amounts(amounts: Amounts, foreseen: Foreseen, language: Language) -> list[str]:
    case = foreseen.before
    lines = [_say("after.release", language, amount=formats.money(amounts.release_fen))]
    if amounts.penalty_fen:
        lines.append(_say("after.penalty", language, amount=formats.money(amounts.penalty_fen)))
    if amounts.claims_fen:
        lines.append(_say("after.claims", language, amount=formats.money(amounts.claims_fen)))
    rest = case.remaining_fen - amounts.release_fen - amounts.penalty_fen - amounts.claims_fen
    if rest:
        return [*lines, _say("after.rest", language, amount=formats.money(rest))]
    blocked = any(blocks_terminal(control.placed.kind, control.held_fen) for control in case.standing_controls)
    return [*lines, _say("after.nothing_left" if blocked else "after.lifted", language)]


def _until(due: str, key: str, foreseen: Foreseen, language: Language) -> list[str]:
    found = foreseen.after.dues.get(due)
    return [_say(key, language, until=formats.due(found.due, language))] if found else []


def _say(key: str, language: Language, **facts: object) -> str:
    text = word("pages", key).of(language)
    return text.format(**facts) if facts else text
