"""What the procedures need done outside, as they ask for it: one name per activity, what goes in, what comes back.

`activities` implements these names; the procedures never import it. Orders carry ids and references, no personal data.
Every effect has an idempotency key. A call ends in one of four ways:

- it returns: the effect took place (now or on an earlier attempt under the same key);
- it raises an error of type `REFUSED`: the partner said no for good and nothing happened (details: code, facts);
- it raises an error of type `UNKNOWN`: no answer came, so the effect may have taken place; ask with `look_up`;
- any other error: nothing happened, and the engine tries again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from domain.text import Text

REFUSED = "Refused"
UNKNOWN = "Unknown"
UNFIT = "Unfit"
"""An append that no journal can hold, however often it is tried; nothing was written."""

JOURNAL_APPEND = "journal.append"
"""AppendRequest JSON → AppendAnswer JSON (`journal.requests`); a local activity."""
JOURNAL_READ = "journal.read"
"""ReadOrder → the stream's entries after a position, as `domain.wire.entries_json`; a local activity."""
JOURNAL_WAITING = "journal.waiting"
"""WaitingOrder → whether a command for the case waits that came until then; a local activity."""

EFFECTS: Mapping[str, str] = {
    "ledger.hold": "ledger",
    "ledger.reserve": "ledger",
    "ledger.cancel_reservation": "ledger",
    "ledger.ledger_release": "ledger",
    "ledger.release_legal_hold": "ledger",
    "ledger.book_payout": "ledger",
    "ledger.resend_payout": "ledger",
    "ledger.settle_payout": "ledger",
    "ledger.open_accounts": "ledger",
    "terminals.register": "terminals",
    "terminals.block": "terminals",
    "terminals.unblock_terminal": "terminals",
    "risk.lift_risk_rule": "risk",
    "risk.reinstate_risk_rule": "risk",
    "risk.reduce_limits": "risk",
    "risk.restore_limits": "risk",
    "risk.monitor": "risk",
    "bank.pay_out": "bank",
    "status.report_status": "status",
    "notices.send_notice": "notices",
    "field.book_visit": "field",
    "field.call_off_visit": "field",
    "contracts.issue_agreement": "contracts",
    "contracts.call_off_agreement": "contracts",
}
"""Each effect (Order → Receipt) and the task queue it is done on."""

LOOK_UPS: Mapping[str, str] = {
    f"{queue}.look_up": queue
    for queue in ("ledger", "terminals", "risk", "bank", "status", "notices", "field", "contracts")
}
"""What became of an effect (Order → Receipt, or None when it never took place), by its key."""

RISK_QUESTIONS = "risk.questions"
"""Order (external_ref) → Questions: the transactions a control is about."""
BANK_PAYOUT = "bank.payout"
"""Order (key of the pay_out step) → PayoutState."""
BANK_CHECK_ACCOUNT = "bank.check_account"
"""Order (account_ref, merchant_no) → AccountCheck."""
LEDGER_RECONCILE = "ledger.reconcile"
"""ReconcileOrder → Reconciled: ledger, journal and bank file of a day, compared."""
DOCUMENTS_VERIFY = "documents.verify"
"""VerifyOrder → Verified."""
FIELD_VISIT = "field.visit"
"""Order (external_ref: the visit's) → VisitState."""
FIELD_NOTE = "field.note"
"""VisitNote → nothing: what the visit means for the merchant's contact tasks and the contact log."""
CONTRACTS_AGREEMENT = "contracts.agreement"
"""Order (external_ref: the agreement's) → AgreementState."""
NOTICES_SEND = "notices.send"
"""NoticeOrder → Delivered, or an error of type QUIET (details: seconds) when the merchant must not be rung up now."""
NOTICES_RESEND = "notices.resend"
"""Resend → Delivered."""
NOTICES_BROADCAST = "notices.broadcast"
"""BroadcastOrder → BroadcastPage: the next merchants of a notice to all are told."""
QUIET = "QuietHours"

DESK_NEXT_ITEMS = "desk.next_items"
"""BulkRun → BulkProgress: the next items of a bulk action, each judged, done and settled."""

QUEUES = ("ledger", "terminals", "risk", "bank", "status", "notices", "documents", "field", "contracts")
"""The task queues of the hands, one per partner."""
CASES = "cases"
"""The task queue of the procedures."""
DESK = "desk"
"""The task queue of what the desk itself does for a procedure; the relay works on it."""

STEPS: Mapping[str, str] = {
    "reserve": "ledger.reserve",
    "lift_risk_rule": "risk.lift_risk_rule",
    "ledger_release": "ledger.ledger_release",
    "release_legal_hold": "ledger.release_legal_hold",
    "unblock_terminal": "terminals.unblock_terminal",
    "book_payout": "ledger.book_payout",
    "pay_out": "bank.pay_out",
    "resend_payout": "ledger.resend_payout",
    "report_status": "status.report_status",
    "send_notice": "notices.send_notice",
    "settle_payout": "ledger.settle_payout",
    "cancel_reservation": "ledger.cancel_reservation",
    "reinstate_risk_rule": "risk.reinstate_risk_rule",
}
"""The effect behind each step of a release (`domain.release.plan`) and behind each reversal."""


@dataclass(frozen=True, slots=True)
class ReadOrder:
    stream: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """`until` is RFC 3339."""

    case_id: str
    until: str


