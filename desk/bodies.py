"""What callers send: every field checked before anything is done with it. Unknown fields are refused by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from desk.paper_reasons import PAPER_REASONS, PaperReason
from desk.personal_numbers import personal_number_in
from desk.purposes import Purpose
from domain.money import MOST_FEN
from domain.text import Text

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise ValueError("it holds control characters")
    return text.strip()


def _no_empty(text: str) -> str:
    if not text:
        raise ValueError("it must not be empty")
    return text


def _no_personal_number(text: str) -> str:
    if personal_number_in(text):
        raise PydanticCustomError(
            "personal_number",
            "It names an identity, telephone or card number, and it will stand in the record in clear; "
            "leave the number out, or write it in a message, which is sealed",
        )
    return text


Plain = Annotated[str, Field(strict=True), AfterValidator(_printable)]
Line = Annotated[Plain, Field(max_length=200), AfterValidator(_no_empty)]
Words = Annotated[Plain, Field(max_length=4000), AfterValidator(_no_empty)]
"""Free text that must say something."""
MaybeWords = Annotated[Plain, Field(max_length=4000)]
Recorded = Annotated[Words, AfterValidator(_no_personal_number)]
"""Free text that goes into the case's record, in clear and for good."""
MaybeRecorded = Annotated[MaybeWords, AfterValidator(_no_personal_number)]
Fen = Annotated[StrictInt, Field(ge=0, le=MOST_FEN)]
Reference = Annotated[Line, Field(max_length=80)]
Code = Annotated[str, Field(strict=True, pattern=r"^[A-Z][0-9]{2}$")]
DocType = Annotated[str, Field(strict=True, pattern=r"^D[0-9]{2}$")]
Id = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_:.@-]{0,119}$")]
MerchantNo = Annotated[str, Field(strict=True, pattern=r"^[0-9A-Za-z]{15}$")]
TerminalSn = Annotated[str, Field(strict=True, pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$")]
ResidentId = Annotated[str, Field(strict=True, pattern=r"^[0-9]{17}[0-9Xx]$")]
Uscc = Annotated[str, Field(strict=True, pattern=r"^[0-9A-Za-z]{18}$")]


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid")


# --- merchants, terminals, users ------------------------------------------------------------------------------------


class PersonBody(Body):
    name: Line
    resident_id: ResidentId


class ContactBody(Body):
    name: Line
    phone: Annotated[str, Field(strict=True, pattern=r"^\+?[0-9 -]{5,20}$")] | None = None
    email: Annotated[str, Field(strict=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    wechat_openid: Annotated[str, Field(strict=True, max_length=64)] | None = None
    preferred: Literal["email", "sms", "phone", "wechat", "webhook"] | None = None
    language: Literal["zh", "en", "zh-CN", "en-US"] = "zh"

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        wanted = {"email": self.email, "sms": self.phone, "phone": self.phone, "wechat": self.wechat_openid}
        if self.preferred in wanted and not wanted[self.preferred]:
            raise ValueError(f"{self.preferred} is preferred, but there is no address for it")
        if not (self.email or self.phone or self.wechat_openid):
            raise ValueError("give a phone, an email or a wechat_openid")
        return self


class AccountBody(Body):
    holder: Line
    number: Annotated[str, Field(strict=True, pattern=r"^[0-9A-Za-z -]{4,40}$")]
    bank: Line


class MerchantBody(Body):
    """A merchant; an individual is known by a resident id, the others by their uscc."""

    merchant_no: MerchantNo
    merchant_type: Literal["individual", "sole_trader", "company"]
    name: Line
    uscc: Uscc | None = None
    resident_id: ResidentId | None = None
    legal_representative: PersonBody | None = None
    contacts: Annotated[list[ContactBody], Field(min_length=1, max_length=20)]
    settlement_account: AccountBody
    mcc: Annotated[str, Field(strict=True, pattern=r"^[0-9]{4}$")]
    address: Line


_PLACE = "degrees (WGS 84) of where the terminal stands; photos of the shop are compared with it"


class TerminalBody(Body):
    terminal_sn: TerminalSn
    tusn: Id
    terminal_id: Annotated[str, Field(strict=True, pattern=r"^[0-9A-Za-z]{8}$")]
    model: Line
    merchant_no: MerchantNo
    deploy_address: Line
    fee_plan: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    latitude: Annotated[float, Field(ge=-90, le=90, description=_PLACE)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, description=_PLACE)] | None = None

    @model_validator(mode="after")
    def _whole_place(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude are given together or not at all")
        return self


class UserBody(Body):
    """A log-in for a merchant; an agent needs the merchant's authorization (D10), filed in one of its cases."""

    role: Literal["merchant", "agent"]
    d10_document_id: Id | None = None


class LookBody(Body):
    """What personal data is to be seen for: one of the known purposes, and in the caller's own words."""

    purpose: Purpose
    note: Annotated[Words, Field(max_length=500)]


class HoldBody(Body):
    """A legal hold: what demands it, and the number of the order or request."""

    basis: Literal["court", "regulator", "police", "dispute", "audit"]
    reference: Reference


class EndHoldBody(Body):
    reference: Reference


class EraseBody(Body):
    """Why personal data is to be erased."""

    ground: Literal["retention-ended", "subject-request"]


class ResolveBody(Body):
    """Why a discrepancy is settled: what was found, and what was done."""

    reason: Annotated[Recorded, Field(max_length=500)]


Setting: TypeAlias = StrictInt | list[StrictInt] | Line
"""A lever's value: a number in its unit, several, or a text such as `21:00`."""


class PolicyChangeBody(Body):
    """A proposal to move one lever of the policy from what the proposer saw, for a reason, from a day on."""

    lever: Annotated[Line, Field(max_length=80)]
    old: Setting
    new: Setting
    reason: Annotated[Recorded, Field(max_length=500)]
    effective: date


class DropChangeBody(Body):
    """Why a proposal will not come about."""

    reason: Annotated[Recorded, Field(max_length=500)]


class ReportBody(LookBody):
    """A report about someone; `internal` also tells what the person must not be told."""

    internal: StrictBool = False


class StatusBody(Body):
    merchant_no: MerchantNo
    resident_id: ResidentId | None = None
    uscc: Uscc | None = None

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if (self.resident_id is None) == (self.uscc is None):
            raise ValueError("give either resident_id or uscc")
        return self


class PolicyLetter(Body):
    """A notice of policy in one language; a telephone shows all of it."""

    subject: Annotated[Recorded, Field(max_length=80)]
    text: Annotated[Recorded, Field(max_length=800)]


class BroadcastBody(Body):
    """A notice of policy to all merchants, in both languages."""

    zh: PolicyLetter
    en: PolicyLetter


# --- getting in touch -----------------------------------------------------------------------------------------------


WishedChannel = Literal["email", "sms", "wechat", "webhook"]


class PreferencesBody(Body):
    """The channels over which a merchant wants to be told, in their order, and its system's webhook."""

    channels: Annotated[list[WishedChannel], Field(min_length=1, max_length=4)]
    language: Literal["zh", "en"] | None = None
    webhook_url: Annotated[Plain, Field(max_length=300)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("a channel is named twice")
        if ("webhook" in self.channels) != (self.webhook_url is not None):
            raise ValueError("the channel webhook needs a webhook_url, and only that channel has one")
        return self


class ResendBody(Body):
    """The channel a notice is sent over once more; without one, those the merchant wishes."""

    channel: WishedChannel | None = None


class CallbackBody(Body):
    """When someone wants to be called, and about what."""

    at: AwareDatetime
    note: Annotated[Words, Field(max_length=1000)]
    case_id: Id | None = None


class ComplaintBody(Body):
    """A complaint about how a case was handled, by the way it came in."""

    kind: Literal["complaint"]
    about_case_id: Id
    channel: Literal["portal", "phone", "counter", "letter", "12363", "regulator"] = "portal"
    statement: Words


class ExtendBody(Body):
    """Until when a complaint is answered, and why not sooner."""

    until: AwareDatetime
    reason: Recorded


class AnswerBody(Body):
    """What came of a complaint, in words for the merchant."""

    outcome: Literal["upheld", "partly", "not_upheld"]
    answer: Words


class ReplyBody(Body):
    """Why an answer is not enough."""

    statement: Words


class ContactLogBody(Body):
    """What was said, how, by whom to whom, with what result, and what was promised until when."""

    way: Literal["phone", "visit", "email", "wechat", "counter", "letter"]
    direction: Literal["in", "out"]
    result: Literal["reached", "not_reached", "message_left"]
    note: Words
    case_id: Id | None = None
    task_id: Annotated[Line, Field(max_length=120)] | None = None
    promised_by: AwareDatetime | None = None


# --- controls and cases ---------------------------------------------------------------------------------------------


class TransactionBody(Body):
    ref: Line
    amount_fen: Fen
    at: AwareDatetime
    last4: Annotated[str, Field(strict=True, pattern=r"^[0-9]{4}$")]
    terminal_id: Annotated[str, Field(strict=True, pattern=r"^[0-9A-Za-z]{8}$")]


Scope = Literal["all", "debit", "credit", "qr", "refund", "preauth"]


class ControlBody(Body):
    """A control: what stands on the terminal, why, who raised it, and under which name of theirs."""

    terminal_sn: TerminalSn
    kind: Literal["settlement_hold", "txn_block", "suspension", "network_block", "judicial_freeze"]
    reason_code: Code
    held_amount_fen: Fen | None = None
    source: Line
    external_ref: Line | None = None
    detail: MaybeRecorded = ""
    scope: Annotated[list[Scope], Field(min_length=1, max_length=5)] = ["all"]
    transactions: Annotated[list[TransactionBody], Field(max_length=200)] = []


class MessageBody(Body):
    audience: Literal["merchant", "internal"]
    text: Words


# --- commands -------------------------------------------------------------------------------------------------------


class CommandBody(Body):
    """A command's fields, and the version of the case that its author saw."""

    version: Annotated[StrictInt, Field(ge=0)]

    def fields(self) -> dict[str, Any]:
        """The command's own fields, as the rules name them."""
        return self.model_dump(mode="json", exclude={"version"})


class ConfirmReason(CommandBody):
    reason_code: Code
    note: MaybeRecorded = ""


class Statement(CommandBody):
    statement: Words


class Note(CommandBody):
    note: MaybeRecorded = ""


class DispatchField(Note):
    """`place` says how far a technician has to go."""

    place: Literal["city", "rural"] = "city"


class Bare(CommandBody):
    pass


class Submit(CommandBody):
    declaration: StrictBool


class WithReason(CommandBody):
    reason: Recorded


class JudgeDocument(CommandBody):
    document_id: Id
    verdict: Literal["accept", "reject", "unsure"]
    reason: Recorded


class Waive(CommandBody):
    doc_type: DocType
    reason: Recorded


class Item(Body):
    """A document asked for anew: a reason code in both languages, the reviewer's own words, or both."""

    doc_type: DocType
    reason_code: PaperReason | None = None
    reason: Recorded | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if not (self.reason_code or self.reason):
            raise PydanticCustomError("no_reason", "Give a reason_code, a reason, or both")
        return self

    def why(self) -> dict[str, str]:
        """Why, in words the merchant reads."""
        coded = PAPER_REASONS[self.reason_code] if self.reason_code else Text("", "")
        said = self.reason or ""
        return {"zh": coded.zh + said, "en": f"{coded.en} {said}".strip()}


class RequestSupplement(CommandBody):
    items: Annotated[list[Item], Field(min_length=1, max_length=26)]

    def fields(self) -> dict[str, Any]:
        return {"items": [{"doc_type": item.doc_type, "reason": item.why()} for item in self.items]}


class Approve(CommandBody):
    release_fen: Fen
    penalty_fen: Fen = 0
    claims_fen: Fen = 0
    reason: Recorded


class Reject(CommandBody):
    reason_code: Code
    reason: Recorded


class AuthorityBody(Body):
    """Who issued an instrument, as it says itself, and the instrument's number."""

    kind: Literal["court", "procuratorate", "police", "supervision", "tax", "customs", "regulator", "network"]
    name: Line
    instrument_no: Line


class PlaceLegalHold(CommandBody):
    """With `authority`, only an instrument of the same one lifts the hold."""

    reason_code: Code
    amount_fen: Fen
    document_id: Id
    authority: AuthorityBody | None = None


class LiftLegalHold(CommandBody):
    """`authority` is needed where the order named one."""

    document_id: Id
    authority: AuthorityBody | None = None


class ResetCredentials(CommandBody):
    otp: Annotated[str, Field(strict=True, pattern=r"^[0-9]{4,10}$")]


class SignAgreement(CommandBody):
    signature_ref: Line


class NewAccount(CommandBody):
    """Another account of the same name, as `settlement_account` or with its fields beside `version`."""

    settlement_account: AccountBody

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "settlement_account" in given:
            return given
        flat = {name: value for name, value in given.items() if name in {"holder", "number", "bank"}}
        rest = {name: value for name, value in given.items() if name not in flat}
        return {**rest, "settlement_account": flat} if flat else given


COMMANDS: Mapping[str, type[CommandBody]] = {
    "confirm_reason": ConfirmReason,
    "open_appeal": Statement,
    "dispatch_field": DispatchField,
    "field_done": Note,
    "extend_evidence": Bare,
    "submit": Submit,
    "resubmit": Bare,
    "withdraw": WithReason,
    "reopen": Statement,
    "judge_document": JudgeDocument,
    "waive": Waive,
    "request_supplement": RequestSupplement,
    "approve": Approve,
    "reject": Reject,
    "return_review": WithReason,
    "rejustify": WithReason,
    "place_legal_hold": PlaceLegalHold,
    "lift_legal_hold": LiftLegalHold,
    "reset_credentials": ResetCredentials,
    "sign_agreement": SignAgreement,
    "new_account": NewAccount,
    "approve_account": WithReason,
}
"""The body of each command of `POST /cases/{id}/commands/{name}`."""
