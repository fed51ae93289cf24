"""The state of a case: what is left of its history after folding, and the questions asked of it.

Nothing here decides; the parts (`controls`, `evidence`, `review`, `release`) do. Amounts are integer fen,
times RFC 3339 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.events import Amounts, Authority, Due, FiledDocument, PlacedControl, PlannedStep, SupplementItem
from domain.text import Text


class Status(StrEnum):
    """Where a freeze appeal stands. Source: spec README, `status` of a case."""

    OPENED = "opened"
    REASON_CONFIRMED = "reason_confirmed"
    AWAITING_FIELD = "awaiting_field"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    PENDING_CHECK = "pending_check"
    AWAITING_SUPPLEMENT = "awaiting_supplement"
    IN_REVIEW_1 = "in_review_1"
    IN_REVIEW_2 = "in_review_2"
    APPROVED = "approved"
    PRE_RELEASE_ACTIONS = "pre_release_actions"
    EXECUTING = "executing"
    COMPENSATING = "compensating"
    SUSPENDED_LEGAL = "suspended_legal"
    POST_ACTIONS = "post_actions"
    CLOSED_RELEASED = "closed_released"
    CLOSED_REJECTED = "closed_rejected"
    CLOSED_WITHDRAWN = "closed_withdrawn"
    CLOSED_EXPIRED = "closed_expired"


CLOSED = frozenset({Status.CLOSED_RELEASED, Status.CLOSED_REJECTED, Status.CLOSED_WITHDRAWN, Status.CLOSED_EXPIRED})

REVIEW = frozenset({Status.IN_REVIEW_1, Status.IN_REVIEW_2})

TIERS = ("L0", "L1", "L2", "L3")


@dataclass(frozen=True, slots=True)
class Control:
    """A control on the terminal and what has become of its money and its block.

    `wants` are the outside effects it needs (`hold` at the ledger, `block` at the terminal system), `enforced` those
    that took place. `settled_fen` has left the hold; `covers_fen` is what a legal order reserves of money already
    held under other controls.
    """

    placed: PlacedControl
    wants: tuple[str, ...]
    held_fen: int
    enforced: frozenset[str] = frozenset()
    settled_fen: int = 0
    covers_fen: int = 0
    lifted: bool = False
    legal_hold: bool = False
    authority: Authority | None = None
    lapse: bool = False
    rejustify_tier: str | None = None

    @property
    def control_id(self) -> str:
        return self.placed.control_id

    @property
    def remaining_fen(self) -> int:
        return self.held_fen - self.settled_fen

    @property
    def in_force(self) -> bool:
        """Whether its money is held and its block stands (what risk control questions is for information only)."""
        return set(self.wants) - {"questions"} <= self.enforced

    @property
    def owed(self) -> tuple[str, ...]:
        """The outside effects still to be had: what it wants while it stands; after a lapse is lifted, the unblocking
        (a release unblocks in its own steps)."""
        if not self.lifted:
            return tuple(effect for effect in self.wants if effect not in self.enforced)
        if self.lapse and "block" in self.enforced and "unblock" not in self.enforced:
            return ("unblock",)
        return ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the case. `standing` is received, passed, failed, unsure, accepted, rejected or on_file;
    `asked_anew` marks one a supplement asks to replace."""

    filed: FiledDocument
    added_by: str
    added_at: str
    standing: str = "received"
    valid_until: str | None = None
    findings: tuple[Text, ...] = ()
    asked_anew: bool = False

    @property
    def document_id(self) -> str:
        return self.filed.document_id

    @property
    def doc_type(self) -> str:
        return self.filed.doc_type

    def stands(self, today: str) -> bool:
        """Verified and still valid on `today` (YYYY-MM-DD, Asia/Shanghai): valid through its last day."""
        good = self.standing in {"passed", "accepted", "on_file"} and not self.asked_anew
        return good and not self.expired(today)

    def expired(self, today: str) -> bool:
        return self.valid_until is not None and self.valid_until < today


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is required (each entry: any one of these types), what was filed, waived and asked for anew."""

    requirements: tuple[tuple[str, ...], ...] = ()
    documents: tuple[Document, ...] = ()
    waived: frozenset[str] = frozenset()
    asked: tuple[SupplementItem, ...] = ()
    rounds: int = 0
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """One reviewer's consent, when it was given (RFC 3339) and what exactly it covers."""

    by: str
    at: str
    level: int
    version: int
    amounts: Amounts
    control_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """First and second decision, and who took which part in the case."""

    first: Approval | None = None
    second: Approval | None = None
    rejection_by: str | None = None
    rejection: tuple[str, str] | None = None
    overdue: int = 0
    asked_evidence: frozenset[str] = frozenset()
    handled: frozenset[str] = frozenset()
    uploaded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """A planned effect and how far it is: planned, started, unknown, done or undone."""

    planned: PlannedStep
    state: str = "planned"
    answer: str = ""

    @property
    def n(self) -> int:
        return self.planned.n

    @property
    def name(self) -> str:
        return self.planned.name


