"""Folding what contract signing did: which agreement there is, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, assert_never

from domain import events as e
from domain.case import Agreement, Case

AgreementEvent = (
    e.AgreementOrdered | e.AgreementIssued | e.AgreementAnswered | e.AgreementAskedAnew | e.AgreementCalledOff
)


def evolve(case: Case, event: AgreementEvent) -> Case:
    """The case after `event`."""
    match event:
        case e.AgreementOrdered():
            heard = case.agreement.heard if case.agreement else {}
            return replace(case, agreement=Agreement(event.agreement, heard=heard))
        case e.AgreementIssued():
            return _agreement(
                case, state="issued", ref=event.agreement_ref, sha256=event.document_sha256, link_ref=event.link_ref,
                expires_at=event.expires_at,
            )  # fmt: skip
        case e.AgreementAnswered():
            return _answered(case, event)
        case e.AgreementAskedAnew():
            return _agreement(case, state="asked_anew")
        case e.AgreementCalledOff():
            return _agreement(case, state="called_off")
        case _:
            assert_never(event)


def _answered(case: Case, event: e.AgreementAnswered) -> Case:
    assert case.agreement is not None, "a word on an agreement nobody asked for is a discrepancy"
    heard = {**case.agreement.heard, event.agreement: event.outcome}
    return _agreement(case, state=event.outcome, signature_ref=event.signature_ref, heard=heard)


def _agreement(case: Case, **changes: Any) -> Case:
    assert case.agreement is not None
    return replace(case, agreement=replace(case.agreement, **changes))
