"""What callers send: every field checked before anything is done with it. Unknown fields are refused by name."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from desk.personal_numbers import personal_number_in
from desk.purposes import Purpose
from domain.money import MOST_FEN

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise PydanticCustomError("unprintable", "It holds control characters; remove them")
    return text.strip()


def _no_empty(text: str) -> str:
    if not text:
        raise PydanticCustomError("empty", "It must not be empty")
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
