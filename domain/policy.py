"""The rule numbers of one dated policy, typed.

A case pins the policy's version when it opens and is decided under it to its end; a changed rule is a new version.
The numbers themselves are data in `policies/<version>/`; `policies.load` reads them into these types.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Literal, TypeAlias, get_args

from domain.business_time import Calendar, months_before
from domain.money import Fen
from domain.text import Text

Tier: TypeAlias = Literal["L0", "L1", "L2", "L3"]
Release: TypeAlias = Literal["allowed", "never", "on_instrument", "aml"]
SlaFrom: TypeAlias = Literal["submitted", "window_end", "instrument", "deadline", "network_submission"]
MerchantType: TypeAlias = Literal["individual", "sole_trader", "company"]
CaseKind: TypeAlias = Literal["K1", "K2", "K3", "K4", "K5"]

TIERS: tuple[Tier, ...] = get_args(Tier)
MERCHANT_TYPES: tuple[MerchantType, ...] = get_args(MerchantType)
CASE_KINDS: tuple[CaseKind, ...] = get_args(CaseKind)


def highest(*tiers: Tier) -> Tier:
    """The highest of the tiers."""
    return max(tiers, key=TIERS.index)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing to be proved; any one of `any_of` proves it.

    An entry is a document code (`D03`) or a proof that is no document (`paid`: see `Policy.proofs`).
    """

    any_of: tuple[str, ...]

    @property
    def key(self) -> str:
        """The requirement as one text, as the spec writes it: `D01/D03/D20`."""
        return "/".join(self.any_of)

    def met_by(self, proved: Collection[str]) -> bool:
        """Whether one of the alternatives is among those `proved`."""
        return any(code in proved for code in self.any_of)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a terminal is held, and what lifting that takes.

    `release`: `allowed`; `never` (the terminal stays held, whatever is decided); `on_instrument` (only with one of the
    `instruments`); `aml` (only by the anti-money-laundering desk). `sla_bd` counts business days from `sla_from`; it is
    None where the spec names no number of days. `disposable`: after the last re-justification the held money is
    disposed of; judicial, AML and skimming-point money never is. What a merchant may see of the reason is the reason
    named by `public_code`, see `Policy.public_reason`.
    """

    code: str
    title: Text
    raised_by: tuple[str, ...]
    pcac: tuple[str, ...]
    path: str
    evidence: tuple[Requirement, ...]
    tier: Tier
    sla_bd: int | None
    sla_from: SlaFrom
    sla_minutes: int | None
    actions_before: tuple[str, ...]
    actions_after: tuple[str, ...]
    release: Release
    instruments: tuple[str, ...]
    disclosable: bool
    public_code: str
    reopenable: bool
    disposable: bool
    field_service: bool
    fraud: bool
    network: bool
    case_kinds: tuple[CaseKind, ...]
    merchant_text: Text

    def raised_by_source(self, source: str) -> bool:
        """Whether `source` may raise this reason (letter case does not matter: AML and aml are one)."""
        return source.casefold() in {name.casefold() for name in self.raised_by}


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A kind of paper.

    `machine_read`: the document service reads it itself; every other kind is judged by a reviewer. `never_listed`: no
    merchant, agent or portal ever sees that it exists. `expires`: it carries a last day of validity. `reusable`: once
    verified it stands for later cases too (`Policy.on_file_from`); a paper about one event never does.
    """

    code: str
    title: Text
    name: str
    checks: str
    machine_read: bool
    never_listed: bool
    expires: bool
    reusable: bool