@dataclass(frozen=True, slots=True)
class Release:
    """The saga: its steps over all attempts, what the merchant asked meanwhile, and the payout's fate.

    `payout` is none, sent, confirmed, bounced, account_needed, account_named, account_checked or resending, `answer`
    why it came back. Of the approved release `payout_fen` is what goes out next, `withheld_fen` what a legal order
    keeps back from it.
    """

    steps: tuple[Step, ...] = ()
    first: int = 1
    withdraw_reason: str | None = None
    failed: str | None = None
    payout: str = "none"
    answer: str = ""
    payout_fen: int = 0
    withheld_fen: int = 0
    executed: bool = False
    account_ref: str | None = None
    account_first: str | None = None
    bounces: int = 0

    @property
    def attempt(self) -> tuple[Step, ...]:
        """The steps of the attempt under way (or of the last one)."""
        return tuple(step for step in self.steps if step.n >= self.first)

    @property
    def last_n(self) -> int:
        """The highest number a step has had (steps an order cut off are gone, their numbers are not used again)."""
        return max((step.n for step in self.steps), default=0)

    @property
    def pivot(self) -> Step | None:
        return next((step for step in self.attempt if step.planned.pivot), None)

    @property
    def payout_begun(self) -> bool:
        """Whether the payout has left the merchant's account, or may have: what an order can no longer keep back."""
        booked = (step for step in self.attempt if step.name in {"book_payout", "pay_out"} and step.state != "planned")
        return self.payout != "none" or next(booked, None) is not None

    @property
    def past_pivot(self) -> bool:
        return self.pivot is not None and self.pivot.state == "done"

    @property
    def in_flight(self) -> Step | None:
        return next((step for step in self.steps if step.state in {"started", "unknown"}), None)


@dataclass(frozen=True, slots=True)
class Visit:
    """The case's `n`-th visit by field service, in a city or far out (`place`), to look at what `note` says.

    `state` is wanted, ordered, booked, assigned, missed, cancelled, done or called_off. `promised` is until when the
    merchant was told that the technician comes; `heard` has every message about it, by its reference, and `heard_at`
    says when the newest thing happened.
    """

    n: int
    place: str
    note: str
    state: str = "wanted"
    ref: str = ""
    promised: str = ""
    heard: Mapping[str, str] = field(default_factory=dict)
    heard_at: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a technician may be on the way (or an order for one)."""
        return self.state in {"ordered", "booked", "assigned", "missed"}


@dataclass(frozen=True, slots=True)
class Agreement:
    """The case's `n`-th agreement to be signed by the merchant at contract signing.

    `state` is ordered, issued, signed, declined, withdrawn, expired, asked_anew or called_off. What is signed is the
    text whose hash is `sha256`; `link_ref` leads to it. `heard` has how each of the case's agreements ended.
    """

    n: int
    state: str = "ordered"
    ref: str = ""
    sha256: str = ""
    link_ref: str = ""
    expires_at: str = ""
    signature_ref: str = ""
    heard: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the merchant can sign it, or may be able to."""
        return self.state in {"ordered", "issued"}