@dataclass(frozen=True, slots=True)
class Order:
    """One effect, asked for under `key`. Amounts in fen; fields an effect does not need are empty.

    `related_key` is the key of an earlier effect this one continues (the reservation a release consumes, the booking a
    settlement settles). `outcome` is the bank's word when a payout is settled. `state` is what is reported, or a
    visit's task. A payout without `account_ref` goes to the settlement account as it stood at `approved_at`.
    `limits_percent` is what a merchant keeps of its limits; an order that does not say is one from when every policy
    said 50. `place` and `note` tell a technician how far to go and what for. `public_reason` is the reason the merchant
    is told, `remaining_fen` what stays held after the release.
    """

    key: str
    case_id: str
    merchant_no: str
    terminal_sn: str
    control_id: str = ""
    external_ref: str = ""
    reason_code: str = ""
    amount_fen: int = 0
    release_fen: int = 0
    penalty_fen: int = 0
    claims_fen: int = 0
    control_ids: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    related_key: str = ""
    outcome: str = ""
    account_ref: str = ""
    approved_at: str = ""
    state: str = ""
    until: str = ""
    limits_percent: int = 50
    place: str = ""
    note: str = ""
    public_reason: str = ""
    remaining_fen: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The partner's own reference for the effect."""

    ref: str


@dataclass(frozen=True, slots=True)
class Questioned:
    ref: str
    amount_fen: int
    at: str
    last4: str
    terminal_id: str


@dataclass(frozen=True, slots=True)
class Questions:
    transactions: tuple[Questioned, ...] = ()


@dataclass(frozen=True, slots=True)
class PayoutState:
    outcome: Literal["pending", "confirmed", "bounced"]
    message_ref: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AccountCheck:
    matches: bool
    finding: Text


@dataclass(frozen=True, slots=True)
class VisitState:
    """How a visit stands at field service: `outcome` is its last word, or empty where it said nothing yet."""

    outcome: Literal["", "assigned", "no_show", "cancelled", "done"]
    happened_at: str
    result: str = ""
    slot_ends: str = ""


@dataclass(frozen=True, slots=True)
class AgreementState:
    """How an agreement stands at contract signing: `outcome` is how it ended, or empty while it can be signed. The
    text to be signed has the hash `document_sha256`; the link that leads to it lies in the vault."""

    outcome: Literal["", "signed", "declined", "withdrawn", "expired"]
    happened_at: str
    document_sha256: str
    expires_at: str
    link_ref: str = ""
    signature_ref: str = ""


@dataclass(frozen=True, slots=True)
class VisitNote:
    """What became of a visit (`key`): promised until `due`, kept, missed, or dropped."""

    key: str
    case_id: str
    merchant_no: str
    what: Literal["promised", "kept", "missed", "dropped"]
    due: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class VerifyOrder:
    """`day` is today in Shanghai (YYYY-MM-DD); `transaction_refs` are the transactions the case's controls question;
    `ticket` is the visit's, which a repair report must name."""

    key: str
    case_id: str
    document_id: str
    doc_type: str
    merchant_no: str
    day: str
    terminal_sn: str = ""
    transaction_refs: tuple[str, ...] = ()
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """`findings` are sentences a merchant may read; `owed` are types of further documents it makes needed."""

    outcome: Literal["passed", "failed", "unsure"]
    findings: tuple[Text, ...] = ()
    valid_until: str | None = None
    owed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeOrder:
    """A notice to `audience` (merchant, lead, operations). `facts` fill the template `notice`; `public_reason` is the
    reason code that may be named. `at_once` does away with quiet hours: something urgent waits behind it."""

    key: str
    notice: str
    audience: str
    case_id: str
    merchant_no: str
    terminal_sn: str
    public_reason: str
    policy_version: str
    facts: Mapping[str, str] = field(default_factory=dict)
    items: tuple[tuple[str, Text], ...] = ()
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Resend:
    """A merchant's notice once more, under a key of its own: over `channel`, or over any not in `instead_of`."""

    order: NoticeOrder
    channel: str = ""
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BroadcastOrder:
    """The notice of policy `broadcast_id`, to all merchants."""

    broadcast_id: str
    policy_version: str


@dataclass(frozen=True, slots=True)
class BroadcastPage:
    """How many are still to be told, and for how many seconds quiet hours hold all of them back."""

    left: int
    quiet_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """How it went out: the channel, the gateway's receipt, and when (RFC 3339)."""

    channel: str
    receipt: str
    delivered_at: str


@dataclass(frozen=True, slots=True)
class Registration:
    """A merchant or terminal whose data changed at the desk and must be known to the partners."""

    kind: str
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class ReconcileOrder:
    """`day` (YYYY-MM-DD) is a day in Shanghai."""

    day: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How much was compared, and how many differences of each kind are left at the desk."""

    day: str
    cases: int
    postings: int
    bank_lines: int
    differences: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far a bulk action came: its state (`running`, `stopped`, `done`) and how many of `total` items were moved,
    skipped, and failed."""

    state: str
    action: str = ""
    total: int = 0
    moved: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def settled(self) -> int:
        return self.moved + self.skipped + self.failed


@dataclass(frozen=True, slots=True)
class BulkRun:
    """A bulk action to be carried out, with how far the run before came. `continue_after` continues a run after so many
    turns, for tests of long actions; otherwise the engine says when."""

    bulk_id: str
    progress: BulkProgress = BulkProgress("running")
    continue_after: int | None = None
