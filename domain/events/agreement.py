"""Events of contract signing: an agreement is issued to the merchant, and signed or not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgreementOrdered:
    """The desk begins to have the case's next agreement (the first is number 1) issued by contract signing."""

    agreement: int


@dataclass(frozen=True, slots=True)
class AgreementIssued:
    """Contract signing holds it out to be signed: exactly the text of this hash, until `expires_at`. The link lies in
    the vault, as whoever has it can sign."""

    agreement: int
    agreement_ref: str
    document_sha256: str
    link_ref: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class AgreementAnswered:
    """Contract signing's word on an agreement: signed (under `signature_ref`), declined, withdrawn or expired."""

    agreement: int
    outcome: str
    message_ref: str
    happened_at: str
    signature_ref: str


@dataclass(frozen=True, slots=True)
class AgreementAskedAnew:
    """An agreement that was declined or withdrawn is to be issued once more."""


@dataclass(frozen=True, slots=True)
class AgreementCalledOff:
    """An agreement that is no longer needed was withdrawn; `answer` is what contract signing said to it."""

    agreement: int
    answer: str
