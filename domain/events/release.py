"""Events of the release: its steps, the payout, legal orders, and what comes after."""

from __future__ import annotations

from dataclasses import dataclass

from domain.events.values import Authority, Due, PlacedControl, PlannedStep
from domain.text import Text


@dataclass(frozen=True, slots=True)
class ActionsRequired:
    """The merchant must do these things before anything is lifted."""

    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionDone:
    """The merchant did what the reason asks of them, before the release or after it."""

    action: str
    ref: str


@dataclass(frozen=True, slots=True)
class ExecutionStarted:
    """Documents, controls and account were looked at again and the release began, with this plan."""

    steps: tuple[PlannedStep, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step of the release begins; nothing is sent to a partner before this is written."""

    n: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """The effect took place; `answer` is the partner's reference for it."""

    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class StepUnknown:
    """No answer came, so it is asked for by the step's key; it is never sent under a new one."""

    n: int
    why: str


@dataclass(frozen=True, slots=True)
class StepDelayed:
    """The release hangs at a partner: the merchant is told within the hour (`days` 0), operations from day 3 on."""

    n: int
    days: int
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ExecutionFailed:
    """A step was refused for good before the pivot: what was done is reversed, last first."""

    n: int
    code: str


@dataclass(frozen=True, slots=True)
class StepUndone:
    """The effect of a done step was reversed."""

    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class ExecutionCompensated:
    """Everything done was reversed; the case is where it stood before, or withdrawn."""

    withdrawn: bool
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class WithdrawRequested:
    """The merchant withdraws while a call is in flight; it is resolved first."""

    reason: str


@dataclass(frozen=True, slots=True)
class CaseWithdrawn:
    """The merchant took the appeal back. The controls stay; it may be reopened for a while."""

    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class PayoutAnswered:
    """The bank said what became of the payout: `confirmed` or `bounced`."""

    step_key: str
    outcome: str
    message_ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class PayoutAccountNeeded:
    """The bank sent the money back for good; the merchant names another account of the same name."""

    reason: str


@dataclass(frozen=True, slots=True)
class PayoutAccountNamed:
    """The merchant named another account; its data is in the vault."""

    account_ref: str


@dataclass(frozen=True, slots=True)
class PayoutAccountChecked:
    """The bank said whether the account is in the merchant's name."""

    matches: bool
    finding: Text
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class PayoutAccountApproved:
    """One of two consented to the account; with the second, `steps` send the money again."""

    reason: str
    steps: tuple[PlannedStep, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ReleaseExecuted:
    """All effects took place. With post-actions the case waits for them."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class PostActionReminded:
    """The merchant is reminded, on this day, of what is left to do after the release."""

    day: int


@dataclass(frozen=True, slots=True)
class PostActionOverdue:
    """The merchant did not act in time: the terminal stays live with reduced limits."""

    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitsReduced:
    """Risk control reduced the merchant's limits, because post-actions were left undone."""

    answer: str


@dataclass(frozen=True, slots=True)
class PostActionLapsed:
    """Still not done: the terminal is blocked again, under this control, until it is."""

    control: PlacedControl


@dataclass(frozen=True, slots=True)
class LapseLifted:
    """The post-actions were done late; the block for them goes."""

    control_id: str


@dataclass(frozen=True, slots=True)
class PostActionsDone:
    """The merchant has done everything the reason asks for after the release."""


@dataclass(frozen=True, slots=True)
class LimitsRestored:
    """Risk control gave the merchant its usual limits back, as the post-actions are done."""

    answer: str


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """The release is complete; the terminal is watched for a while."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class CaseReopened:
    """A closed appeal is taken up again; what was verified and still stands is kept. `complaint_id` names the complaint
    whose answer ordered it, if one did."""

    statement_ref: str
    on_behalf: bool
    dues: tuple[Due, ...]
    complaint_id: str


@dataclass(frozen=True, slots=True)
class LegalHoldPlaced:
    """An authority's order stops the case. Before the pivot it keeps what is held; after it, money not yet paid out
    is held anew under `control`. `authority` is null where compliance did not state it."""

    control: PlacedControl
    document_id: str
    authority: Authority | None
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class LegalHoldLifted:
    """The authority let go. Before the pivot the case is reviewed anew; after it `steps` are what is left to do."""

    control_id: str
    document_id: str
    authority: Authority | None
    steps: tuple[PlannedStep, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class RemainderReleased:
    """A fresh L3 decision lets what the order does not name leave while the order stands."""

    approved_by: tuple[str, ...]
    release_fen: int
    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class RemainderProposed:
    """A supervisor proposes to let go what a legal order does not name."""

    release_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class MonitoringEnded:
    """The watch over the released terminal is over."""

    outcome: str


@dataclass(frozen=True, slots=True)
class ReopenWindowEnded:
    """The time in which the appeal could be reopened is over."""

    due: str