@dataclass(frozen=True, slots=True)
class Timers:
    """How long things take: `_bd` business days, `_days` calendar days, otherwise the unit named."""

    freeze_notice_bd: int
    evidence_bd: int
    evidence_reminders_bd: tuple[int, ...]
    evidence_extension_bd: int
    evidence_extensions: int
    supplement_bd: int
    supplement_rounds: int
    auto_check_minutes: int
    manual_check_bd: int
    review_1_bd: int
    review_2_bd: int
    approval_validity_bd: int
    hold_rejustify_days: int
    hold_l3_from_day: int
    hold_dispose_day: int
    step_timeout_seconds: int
    step_backoff_first_seconds: int
    step_backoff_most_seconds: int
    step_alert_days: int
    step_alert_every_days: int
    post_action_days: int
    post_action_reminder_days: tuple[int, ...]
    post_action_resuspend_day: int
    monitoring_days: int
    reopen_days: int
    microdeposit_days: int
    microdeposit_tries: int
    field_accept_hours: int
    field_visit_city_bd: int
    field_visit_rural_bd: int
    field_no_shows: int
    commitment_reminder_hours: int
    quiet_from: time
    quiet_until: time


@dataclass(frozen=True, slots=True)
class TierRules:
    """What raises a case's tier, and who decides at each tier.

    `reviewers` gives, for each tier, the roles that may take the first and, where there is one, the second review.
    """

    l2_from_fen: Fen
    penalty: Tier
    waiver: Tier
    fraud: Tier
    network: Tier
    payee_changed: Tier
    reopened: Tier
    extra_round: Tier
    rejustify: Tier
    rejustify_late: Tier
    dispose: Tier
    reviewers: Mapping[Tier, tuple[tuple[str, ...], ...]]

    def roles(self, tier: Tier, review: int) -> tuple[str, ...]:
        """The roles that may take review number `review` (1 or 2) at `tier`; none when the tier has no such review."""
        reviews = self.reviewers[tier]
        return reviews[review - 1] if 1 <= review <= len(reviews) else ()


@dataclass(frozen=True, slots=True)
class QueueRules:
    """How the reviewers' queue is ranked (see `domain.ranking`), and how long a claim on a task runs.

    Of each list of steps the reached one that is worth most counts. Policies before 2026-11-28 let the amount count,
    however long it is held, and know no steps of money times days, nor of age.
    """

    lease_minutes: int
    tier_boost_minutes: Mapping[Tier, int]
    amount_boosts: tuple[AmountBoost, ...]
    money_days_boosts: tuple[MoneyDaysBoost, ...] = ()
    age_boosts: tuple[AgeBoost, ...] = ()

    def amount_boost(self, amount_fen: Fen) -> int:
        """How many minutes earlier a task over `amount_fen` ranks."""
        return max((b.minutes for b in self.amount_boosts if amount_fen >= b.from_fen), default=0)


@dataclass(frozen=True, slots=True)
class AmountBoost:
    """From this amount on a task ranks so many minutes earlier."""

    from_fen: Fen
    minutes: int


@dataclass(frozen=True, slots=True)
class MoneyDaysBoost:
    """From so much held money times days held, in fen times days, a task ranks so many minutes earlier."""

    from_fen_days: int
    minutes: int


