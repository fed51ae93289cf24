"""What callers send to the card network and what they read back. Amounts are integer fen."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from partners.kit import Behaviour, CourseBody, Name, Payload
from partners.kit.payloads import FenOrZero


class BlockRequest(Payload):
    """A terminal to be blocked in the network. For tests and demonstrations: in life the network does it by itself."""

    terminal_sn: Name
    merchant_no: Name
    reason_code: Name
    detail: Annotated[str, Field(max_length=500)] = ""
    expected_at: AwareDatetime | None = Field(None, description="When it may be over, if the network says so.")


class Notice(BaseModel):
    """That a terminal is blocked, and since when it no longer is."""

    notice_id: str
    terminal_sn: str
    merchant_no: str
    reason_code: str
    detail: str
    expected_at: datetime | None
    placed_at: datetime
    lifted_at: datetime | None


class PlanItem(Payload):
    """Something the merchant puts right."""

    what: Annotated[str, Field(min_length=1, max_length=500)]
    owner_ref: Name = Field(description="A reference to who does it, never their name.")
    due_on: AwareDatetime
    proof_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SubmissionRequest(Payload):
    """The rectification plan for a notice, with its proof."""

    case_id: Name
    notice_id: Name
    items: list[PlanItem] = Field(min_length=1, max_length=100)
    statement: Annotated[str, Field(max_length=2000)] = ""


class Instructions(Payload):
    """What the network wants done once it has approved."""

    re_enable: bool = True
    test_transaction: bool = True
    penalty_fen: FenOrZero = 0


class Decision(Payload):
    """What the network says to a submission. For tests: in life the network decides by itself."""

    move: Literal["approve", "reject", "ask"]
    instructions: Instructions | None = Field(None, description="Only with `approve`.")
    reason: Name | None = Field(None, description="Needed with `reject` and `ask`: why, or what is missing.")

    @model_validator(mode="after")
    def _says_what_belongs_to_it(self) -> Self:
        approves = self.move == "approve"
        if (self.instructions is not None) != approves or (self.reason is None) != approves:
            raise ValueError("approve comes with instructions, reject and ask come with a reason")
        return self


class SubmissionFacts(BaseModel):
    """What came of a submission so far."""

    chased: int = Field(0, description="How often it was asked after.")
    instructions: Instructions | None = None
    reason: str | None = None


class Submission(CourseBody[SubmissionRequest, SubmissionFacts]):
    """A submission: `pending`, `approved`, `rejected`, or `info_requested`, after which another one is made."""


class NetworkBehaviour(Behaviour):
    """What the network decides by itself. It never approves because nobody asked; `acts: false` is its silence."""

    decides: Literal["approve", "reject", "ask"] = "approve"
    penalty_fen: FenOrZero = 0


class BindingRequest(Payload):
    """The elements of a binding beside the terminal itself. References stand for persons, accounts and places."""

    acquirer_code: Name
    merchant_no: Name
    owner_ref: Name = Field(description="Stands for the uscc or the resident id of the merchant.")
    account_ref: Name = Field(description="Stands for the settlement account.")
    deploy_address_ref: Name


class Binding(BindingRequest):
    """A terminal's binding as the network has it."""

    terminal_sn: str
    state: Literal["registered", "deregistered"]
    changed_at: datetime
