"""What callers send with a command of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from desk.bodies import AccountBody, Body, Code, DocType, Fen, Id, Line, MaybeRecorded, Recorded, Words
from desk.paper_reasons import PAPER_REASONS, PaperReason
from domain.text import Text


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
    """Only where the agreement was signed otherwise than by the link that the case holds out."""

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
    "renew_agreement": Bare,
    "new_account": NewAccount,
    "approve_account": WithReason,
}
"""The body of each command of `POST /cases/{id}/commands/{name}`."""
