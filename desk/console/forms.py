"""Forms: which fields each has, what stands in them, and the request body that comes of what was typed.

A field's name is where its value goes in the body: `contacts.0.phone` is the phone of the first of the contacts, and
the name under which the API says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from desk.console import names
from desk.console.visits import Form
from desk.console.words import word, words
from desk.console.yuan import NotAnAmountError, fen_of
from desk.language import Language
from domain.business_time import SHANGHAI

Kind = Literal[
    "line", "area", "yuan", "select", "radio", "check", "checks", "code", "hidden", "items", "order", "moment"
]
Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Spec:
    """One field: where its value goes, how it is typed, and where its options come from."""

    name: str
    kind: Kind = "line"
    optional: bool = False
    options: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as the page shows it: label, what stands in it, what may be chosen, and what was wrong with it."""

    spec: Spec
    label: str
    hint: str
    values: tuple[str, ...]
    options: tuple[Option, ...]
    error: str | None

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was sent and refused: what was typed, and what is wrong with which field."""

    form: str
    typed: Form
    message: str
    errors: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    kind: str = ""
    status: int = 422


class MistypedError(Exception):
    """Fields that cannot be read, with what to type instead."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(f"mistyped: {', '.join(errors)}")
        self.errors = errors


_REASON = Spec("reason", "area")
_AUTHORITY = (
    Spec("authority.kind", "select", options="authorities"),
    Spec("authority.name", wide=True),
    Spec("authority.instrument_no"),
)
_AMOUNTS = (Spec("release_fen", "yuan"), Spec("penalty_fen", "yuan"), Spec("claims_fen", "yuan"))

COMMANDS: Mapping[str, tuple[Spec, ...]] = {
    "approve": (*_AMOUNTS, _REASON),
    "request_supplement": (Spec("items", "items", options="documents"),),
    "reject": (Spec("reason_code", "select", options="case_reasons"), _REASON),
    "return_review": (_REASON,),
    "waive": (Spec("doc_type", "select", options="required"), _REASON),
    "judge_document": (Spec("document_id", "hidden"), Spec("verdict", "radio", options="verdicts"), _REASON),
    "confirm_reason": (Spec("reason_code", "select", options="case_reasons"), Spec("note", "area", optional=True)),
    "open_appeal": (Spec("statement", "area"),),
    "submit": (Spec("declaration", "check"),),
    "resubmit": (),
    "reset_credentials": (Spec("otp", "code"),),
    "sign_agreement": (Spec("signature_ref"),),
    "renew_agreement": (),
    "new_account": (Spec("holder"), Spec("number"), Spec("bank")),
    "approve_account": (_REASON,),
    "rejustify": (_REASON,),
    "field_done": (Spec("note", "area", optional=True),),
    "dispatch_field": (Spec("note", "area", optional=True),),
    "extend_evidence": (),
    "reopen": (Spec("statement", "area"),),
    "withdraw": (_REASON,),
    "place_legal_hold": (
        Spec("reason_code", "select", options="legal_reasons"),
        Spec("amount_fen", "yuan"),
        Spec("document_id", "select", options="instruments"),
        *_AUTHORITY,
    ),
    "lift_legal_hold": (Spec("document_id", "select", options="instruments"), *_AUTHORITY),
}
"""The fields of each command's form, in the order in which the forms stand on the page."""

_CONTROL = (
    Spec("kind", "select", options="control_kinds"),
    Spec("reason_code", "select", options="reasons"),
    Spec("held_amount_fen", "yuan", optional=True),
    Spec("source", "select", options="sources"),
    Spec("external_ref", optional=True),
    Spec("scope", "checks", optional=True, options="scopes", wide=True),
    Spec("detail", "area", optional=True),
)

FORMS: Mapping[str, tuple[Spec, ...]] = {
    **COMMANDS,
    "post_message": (Spec("audience", "radio", options="audiences"), Spec("text", "area")),
    "add_control": _CONTROL,
    "control": (Spec("terminal_sn"), *_CONTROL),
    "terminal": (
        Spec("terminal_sn"), Spec("tusn"), Spec("terminal_id"), Spec("model"), Spec("merchant_no"),
        Spec("fee_plan"), Spec("deploy_address", wide=True),
    ),
    "merchant": (
        Spec("merchant_no"), Spec("merchant_type", "select", options="merchant_types"), Spec("name", wide=True),
        Spec("uscc", optional=True), Spec("resident_id", optional=True),
        Spec("legal_representative.name", optional=True), Spec("legal_representative.resident_id", optional=True),
        Spec("contacts.0.name"), Spec("contacts.0.phone", optional=True), Spec("contacts.0.email", optional=True),
        Spec("contacts.0.language", "select", options="languages"),
        Spec("settlement_account.holder"), Spec("settlement_account.number"), Spec("settlement_account.bank"),
        Spec("mcc"), Spec("address", wide=True),
    ),
    "unmask": (
        Spec("purpose", "select", options="purposes"), Spec("note", "area"),
    ),
    "wishes": (
        Spec("channels", "order", options="channels", wide=True),
        Spec("language", "select", optional=True, options="languages"), Spec("webhook_url", optional=True, wide=True),
    ),
    "callback": (Spec("at", "moment"), Spec("note", "area")),
    "feedback": (Spec("note", "area"),),
    "complaint": (Spec("statement", "area"),),
    "dissatisfied": (Spec("statement", "area"),),
    "complaint_answer": (Spec("outcome", "radio", options="outcomes"), Spec("answer", "area"),
                         Spec("reopen_case", "check", optional=True)),
    "complaint_hand_over": (Spec("to", "select", options="offices"), Spec("reference", optional=True)),
    "complaint_extend": (Spec("until", "moment"), _REASON),
    "contact": (
        Spec("way", "select", options="ways"), Spec("direction", "select", options="directions"),
        Spec("result", "select", options="results"), Spec("promised_by", "moment", optional=True),
        Spec("note", "area"), Spec("task_id", optional=True),
    ),
    "user": (
        Spec("role", "radio", options="user_roles"), Spec("d10_document_id", optional=True),
    ),
}  # fmt: skip
"""Every form's fields."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What stands in a form before anyone types: values by field, options by the source a field names."""

    values: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)


