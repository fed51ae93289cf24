"""A case's events in plain words: what happened, who did it, when, and the facts a reader needs.

An event's name comes from `words/event.csv`. Each field of an event either has a way to be shown here or is one that
says nothing to people (`HIDDEN`); the tests see to it that no field is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from desk.console import formats, names
from desk.console.words import word, words
from desk.language import Language
from desk.recent import Recent
from domain.policy import Policy

HIDDEN = frozenset({
    "case_id", "terminal_sn", "merchant_no", "merchant_type", "policy_version", "public_code", "ref", "step_key",
    "message_ref", "key", "receipt", "account_ref", "link_ref",
})  # fmt: skip
QUIET = frozenset(
    {"NoticeSent", "StepStarted", "StepDone", "ControlEnforced", "CallbackIgnored", "TransactionsQuestioned"}
)
"""Events that are shown small: they follow from others."""
MILESTONES = frozenset({
    "TerminalFrozen", "ReasonConfirmed", "CaseSubmitted", "EvidenceResubmitted", "SupplementRequested", "FirstApproval",
    "SecondApproval", "ApprovalVoided", "CaseRejected", "ReleaseExecuted", "CaseReopened", "CaseExpired",
    "CaseWithdrawn", "LegalHoldPlaced", "LegalHoldLifted", "CaseClosed",
})  # fmt: skip
"""Events that turn a case."""


MOST_TOLD = 16_384


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing an event says: a label and one or more lines."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as it is shown. `technical` is for engineers: position, type, command id and hash."""

    name: str
    at: str
    who: str
    version: int
    position: int
    facts: tuple[Fact, ...]
    quiet: bool
    type: str
    command_id: str | None
    hash: str | None
    audience: str
    """Whose eyes it is for: `merchant` for what merchants were told or said, `internal` for notes among staff."""
    milestone: bool
    sealed: bool
    """Whether it tells what lies in the vault."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What is needed to put events into words: the language, the policy, and what references stand for."""

    language: Language
    policy: Policy
    outside: bool
    documents: Mapping[str, str] = field(default_factory=dict)
    """Document types by document id."""
    texts: Mapping[str, str | None] = field(default_factory=dict)
    """People's words by vault reference; None for words that were erased."""
    steps: Mapping[int, str] = field(default_factory=dict)
    """The names of the release's steps by number."""


_told = Recent[tuple[str, str], Happening](MOST_TOLD)


def timeline(events: Sequence[Mapping[str, Any]], telling: Telling) -> list[Happening]:
    """The events, newest first."""
    return [_kept(event, telling) for event in reversed(events)]


def _kept(event: Mapping[str, Any], telling: Telling) -> Happening:
    """The event in words; made once for staff, who all are told the same, unless it tells what lies in the vault."""
    if telling.outside or _reference(event):
        return _happening(event, telling)
    key = (str(event["hash"]), telling.language)
    happening = _told.get(key)
    if happening is None:
        happening = _happening(event, telling)
        _told.put(key, happening)
    return happening


Run = tuple[bool, list[Happening]]
"""One event, or (True) quiet ones that follow each other."""


def stretches(happenings: Sequence[Happening]) -> list[tuple[bool, list[Run]]]:
    """The events in runs, and these in stretches that tell (True) or do not tell what lies in the vault: the piece of a
    page that shows the latter may be kept."""
    return [(sealed, list(runs)) for sealed, runs in groupby(_runs(happenings), key=lambda run: run[1][0].sealed)]


def _runs(happenings: Sequence[Happening]) -> list[Run]:
    return [
        (quiet, run)
        for quiet, group in groupby(happenings, key=lambda happening: happening.quiet)
        for run in ([list(group)] if quiet else [[one] for one in group])
    ]


