"""What the books write down, and the few numbers of the spec they are kept by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone

TIERS = {"R02": "L1", "S01": "L1", "S03": "L0", "R01": "L1", "R07": "L3", "R09": "L3", "R10": "L3", "J01": "L3",
         "J02": "L3", "F01": "L3"}  # fmt: skip
"""The tiers of reason-codes.csv; every other reason of a freeze appeal is L2."""
NEVER = {"R07", "R09", "F01", "J02"}
ON_INSTRUMENT = {"J01", "R10"}
L2_FROM_FEN = 5_000_000
SHANGHAI = timezone(timedelta(hours=8))

BY_SILENCE = {
    "FreezeNoticeLate", "EvidenceReminded", "CaseExpired", "CheckDeferred", "ManualCheck", "DecisionLate",
    "ReviewOverdue", "ApprovalVoided", "HoldRejustifyDue", "DisposalDue", "StepDelayed", "PostActionReminded",
    "PostActionOverdue", "PostActionLapsed", "MonitoringEnded", "ReopenWindowEnded",
}  # fmt: skip
"""All that a passed deadline may lead to."""
NEVER_RAISES = {"NoticeSent", "MessageRecorded", "CallbackIgnored", "DiscrepancyFound", "CommandRefused",
                "DiscrepancyResolved", "LimitsReduced", "LimitsRestored", "PostActionsDone"}  # fmt: skip
VOIDS = {"ApprovalVoided", "ReviewReturned", "SupplementRequested", "RejectProposed", "CaseRejected", "CaseReopened",
         "ExecutionCompensated", "CaseExpired", "CaseWithdrawn"}  # fmt: skip
HANDLES = {"ReasonConfirmed", "AppealOpened", "FieldServiceRequested", "FieldServiceDone", "CaseSubmitted",
           "CaseReopened", "DocumentJudged", "RequirementWaived"}  # fmt: skip
REVERSIBLE = {"reserve", "lift_risk_rule"}


@dataclass
class Control:
    reason: str
    held: int
    placer: str
    legal: bool = False
    block: bool = False
    on: bool = True


@dataclass
class Paper:
    type: str
    standing: str
    until: str | None
    anew: bool = False

    def proves(self, day: str) -> bool:
        good = self.standing in {"passed", "accept", "on_file"} and not self.anew
        return good and (self.until is None or day <= self.until)


@dataclass
class Step:
    name: str
    key: str
    subject: str
    pivot: bool
    attempt: int
    state: str = "planned"


@dataclass
class Consent:
    by: str
    amounts: dict[str, int]
    control_ids: list[str]
