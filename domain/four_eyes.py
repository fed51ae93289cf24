"""Four-eyes: who took which part in a case, and whom that bars from deciding it, administrators and robots included.

No reviewer placed the control or uploaded evidence; the second reviewer besides did not review first, ask for
evidence, open or handle anything in the case. Only the name counts, whatever roles its bearer has; whoever made a
merchant's log-in answers for what was done under it as for their own.
Source: spec README, What must always hold 3.
"""

from __future__ import annotations

from domain.actors import Actor
from domain.case import Case, Status
from domain.commands import Asked
from domain.controls import tier_of
from domain.policy import Policy
from domain.refusals import Refused, refuse


def level_of(case: Case) -> int:
    """Which decision is awaited: the first or the second."""
    return 2 if case.status is Status.IN_REVIEW_2 else 1


def parts_taken(case: Case, name: str, level: int) -> str | None:
    """The part `name` took in the case that bars them from the decision at `level`, or None."""
    if name in case.placers:
        return "placed the control"
    if name in case.review.uploaded:
        return "uploaded evidence"
    if level == 1:
        return None
    if name in {case.review.first.by if case.review.first else None, case.review.rejection_by}:
        return "reviewed first"
    if name in case.review.asked_evidence:
        return "asked for evidence"
    if name in case.review.handled or name == case.appealed_by:
        return "handled the case"
    return None


def part_of(case: Case, actor: Actor, level: int) -> str | None:
    """As `parts_taken`, under the caller's own name or under a log-in that they made."""
    part = parts_taken(case, actor.name, level)
    if part is None and any(parts_taken(case, name, level) for name in actor.also):
        return "made a user who took part"
    return part


def barred(case: Case, level: int) -> frozenset[str]:
    """Everyone who may not decide at `level`."""
    names = case.placers | case.review.uploaded | case.review.asked_evidence | case.review.handled
    names |= {name for name in (case.appealed_by, case.review.rejection_by) if name}
    names |= {case.review.first.by} if case.review.first else frozenset()
    return frozenset(name for name in names if parts_taken(case, name, level))


def four_eyes(case: Case, asked: Asked, policy: Policy, *, tier: str | None = None) -> Refused | None:
    """The refusal of someone who may not decide here: by the part they took, or by the tier."""
    level = level_of(case)
    part = part_of(case, asked.by, level)
    if part:
        return refuse("four-eyes", name=asked.by.name, part=part)
    tier = tier or tier_of(case, policy)
    roles = policy.tiers.roles(tier, level)  # type: ignore[arg-type]
    if not asked.by.has(*roles, "compliance_head"):
        return refuse("tier-not-allowed", tier=tier, roles=", ".join(roles))
    return None


def may_decide(case: Case, asked: Asked, policy: Policy) -> Refused | None:
    """As `four_eyes`, and the tier's own roles strictly: the compliance head decides only where the tier names them."""
    refused = four_eyes(case, asked, policy)
    if refused:
        return refused
    tier = tier_of(case, policy)
    roles = policy.tiers.roles(tier, level_of(case))  # type: ignore[arg-type]
    if not asked.by.has(*roles):
        return refuse("tier-not-allowed", tier=tier, roles=", ".join(roles))
    return None
