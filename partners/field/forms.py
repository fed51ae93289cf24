"""What callers send to field service and what they read back."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from partners.kit import Behaviour, CourseBody, Name, Payload

Task = Literal["install", "repair", "swap", "inspect", "collect"]
Move = Literal["assign", "arrive", "complete", "no_show", "cancel"]
Result = Literal["done", "beyond_repair", "swapped"]


class Slot(Payload):
    """When the merchant is there."""

    begins: AwareDatetime
    ends: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("ends: a slot ends after it begins")
        return self


class VisitRequest(Payload):
    """A visit to be booked."""

    case_id: Name
    task: Task
    terminal_sn: Name
    merchant_no: Name
    address_ref: Name = Field(description="A reference to the address, never the address itself.")
    place: Literal["city", "rural"] = "city"
    slot: Slot | None = Field(None, description="When the merchant is there; none: the dispatcher proposes one.")
    tools: list[Name] = Field([], max_length=20, description="What is to be brought along.")
    note: Annotated[str, Field(max_length=500)] = Field("", description="What is wrong; no personal data.")


class Report(Payload):
    """The repair report (D23)."""

    findings: Annotated[str, Field(min_length=1, max_length=2000)]
    parts: list[Name] = Field([], max_length=50)
    new_sn: Name | None = Field(None, description="Only when the terminal was swapped: the one in its place.")
    test_passed: bool | None = Field(None, description="Whether the test transaction went through, if one was made.")
    location_ok: bool | None = Field(None, description="Whether the terminal stands where it is registered.")
    photos: list[Name] = Field([], max_length=20, description="References to the photos taken.")
    aftercare: Annotated[str, Field(max_length=1000)] = ""


class MoveRequest(Payload):
    """A visit's next move."""

    move: Move
    technician: Name | None = Field(None, description="Only with `assign`: their number, not their name.")
    slot: Slot | None = Field(None, description="Only with `assign`: the appointment that was made.")
    result: Result | None = Field(None, description="Only with `complete`.")
    report: Report | None = Field(None, description="Only with `complete`.")
    reason: Name | None = Field(None, description="Only with `no_show` and `cancel`.")

    @model_validator(mode="after")
    def _says_what_belongs_to_it(self) -> Self:
        if (self.move == "assign") != (self.technician is not None):
            raise ValueError("technician: needed with the move assign, and with no other")
        if self.slot is not None and self.move != "assign":
            raise ValueError("slot: only with the move assign")
        completes = self.move == "complete"
        if completes != (self.result is not None) or completes != (self.report is not None):
            raise ValueError("result, report: both needed with the move complete, and with no other")
        if self.report is not None and (self.result == "swapped") != (self.report.new_sn is not None):
            raise ValueError("report.new_sn: needed with the result swapped, and with no other")
        if self.reason is not None and self.move not in {"no_show", "cancel"}:
            raise ValueError("reason: only with the moves no_show and cancel")
        return self


class VisitFacts(BaseModel):
    """What came of a visit so far."""

    technician: str | None = None
    slot: Slot | None = None
    no_shows: int = 0
    result: Result | None = None
    report: Report | None = None
    reason: str | None = None


class Visit(CourseBody[VisitRequest, VisitFacts]):
    """A visit: `requested`, `assigned`, `on_site`, `done` or `cancelled`."""


class VisitBehaviour(Behaviour):
    """How visits go by themselves: assigned, begun and completed with this result, or nobody is there."""

    result: Result | Literal["no_show"] = "done"