@dataclass(frozen=True, slots=True)
class OwedNotice:
    """A notice someone must still get: `key` is its idempotency key, `facts` fill its template (no personal data)."""

    key: str
    notice: str
    audience: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedEffect:
    """An effect (`source`, under `step_key`) that a partner has refused with `code` since then; it is tried on."""

    source: str
    step_key: str
    code: str
    since: str


@dataclass(frozen=True, slots=True)
class Case:
    """A freeze appeal after folding its history. `version` is the business version people see; `limits` are the
    merchant's at risk control, as far as this case touched them: usual, reduced or restored."""

    case_id: str = ""
    version: int = 0
    status: Status = Status.OPENED
    policy_version: str = ""
    merchant_no: str = ""
    merchant_type: str = ""
    terminal_sn: str = ""
    reason_code: str = ""
    confirmed: bool = False
    opened_at: str = ""
    since: str = ""
    controls: tuple[Control, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    review: Review = field(default_factory=Review)
    release: Release = field(default_factory=Release)
    visit: Visit | None = None
    agreement: Agreement | None = None
    settled: Amounts = field(default_factory=Amounts)
    dues: Mapping[str, Due] = field(default_factory=dict)
    reminded: frozenset[str] = frozenset()
    tier_floor: str = "L0"
    appealed_by: str | None = None
    sla_runs: tuple[tuple[str, str | None], ...] = ()
    actions_done: frozenset[str] = frozenset()
    post_overdue: bool = False
    post_done: bool = False
    limits: str = "usual"
    suspended_from: Status | None = None
    remainder_proposed_by: str | None = None
    messages_seen: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[RefusedEffect, ...] = ()
    owed: tuple[OwedNotice, ...] = ()
    closed_at: str | None = None
    monitored: bool = False

    @property
    def is_open(self) -> bool:
        """Whether work on the case itself goes on (watching a closed case is not work on it)."""
        return self.status not in CLOSED

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do or to watch: closed, everyone told, no control on, no time running, nobody on
        the way, nothing held out to be signed."""
        on = any(not control.lifted or control.owed for control in self.controls)
        asked = any(one is not None and one.is_open for one in (self.visit, self.agreement))
        return not (self.is_open or self.owed or self.dues or on or self.limits_owed or asked)

    @property
    def limits_owed(self) -> str | None:
        """What risk control is still to do with the merchant's limits: to have them `reduced` once post-actions are
        overdue, `restored` once these are done. Even what was done meanwhile is reduced first: a lost call may have
        reduced them."""
        if self.post_overdue and self.limits == "usual":
            return "reduced"
        if self.post_done and self.limits == "reduced":
            return "restored"
        return None

    @property
    def held_fen(self) -> int:
        return sum(control.held_fen for control in self.controls)

    @property
    def remaining_fen(self) -> int:
        return sum(control.remaining_fen for control in self.controls)

    @property
    def standing_controls(self) -> tuple[Control, ...]:
        return tuple(control for control in self.controls if not control.lifted)

    @property
    def placers(self) -> frozenset[str]:
        return frozenset(control.placed.placed_by for control in self.controls)

    def control(self, control_id: str) -> Control | None:
        return next((control for control in self.controls if control.control_id == control_id), None)

    def document(self, document_id: str) -> Document | None:
        return next((doc for doc in self.evidence.documents if doc.document_id == document_id), None)


def refusal_of(case: Case, step_key: str) -> RefusedEffect | None:
    """The partner's refusal of this effect that nobody has put right yet."""
    return next((one for one in case.refused if one.step_key == step_key), None)


def higher(one: str, other: str) -> str:
    """The higher of two tiers."""
    return max(one, other, key=TIERS.index)
