"""What callers send to contract signing and what they read back."""

import hashlib
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from partners.kit import Behaviour, CourseBody, Name, Payload

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class AgreementRequest(Payload):
    """An agreement to be signed by a merchant."""

    case_id: Name
    merchant_no: Name
    template: Name = Field(description="Which agreement, for example `acquiring-2026`.")
    document_sha256: Sha256 = Field(description="Of the text as it was shown: exactly this is signed.")
    text: Annotated[str, StringConstraints(max_length=100_000)] | None = Field(
        None, description="The text itself, for the page on which it is signed; its hash is `document_sha256`."
    )
    fee_plan: Name | None = None
    language: Literal["zh", "en"] = "zh"
    valid_days: Annotated[int, Field(ge=1, le=90, description="Calendar days until the link expires.")] = 15

    @model_validator(mode="after")
    def _is_the_text_of_its_hash(self) -> Self:
        if self.text is not None and hashlib.sha256(self.text.encode()).hexdigest() != self.document_sha256:
            raise ValueError("text: its SHA-256 is not document_sha256")
        return self


class Certificate(Payload):
    """What the signer signs with."""

    serial: Name
    valid_until: date = Field(description="The last day it is valid.")


class MoveRequest(Payload):
    """What becomes of an agreement."""

    move: Literal["sign", "decline", "withdraw"]
    document_sha256: Sha256 | None = Field(None, description="Only with `sign`: of the text the signer saw.")
    signer_ref: Name | None = Field(None, description="Only with `sign`: a reference to the person, never their name.")
    certificate: Certificate | None = Field(None, description="Only with `sign`.")
    reason: Name | None = Field(None, description="Only with `decline` and `withdraw`.")

    @model_validator(mode="after")
    def _says_what_belongs_to_it(self) -> Self:
        signs = self.move == "sign"
        if any((part is not None) != signs for part in (self.document_sha256, self.signer_ref, self.certificate)):
            raise ValueError("document_sha256, signer_ref, certificate: all needed with the move sign, and no other")
        if signs and self.reason is not None:
            raise ValueError("reason: only with the moves decline and withdraw")
        return self


class AgreementFacts(BaseModel):
    """What came of an agreement so far."""

    sign_url: str
    expires_at: datetime
    signature_ref: str | None = None
    signer_ref: str | None = None
    certificate: Certificate | None = None
    reason: str | None = None


class Agreement(CourseBody[AgreementRequest, AgreementFacts]):
    """An agreement: `issued`, `signed`, `declined`, `withdrawn` or `expired`."""


class SigningBehaviour(Behaviour):
    """Whether merchants sign by themselves. Unless told so they do not: signing is theirs."""

    acts: bool = Field(False, description="true: each agreement issued from now on is signed, or what `does` says")
    does: Literal["sign", "decline"] = "sign"
