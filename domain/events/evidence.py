"""Events of evidence: from the confirmed reason to what was proved, asked for anew, or not provided in time."""

from __future__ import annotations

from dataclasses import dataclass

from domain.events.values import Due, FiledDocument, SupplementItem
from domain.text import Text


@dataclass(frozen=True, slots=True)
class ReasonConfirmed:
    """An officer confirmed why the terminal is frozen; the merchant's checklist follows from it."""

    reason_code: str
    note: str
    requirements: tuple[tuple[str, ...], ...]
    on_file: tuple[FiledDocument, ...]
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class AppealOpened:
    """The merchant's side (or an officer for it) asked for the freeze to be lifted."""

    statement_ref: str
    on_behalf: bool


@dataclass(frozen=True, slots=True)
class EvidenceReminded:
    """The merchant is reminded `days_left` business days before the evidence period ends."""

    days_left: int


@dataclass(frozen=True, slots=True)
class EvidenceExtended:
    """The merchant's time to prove was extended, once."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class DocumentAdded:
    """A document was filed; `on_behalf` when an officer filed it for the merchant."""

    document: FiledDocument
    on_behalf: bool


@dataclass(frozen=True, slots=True)
class CaseSubmitted:
    """The merchant declared the documents true and complete; the promised time starts."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class EvidenceResubmitted:
    """Everything asked for anew was filed; `round` counts the reviewers' requests so far."""

    round: int
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class DocumentChecked:
    """The machine read a document: `passed`, `failed` or `unsure`, with what it found in words for the merchant."""

    document_id: str
    outcome: str
    findings: tuple[Text, ...]
    valid_until: str | None


@dataclass(frozen=True, slots=True)
class CheckDeferred:
    """Document verification cannot be reached; the case waits for it."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class CheckResumed:
    """Document verification answers again."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ManualCheck:
    """Verification stayed away too long; a person judges every document instead."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ChecksPassed:
    """The machine found no clear failure; a reviewer judges what it was unsure of."""

    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    """Documents are asked for anew. Only a reviewer's request is `counted` towards the three rounds."""

    items: tuple[SupplementItem, ...]
    counted: bool
    round: int
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class DocumentJudged:
    """A reviewer looked at a document: accept, reject or unsure."""

    document_id: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequirementWaived:
    """A reviewer let a requirement go; the case needs four eyes from now on."""

    doc_type: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaseExpired:
    """The merchant's time ran out. The controls stay; the case may be reopened for a while."""

    deadline: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class PartyChanged:
    """Something about the merchant changed that decisions rest on: legal_representative, name or settlement_account."""

    what: str