def steps_of(events: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """The names of all planned steps by number."""
    return {step["n"]: step["name"] for event in events for step in event["data"].get("steps", ())}


def references(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """The vault references of merchants' statements and of messages."""
    return [ref for ref in map(_reference, events) if ref]


def _reference(event: Mapping[str, Any]) -> str | None:
    ref: str | None = event["data"].get("statement_ref") or event["data"].get("text_ref")
    return ref


def _happening(event: Mapping[str, Any], telling: Telling) -> Happening:
    return Happening(
        name=word("event", event["type"]).of(telling.language),
        at=event["occurred_at"],
        who=names.actor(event["actor"], telling.language),
        version=event["version"],
        position=event["position"],
        facts=tuple(_facts(event["data"], telling)),
        quiet=event["type"] in QUIET,
        type=event["type"],
        command_id=event["command_id"],
        hash=event["hash"],
        audience=str(event["data"].get("audience") or ""),
        milestone=event["type"] in MILESTONES,
        sealed=bool(_reference(event)),
    )


def _facts(data: Mapping[str, Any], telling: Telling) -> list[Fact]:
    facts = []
    for name, show in SHOWN.items():
        value = data.get(name)
        lines = show(value, telling) if value not in (None, "", [], False) else ()
        if lines:
            facts.append(Fact(word("fact", name).of(telling.language), tuple(lines)))
    return facts


Show = Callable[[Any, Telling], Sequence[str]]


def _plain(value: Any, _: Telling) -> Sequence[str]:
    return (str(value),)


def _text(value: Any, telling: Telling) -> Sequence[str]:
    """Someone's words, or a code that has a name."""
    known = words("cause").get(str(value))
    return (known.of(telling.language) if known else str(value),)


def _both(value: Any, telling: Telling) -> Sequence[str]:
    """A text in two languages, or several of them."""
    texts = value if isinstance(value, list) else [value]
    return [str(text["en" if telling.language == "en" else "zh"]) for text in texts]


def _money(value: Any, _: Telling) -> Sequence[str]:
    return (formats.money(value),)


def _moment(value: Any, _: Telling) -> Sequence[str]:
    return (formats.local(value),) if "T" in str(value) else (str(value),)


def _due(value: Any, telling: Telling) -> Sequence[str]:
    return (formats.due(value, telling.language),)


def _yes(value: Any, telling: Telling) -> Sequence[str]:
    del value
    return ("yes" if telling.language == "en" else "是",)


def _matches(value: Any, telling: Telling) -> Sequence[str]:
    return _yes(value, telling)


def _control(value: Mapping[str, Any], telling: Telling) -> Sequence[str]:
    line = word("control_kind", value["kind"]).of(telling.language)
    if value.get("held_fen"):
        line += f" {formats.money(value['held_fen'])}"
    if value.get("reason_code"):
        line += f" · {_reason_code(value['reason_code'], telling)[0]}"
    return [line, *([value["detail"]] if value.get("detail") else [])]


def _author(value: str, telling: Telling) -> Sequence[str]:
    return (names.actor(value, telling.language),)


def _authority(value: Mapping[str, str], telling: Telling) -> Sequence[str]:
    kind = word("authority", value["kind"]).of(telling.language)
    return (f"{value['name']} ({kind}) · {value['instrument_no']}",)


def _amounts(value: Mapping[str, int], telling: Telling) -> Sequence[str]:
    labels = {"release_fen": "amount.release", "penalty_fen": "amount.penalty", "claims_fen": "amount.claims"}
    shown = [
        f"{word('pages', key).of(telling.language)} {formats.money(value[name])}"
        for name, key in labels.items()
        if value[name] or name == "release_fen"
    ]
    return [" · ".join(shown)]


def _document(value: Mapping[str, Any], telling: Telling) -> Sequence[str]:
    return (names.document(value["doc_type"], telling.policy, telling.language),)


def _documents(value: Sequence[Mapping[str, Any]], telling: Telling) -> Sequence[str]:
    return [line for document in value for line in _document(document, telling)]


def _document_id(value: str, telling: Telling) -> Sequence[str]:
    code = telling.documents.get(value)
    return (names.document(code, telling.policy, telling.language),) if code else ()


def _doc_type(value: str, telling: Telling) -> Sequence[str]:
    return (names.document(value, telling.policy, telling.language),)


def _requirements(value: Sequence[Sequence[str]], telling: Telling) -> Sequence[str]:
    return [names.requirement("/".join(one_of), telling.policy, telling.language) for one_of in value]


def _items(value: Sequence[Mapping[str, Any]], telling: Telling) -> Sequence[str]:
    return [
        f"{names.document(item['doc_type'], telling.policy, telling.language)}: {_both(item['reason'], telling)[0]}"
        for item in value
    ]


def _words_of(value: str, telling: Telling) -> Sequence[str]:
    """People's words, as far as the reader may have them."""
    text = telling.texts.get(value)
    return (text,) if text else ()


def _dues(value: Sequence[Mapping[str, Any]], telling: Telling) -> Sequence[str]:
    if telling.outside:
        return ()
    language = telling.language
    return [f"{names.deadline(due['name'], language)} {formats.due(due['due'], language)}" for due in value]


def _steps(value: Sequence[Mapping[str, Any]], telling: Telling) -> Sequence[str]:
    return [" → ".join(word("step", step["name"]).of(telling.language) for step in value)]


def _step(value: int, telling: Telling) -> Sequence[str]:
    name = telling.steps.get(value)
    return (f"{value} · {word('step', name).of(telling.language)}" if name else str(value),)


def _actions(value: Sequence[str], telling: Telling) -> Sequence[str]:
    return [names.action(action, telling.policy, telling.language) for action in value]


def _action(value: str, telling: Telling) -> Sequence[str]:
    return (names.action(value, telling.policy, telling.language),)


def _reason_code(value: str, telling: Telling) -> Sequence[str]:
    return (names.reason_told(value, telling.policy, telling.language, outside=telling.outside),)


def _verdict(value: str, telling: Telling) -> Sequence[str]:
    return (word("verdict", value).of(telling.language),)


def _named(group: str) -> Show:
    def show(value: Any, telling: Telling) -> Sequence[str]:
        known = words(group).get(str(value))
        return (known.of(telling.language) if known else str(value),)

    return show


def _code(value: str, _: Telling) -> Sequence[str]:
    return (value,)


def _listed(value: Sequence[str], _: Telling) -> Sequence[str]:
    return (", ".join(value),)


def _count(value: Sequence[Any], _: Telling) -> Sequence[str]:
    return (str(len(value)),)


SHOWN: Mapping[str, Show] = {
    "control": _control, "control_id": _plain, "control_ids": _listed, "effect": _text, "available_fen": _money,
    "transactions": _count, "day": _plain, "days": _plain, "days_left": _plain, "tier": _plain, "reason": _text,
    "reason_code": _reason_code, "note": _plain, "requirements": _requirements, "on_file": _documents,
    "on_behalf": _yes, "statement_ref": _words_of, "text_ref": _words_of, "due": _due,
    "deadline": _text, "document": _document, "document_id": _document_id,
    "authority": _authority, "doc_type": _doc_type, "outcome": _text,
    "findings": _both, "finding": _both, "valid_until": _moment, "items": _items, "round": _plain, "counted": _yes,
    "verdict": _verdict, "what": _text, "amounts": _amounts, "seen": _plain, "rule": _plain, "final": _yes,
    "level": _plain, "times": _plain, "cause": _text, "subject": _plain, "actions": _actions, "action": _action,
    "steps": _steps, "n": _step, "answer": _plain, "why": _plain, "code": _code, "withdrawn": _yes,
    "matches": _matches, "release_fen": _money, "approved_by": _listed, "notice": _named("notice"),
    "channel": _text, "delivered_at": _moment, "audience": _text, "source": _plain, "recorded": _text,
    "visit": _plain, "place": _text, "visit_ref": _code, "result": _text, "happened_at": _moment, "promised": _due,
    "complaint_id": _code,
    "agreement": _plain, "agreement_ref": _code, "document_sha256": _code, "expires_at": _moment,
    "signature_ref": _code,
    "claimed": _text, "command": _named("command"), "author": _author, "dues": _dues,
}  # fmt: skip
"""How each field of an event is shown, in the order in which they stand."""
