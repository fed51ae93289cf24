"""Events of review: who decided what, and what became void."""

from __future__ import annotations

from dataclasses import dataclass

from domain.events.values import Amounts, Due, SupplementItem


@dataclass(frozen=True, slots=True)
class FirstApproval:
    """The first reviewer approved, for exactly these amounts and controls, at this version. `rule` names the policy
    rule when an automatic reviewer decided."""

    amounts: Amounts
    control_ids: tuple[str, ...]
    seen: int
    tier: str
    reason: str
    rule: str
    final: bool
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class SecondApproval:
    """The second reviewer approved the same amounts from the same controls."""

    amounts: Amounts
    control_ids: tuple[str, ...]
    seen: int
    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ReviewReturned:
    """The second reviewer sent the case back; the first decision is void."""

    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class RejectProposed:
    """The first reviewer would reject; a second one confirms it or sends it back."""

    reason_code: str
    reason: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class CaseRejected:
    """The appeal is rejected for `reason_code`; the merchant is told `public_code`."""

    reason_code: str
    reason: str
    dues: tuple[Due, ...]
    public_code: str


@dataclass(frozen=True, slots=True)
class ApprovalVoided:
    """What an approval rested on changed: document_expired, control_added, party_changed, validity_over, disposal_due.
    It is not a rejection. `items` are documents asked for anew; with any, the case waits for the merchant."""

    cause: str
    subject: str
    items: tuple[SupplementItem, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class DecisionLate:
    """The decision promised to the merchant was not made in its time."""

    due: str


@dataclass(frozen=True, slots=True)
class ReviewOverdue:
    """Nobody decided in time; the task goes to someone else and the lead is told."""

    level: int
    times: int
    dues: tuple[Due, ...]
