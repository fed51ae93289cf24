"""What callers send to get in touch: wishes, calls, complaints, and what a contact came to."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from desk.bodies import Body, Id, Line, Plain, Recorded, Words

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


class FeedbackBody(Body):
    """What a merchant thinks could be done better, or was done well."""

    note: Annotated[Words, Field(max_length=2000)]


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
    """What came of a complaint, in words for the merchant. One that is upheld may have its closed case reopened."""

    outcome: Literal["upheld", "partly", "not_upheld"]
    answer: Words
    reopen_case: StrictBool = False

    @model_validator(mode="after")
    def _reopens_what_was_upheld(self) -> Self:
        if self.reopen_case and self.outcome == "not_upheld":
            raise PydanticCustomError("not_upheld", "Only a complaint that is upheld, or partly, reopens its case")
        return self


class ReplyBody(Body):
    """Why an answer is not enough."""

    statement: Words


class HandOverBody(Body):
    """Who looks into a complaint next, and under which number of theirs."""

    to: Literal["12363", "regulator", "mediation", "court"]
    reference: Annotated[Plain, Field(max_length=120)] = ""


class ContactLogBody(Body):
    """What was said, how, by whom to whom, with what result, and what was promised until when."""

    way: Literal["phone", "visit", "email", "wechat", "counter", "letter"]
    direction: Literal["in", "out"]
    result: Literal["reached", "not_reached", "message_left"]
    note: Words
    case_id: Id | None = None
    task_id: Annotated[Line, Field(max_length=120)] | None = None
    promised_by: AwareDatetime | None = None