def shown(form: str, filling: Filling, language: Language, attempt: Attempt | None = None) -> list[Shown]:
    """The form's fields for the page; after a refused attempt with what was typed."""
    return [_shown(form, spec, filling, language, attempt) for spec in FORMS[form]]


def _shown(form: str, spec: Spec, filling: Filling, language: Language, attempt: Attempt | None) -> Shown:
    given = filling.values.get(spec.name, ())
    values = (given,) if isinstance(given, str) else given
    if attempt is not None:
        values = attempt.typed.all(spec.name)
    hints = words("field_hint")
    hint = hints.get(f"{form}.{spec.name}") or hints.get(spec.name)
    return Shown(
        spec,
        names.label(form, spec.name, language),
        hint.of(language) if hint else "",
        values,
        tuple(filling.options.get(spec.options, ())),
        _error(spec, attempt),
    )


def _error(spec: Spec, attempt: Attempt | None) -> str | None:
    if attempt is None:
        return None
    inner = (text for name, text in attempt.errors.items() if name == spec.name or name.startswith(f"{spec.name}."))
    return next(inner, None)


def body(form: str, typed: Form, language: Language) -> dict[str, Any]:
    """The request body that the typed values make. Raises MistypedError for what cannot be read at all; the API judges
    the rest."""
    made: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for spec in FORMS[form]:
        try:
            value = _READ[spec.kind](spec, typed)
        except _UnreadableError as error:
            errors[spec.name] = word("pages", error.key).of(language)
            continue
        if value is not None:
            _put(made, spec.name.split("."), value)
    if errors:
        raise MistypedError(errors)
    return made


class _UnreadableError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _line(spec: Spec, typed: Form) -> str | None:
    value = typed.one(spec.name)
    if value:
        return value
    if spec.optional:
        return None
    raise _UnreadableError("error.empty")


def _chosen(spec: Spec, typed: Form) -> str | None:
    value = typed.one(spec.name)
    if value:
        return value
    if spec.optional:
        return None
    raise _UnreadableError("error.choose")


def _yuan(spec: Spec, typed: Form) -> int | None:
    value = typed.one(spec.name)
    if not value and spec.optional:
        return None
    try:
        return fen_of(value)
    except NotAnAmountError:
        raise _UnreadableError("error.amount") from None


def _check(spec: Spec, typed: Form) -> bool:
    return bool(typed.one(spec.name))


def _checks(spec: Spec, typed: Form) -> list[str] | None:
    return list(typed.all(spec.name)) or None


def _order(spec: Spec, typed: Form) -> list[str]:
    """What was chosen, first things first; a place left empty is none."""
    chosen = [value for value in typed.all(spec.name) if value]
    if not chosen:
        raise _UnreadableError("error.choose")
    return chosen


def _moment(spec: Spec, typed: Form) -> str | None:
    """A time as browsers send it, which is Shanghai's."""
    value = _line(spec, typed)
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=SHANGHAI).isoformat()
    except ValueError:
        raise _UnreadableError("error.moment") from None


def _items(spec: Spec, typed: Form) -> list[dict[str, str]]:
    """The chosen documents, each with its reason: `items` names them, `items.code.D06`, `items.reason.D06` say why."""
    chosen = typed.all(spec.name)
    if not chosen:
        raise _UnreadableError("error.no_items")
    items = []
    for doc_type in chosen:
        said = {"reason_code": typed.one(f"items.code.{doc_type}"), "reason": typed.one(f"items.reason.{doc_type}")}
        if not any(said.values()):
            raise _UnreadableError("error.item_reason")
        items.append({"doc_type": doc_type, **{name: value for name, value in said.items() if value}})
    return items


_READ: Mapping[str, Callable[[Spec, Form], Any]] = {
    "line": _line, "area": _line, "yuan": _yuan, "select": _chosen, "radio": _chosen, "check": _check,
    "checks": _checks, "code": _line, "hidden": _line, "items": _items,
    "order": _order, "moment": _moment,
}  # fmt: skip


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    """Sets the value at the dotted path; a number in it is a place in a list (forms only ever use the first)."""
    here, rest = path[0], path[1:]
    if not rest:
        into[here] = value
    elif rest[0].isdecimal():
        row = into.setdefault(here, [{}])
        _put(row[0], rest[1:], value)
    else:
        _put(into.setdefault(here, {}), rest, value)
