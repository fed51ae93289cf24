"""What callers send to the notice gateway and what they read back."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self

import httpx2
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from partners.kit import Payload

Channel = Literal["email", "sms", "wechat", "wecom", "webhook"]
Behaviour = Literal["takes", "bounces", "refuses"]

OneLine = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\r\n\x00]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:-]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=r"^[^\x00]+$")]

EMAIL = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}$")
PHONE = re.compile(r"^\+?[0-9][0-9 -]{3,22}[0-9]$")
OPENID = re.compile(r"^[A-Za-z0-9_-]{6,64}$")


EXAMPLE: JsonDict = {
    "channel": "email",
    "to": "owner@shop.example",
    "subject": "您的终端已恢复收款",
    "text": "终端 SN0001 可以正常收款了。",
    "language": "zh",
    "case_id": "FA-20261109-ABCDEFGH",
    "notice": "released",
}


class Message(Payload):
    """A notice for one recipient, ready to read: wording and masking are the caller's."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    channel: Channel = Field(
        description="How it travels: e-mail (SMTP), text message, the WeChat official account, a WeCom chat robot, "
        "or a signed webhook."
    )
    to: OneLine = Field(description="An e-mail address, a phone number, an openid, or an http(s) URL.")
    subject: OneLine = Field(description="One line. Text messages carry it in front of the text.")
    text: Text = Field(description="Plain text, up to 20,000 characters.")
    language: Literal["zh", "en"] = Field(description="The language the text is written in.")
    case_id: Name = Field(description="The case the notice belongs to.")
    notice: Name = Field(description="Which notice it is, for example `released` or `evidence_due`.")
    secret: Annotated[str, StringConstraints(min_length=16, max_length=200)] | None = Field(
        None, description="What a webhook is signed with. It is used and not kept.", repr=False
    )

    @model_validator(mode="after")
    def _address_fits_the_channel(self) -> Self:
        match self.channel:
            case "email" if not EMAIL.match(self.to):
                raise ValueError("to: not an e-mail address")
            case "sms" if not PHONE.match(self.to):
                raise ValueError("to: not a phone number")
            case "wechat" if not OPENID.match(self.to):
                raise ValueError("to: not an openid")
            case "webhook" | "wecom" if not _is_web_address(self.to):
                raise ValueError("to: not an http(s) URL")
        if (self.channel == "webhook") != (self.secret is not None):
            raise ValueError("secret: a webhook needs one, nothing else has one")
        return self


def _is_web_address(text: str) -> bool:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        return False
    readable = bool(url.host) and 0 < (url.port or 80) < 2**16 and not re.search(r"\s", text)
    return url.scheme in ("http", "https") and readable


class Recipient(Payload):
    """How a recipient of this stand-in behaves from now on: takes what comes, bounces it later, or refuses it."""

    channel: Literal["email", "sms", "wechat"]
    to: OneLine
    behaviour: Behaviour


class Delivered(BaseModel):
    """The gateway's receipt. It stays the same however often the call is repeated under its key."""

    message_id: str = Field(description="Derived from the Idempotency-Key; an e-mail carries it as its Message-ID.")
    delivered_at: datetime = Field(description="When the recipient's side took it.")


class Sent(BaseModel):
    """A delivered message as the gateway remembers it."""

    key: str
    message_id: str
    channel: Channel
    to: str
    subject: str
    text: str
    language: str
    case_id: str
    notice: str
    delivered_at: datetime


class Arrival(BaseModel):
    """A message that reached its recipient's side, as the mailbox lists it."""

    id: int = Field(description="Number in the mailbox, rising in the order of arrival.")
    message_id: str
    channel: Channel
    to: str
    subject: str
    text: str
    language: str
    case_id: str
    notice: str
    copies: int = Field(description="How often it came over the wire; the mailbox holds it once.")
    arrived_at: datetime


class Arrivals(BaseModel):
    """A page of the mailbox, newest first."""

    messages: list[Arrival]
    older_than: int | None = Field(description="Pass it as `before` to get the next, older page; null on the last.")


def _said(text: object) -> object:
    """An empty form field says nothing; a NUL, which no stored text can hold, is dropped."""
    return text.replace("\x00", "").strip() or None if isinstance(text, str) else text


Part = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_said)]
Before = Annotated[Annotated[int, Field(ge=1, le=2**62)] | None, BeforeValidator(_said)]


class Filter(BaseModel):
    """Which messages to list; what is empty does not narrow. Of several, all must hold."""

    q: Part = Field(None, description="Part of the subject, the text or the notice's name, in any letter case.")
    to: Part = Field(None, description="Part of the recipient's address, in any letter case.")
    case_id: Part = Field(None, description="The case, exactly.")
    channel: Annotated[Channel | None, BeforeValidator(_said)] = None

    @property
    def narrows(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.q or self.to or self.case_id or self.channel)


class Listing(Filter):
    """A page of the mailbox for programs."""

    before: Before = Field(None, description="Only messages numbered below this one (`older_than` of the last page).")
    limit: int = Field(50, ge=1, le=500)


class Look(BaseModel):
    """How to show a page to a person."""

    lang: Part = Field(None, description="`zh` or `en`; otherwise what the browser prefers.")


class ListLook(Filter, Look):
    """A page of the mailbox for people."""

    before: Before = Field(None, description="Only messages numbered below this one.")
