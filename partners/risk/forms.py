"""What callers send to risk control and what they read back."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from partners.kit import Fen, Name, Payload

RuleState = Literal["on", "lifted"]


class RuleRequest(Payload):
    """A rule that begins to bite on a terminal."""

    external_ref: Name = Field(description="Risk control's own number of the alert.")
    terminal_sn: Name
    kind: Name = Field(description="Which rule it is, for example `velocity`.")


class LiftRequest(Payload):
    """Which rule to lift, where, and for which control."""

    external_ref: Name
    control_id: Name
    case_id: Name
    terminal_sn: Name


class ReinstateRequest(Payload):
    """Which lifting to take back."""

    external_ref: Name
    control_id: Name
    case_id: Name


class RuleOnTerminal(BaseModel):
    """A rule on one terminal."""

    terminal_sn: str
    kind: str | None = Field(description="Null when the rule was first heard of by its lifting.")
    state: RuleState
    lifted_by: str | None = Field(description="The control it was lifted for; null while it is on.")
    case_id: str | None
    since: datetime = Field(description="Since when it is in this state.")


class RuleChange(BaseModel):
    """Something that was asked of a rule; `effective` says whether it changed anything."""

    terminal_sn: str
    change: Literal["set", "lifted", "reinstated"]
    control_id: str | None
    case_id: str | None
    effective: bool
    changed_at: datetime


class Rule(BaseModel):
    """A rule wherever it bites."""

    external_ref: str
    state: RuleState = Field(description="`lifted` when it is lifted on every terminal, else `on`.")
    terminals: list[RuleOnTerminal]
    changes: list[RuleChange]


class RuleSet(RuleOnTerminal):
    """The rule as it bites now."""

    external_ref: str


class RuleLifted(RuleOnTerminal):
    """The rule after the lifting."""

    external_ref: str
    already_lifted: bool = Field(description="True when an earlier call, under another key, had lifted it.")


class RuleReinstated(BaseModel):
    """Where a rule bites again."""

    external_ref: str
    state: RuleState
    reinstated_on: list[str] = Field(
        description="Serial numbers; empty when this control had lifted nothing, or it was taken back before."
    )


class Questioned(Payload):
    """A transaction that a control questions."""

    ref: Name = Field(description="The transaction's reference number.")
    amount_fen: Fen
    at: AwareDatetime
    last4: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] = Field(description="Last digits of the card.")
    terminal_id: Name


class QuestionedList(Payload):
    """The transactions a control questions, in the order risk control gave them."""

    transactions: list[Questioned] = Field(max_length=1000)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.ref for each in self.transactions}) != len(self.transactions):
            raise ValueError("transactions: a ref is named twice")
        return self


class LimitRequest(Payload):
    """A merchant's limits from now on, as far as the case goes."""

    merchant_no: Name
    case_id: Name
    factor_percent: Annotated[int, Field(ge=1, le=100, description="Percent of the usual limits; 100 lifts the cut.")]


class Limit(BaseModel):
    """The limits in force for a merchant."""

    merchant_no: str
    case_id: str | None = Field(description="The case that set them; null when nobody ever did.")
    factor_percent: int
    set_at: datetime | None


class WatchRequest(Payload):
    """A merchant to watch after a release."""

    merchant_no: Name
    case_id: Name
    until: AwareDatetime


class Watch(BaseModel):
    """A watch over a merchant."""

    watch_ref: str
    merchant_no: str
    case_id: str
    until: datetime
    started_at: datetime


class HitRequest(Payload):
    """A rule that fired under a watch."""

    rule: Name
    at: AwareDatetime


class Hit(BaseModel):
    """Something a watch saw."""

    hit_ref: str
    watch_ref: str
    rule: str
    at: datetime


class Monitoring(BaseModel):
    """What is and was watched for a case, and what was seen."""

    watches: list[Watch]
    hits: list[Hit]
