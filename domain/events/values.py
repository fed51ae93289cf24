"""What events are made of: deadlines, controls, documents, amounts, steps."""

from __future__ import annotations

from dataclasses import dataclass

from domain.text import Text, plain


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline that now runs: what for, when, how it was computed, and whether the calendar is known that far."""

    name: str
    due: str
    basis: Text
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class QuestionedTransaction:
    """A transaction a control questions; `last4` are the card's last digits, `at` RFC 3339."""

    ref: str
    amount_fen: int
    at: str
    last4: str
    terminal_id: str


@dataclass(frozen=True, slots=True)
class PlacedControl:
    """A control as it was placed: `scope` is `all` or some of debit, credit, qr, refund, preauth."""

    control_id: str
    kind: str
    reason_code: str
    held_fen: int
    scope: tuple[str, ...]
    source: str
    external_ref: str
    placed_by: str
    placed_at: str
    terminal_sn: str
    detail: str = ""
    transactions: tuple[QuestionedTransaction, ...] = ()


AUTHORITIES = ("court", "procuratorate", "police", "supervision", "tax", "customs", "regulator", "network")
"""Who may order a freeze or lift it; `regulator` is the central bank or another financial supervisor, `supervision` the
supervision commission."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority that issued an instrument, as the instrument names it, and the instrument's own number. `kind` is
    one of `AUTHORITIES`."""

    kind: str
    name: str
    instrument_no: str

    def is_same_as(self, other: Authority) -> bool:
        """Whether both are one authority, whatever its instruments: one kind, and one name in whatever spelling."""
        return self.kind == other.kind and plain(self.name) == plain(other.name)


@dataclass(frozen=True, slots=True)
class FiledDocument:
    """A document in the case: its type, the SHA-256 of its bytes, and the last day it is valid (None: no end)."""

    document_id: str
    doc_type: str
    sha256: str
    media_type: str
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class SupplementItem:
    """What is asked for anew, and why, in words a merchant may read."""

    doc_type: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Amounts:
    """What becomes of held money, in fen: paid to the merchant, kept as a penalty, set aside for claims."""

    release_fen: int = 0
    penalty_fen: int = 0
    claims_fen: int = 0

    @property
    def total_fen(self) -> int:
        return self.release_fen + self.penalty_fen + self.claims_fen


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One outside effect of the release: its number in the case, name, idempotency key, and the control it is for."""

    n: int
    name: str
    key: str
    subject: str = ""
    pivot: bool = False