@dataclass(frozen=True, slots=True)
class AgeBoost:
    """So many days after its case was opened a task ranks so many minutes earlier."""

    from_days: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Other bounds: how long a verified document stands, what a merchant keeps when post-actions are left undone."""

    on_file_months: int
    reduced_limits_percent: int
    document_most_bytes: int


@dataclass(frozen=True, slots=True)
class RobotRule:
    """A decision the robot may take by itself, and when: every condition must hold."""

    name: str
    text: Text
    reason: str
    tier: Tier
    documents_passed: tuple[str, ...]
    other_open_controls_most: int
    held_most_fen: Fen
    decision: Literal["approve"]

    def applies(
        self, *, reason: str, tier: Tier, passed: Collection[str], other_open_controls: int, held_fen: Fen
    ) -> bool:
        """Whether the rule decides this case.

        `passed` are the document types whose automatic checks all passed; a person's judgement does not count here.
        """
        return (
            reason == self.reason
            and tier == self.tier
            and all(code in passed for code in self.documents_passed)
            and other_open_controls <= self.other_open_controls_most
            and held_fen <= self.held_most_fen
        )


@dataclass(frozen=True, slots=True)
class StandIn:
    """For one type of merchant some documents do not apply; others stand in for them."""

    not_applicable: tuple[str, ...]
    instead: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """All rule numbers of one dated policy. Policies are compared by identity: each version is loaded once."""

    version: str
    digest: str
    calendar: Calendar
    timers: Timers
    tiers: TierRules
    queue: QueueRules
    limits: Limits
    reasons: Mapping[str, Reason]
    documents: Mapping[str, DocumentType]
    proofs: Mapping[str, Text]
    sources: Mapping[str, Text]
    actions: Mapping[str, Text]
    stand_ins: Mapping[MerchantType, StandIn]
    robot_rules: tuple[RobotRule, ...]

    def requirements(self, reason_code: str, merchant_type: MerchantType) -> tuple[Requirement, ...]:
        """What a merchant of this type must prove under this reason, in the order of the policy, nothing twice.

        For an individual the business licence and the tax certificate do not apply: wherever one of them is asked for,
        the identity card and the shop photos stand in. As an alternative among others it is just left out.
        """
        stand_in = self.stand_ins.get(merchant_type, StandIn((), ()))
        found: dict[Requirement, None] = {}
        for requirement in self.reasons[reason_code].evidence:
            applicable = tuple(code for code in requirement.any_of if code not in stand_in.not_applicable)
            if applicable:
                found[Requirement(applicable)] = None
            else:
                found.update((Requirement((code,)), None) for code in stand_in.instead)
        return tuple(found)

    def public_requirements(self, reason_code: str, merchant_type: MerchantType) -> tuple[Requirement, ...]:
        """What merchant, agent and portal see listed: the public reason's requirements, without unlisted documents."""
        listed = []
        for requirement in self.requirements(self.reasons[reason_code].public_code, merchant_type):
            shown = tuple(code for code in requirement.any_of if not self.never_lists(code))
            if shown:
                listed.append(Requirement(shown))
        return tuple(listed)

    def never_lists(self, code: str) -> bool:
        """Whether the document of this code is kept from merchant, agent and portal."""
        return code in self.documents and self.documents[code].never_listed

    def public_reason(self, reason_code: str) -> Reason:
        """The reason that merchant, agent and portal are shown: an undisclosable one shows as a routine review."""
        return self.reasons[self.reasons[reason_code].public_code]

    def may_raise(self, source: str, reason_code: str) -> bool:
        """Whether a control of this reason may name `source` as who raised it."""
        return self.reasons[reason_code].raised_by_source(source)

    def tier_of(
        self,
        reason_code: str,
        held_fen: Fen,
        *,
        penalty_fen: Fen = 0,
        waived: bool = False,
        payee_changed: bool = False,
        reopened: bool = False,
    ) -> Tier:
        """The tier of a case: its reason's own, raised by the sum of its open holds and by what is decided in it."""
        reason = self.reasons[reason_code]
        raised: list[tuple[bool, Tier]] = [
            (held_fen >= self.tiers.l2_from_fen, "L2"),
            (penalty_fen > 0, self.tiers.penalty),
            (waived, self.tiers.waiver),
            (reason.fraud, self.tiers.fraud),
            (reason.network, self.tiers.network),
            (payee_changed, self.tiers.payee_changed),
            (reopened, self.tiers.reopened),
        ]
        return highest(reason.tier, *(tier for holds, tier in raised if holds))

    def robot_rule(
        self, *, reason: str, tier: Tier, passed: Collection[str], other_open_controls: int, held_fen: Fen
    ) -> RobotRule | None:
        """The first rule under which the robot may decide this case, or None: then a person decides."""
        for rule in self.robot_rules:
            if rule.applies(
                reason=reason, tier=tier, passed=passed, other_open_controls=other_open_controls, held_fen=held_fen
            ):
                return rule
        return None

    def on_file_from(self, today: date) -> date:
        """A document verified on this day or later, and not expired, still stands on `today`."""
        return months_before(today, self.limits.on_file_months)
