"""What the document service is asked and what it answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from partners.documents.checks import Account, OnFile, Terminal, Transaction
from partners.kit import Fen, Name, Payload

DocType = Annotated[str, StringConstraints(pattern=r"^D(0[1-9]|1\d|2[0-6])$")]
"""A document code, D01 to D26."""

Share = Annotated[float, Field(ge=0, le=1)]


class Person(Payload):
    """A person as the institution knows them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Name | None = None
    resident_id: Name | None = None


class AccountForm(Payload):
    """The merchant's settlement account."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    holder: Name
    number: Name
    bank: Name


class TerminalForm(Payload):
    """The terminal a case is about, as it is registered."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    terminal_sn: Name
    tusn: Name
    terminal_id: Name
    address: Name | None = None
    place: tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]] | None = Field(
        None, description="degrees north and east of where it stands"
    )


class TransactionForm(Payload):
    """A sale that is asked about, as the acquirer's records have it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    ref: Name
    amount_fen: Fen
    at: AwareDatetime
    last4: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    terminal_id: Name


class OnFileForm(Payload):
    """What is on file about the merchant whose paper this is, and the day it is judged on (Asia/Shanghai)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    merchant_no: Name
    merchant_type: Literal["individual", "sole_trader", "company"]
    today: date
    name: Name | None = None
    uscc: Name | None = None
    resident_id: Name | None = Field(None, description="of a merchant who is an individual")
    legal_representative: Person | None = None
    case_id: Name | None = None
    settlement_account: AccountForm | None = None
    terminal: TerminalForm | None = None
    transactions: Annotated[tuple[TransactionForm, ...], Field(max_length=1000)] = ()
    mcc: Name | None = None
    ticket: Name | None = Field(None, description="of the visit that a repair report is about")
    address: Name | None = None

    def on_file(self) -> OnFile:
        """In the form the readers take; an individual stands for themself where no representative is named."""
        person = self.legal_representative or Person()
        individual = self.merchant_type == "individual"
        return OnFile(
            merchant_no=self.merchant_no,
            merchant_type=self.merchant_type,
            today=self.today,
            name=self.name,
            uscc=self.uscc,
            representative=person.name or (self.name if individual else None),
            resident_id=person.resident_id or self.resident_id,
            case_id=self.case_id,
            account=Account(**self.settlement_account.model_dump()) if self.settlement_account else None,
            terminal=Terminal(**self.terminal.model_dump()) if self.terminal else None,
            transactions=tuple(Transaction(**each.model_dump()) for each in self.transactions),
            mcc=self.mcc,
            ticket=self.ticket,
            address=self.address,
        )


class CheckForm(BaseModel):
    """One judgement with its reason in both languages."""

    code: str
    outcome: Literal["pass", "fail", "unsure"]
    zh: str
    en: str


class FieldForm(BaseModel):
    """One thing read; the box is left, top, right, bottom as shares of the page as it was sent."""

    name: str
    value: str
    confidence: Share
    box: tuple[Share, Share, Share, Share] | None
    page: int


class ReusedFrom(BaseModel):
    """Another merchant who sent the same bytes before."""

    merchant_no_masked: str
    first_seen: datetime


class Verification(BaseModel):
    """What a paper says and what is to be thought of it."""

    document_sha256: str
    media_type: str
    pages: int
    verdict: Literal["passed", "failed", "unsure"]
    fields: list[FieldForm]
    checks: list[CheckForm]
    valid_until: date | None
    reused_from: ReusedFrom | None
    looks_like: str | None = Field(description="the document code whose title the paper bears")
    legibility: Share = Field(description="share of the print that was read with confidence")
    owed: list[str] = Field(description="document codes of further papers this one makes necessary")


class LegibilityForm(BaseModel):
    """Whether a paper can be read, before anything is made of it; `zh` and `en` say what to do better."""

    legibility: Share = Field(description="share of the print that was read with confidence")
    hindrance: Literal["dark", "blurred", "no_print", "unclear"] | None
    zh: str
    en: str


class InspectionForm(BaseModel):
    """A file that may be opened; width and height are of its first page, in pixels, or points of a PDF."""

    media_type: str
    pages: int
    width: int
    height: int
    sha256: str
