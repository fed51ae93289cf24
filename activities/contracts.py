"""Contract signing: agreements issued to merchants, asked about and called off."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from temporalio import activity

from activities.calls import Call, RefusedError, segment
from activities.heartbeats import heartbeating
from activities.records import Records
from wording import Language, Wording
from workflows.ports import CONTRACTS_AGREEMENT, AgreementState, Order, Receipt

TEMPLATE = "acquiring-2026"
"""The acquiring agreement, as it stands since 2026; each terminal's is signed by itself."""
VALID_DAYS = 15
"""Calendar days in which it can be signed (transitions.csv, K4: e-sign link)."""


@dataclass(frozen=True, slots=True)
class Asked:
    document_sha256: str


@dataclass(frozen=True, slots=True)
class Facts:
    sign_url: str
    expires_at: str
    signature_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    ref: str
    state: Literal["issued", "signed", "declined", "withdrawn", "expired"]
    changed_at: str
    asked: Asked = field(default_factory=lambda: Asked(""))
    facts: Facts = field(default_factory=lambda: Facts("", ""))


class Contracts:
    def __init__(self, call: Call, records: Records, wording: Wording) -> None:
        self._call = call
        self._records = records
        self._wording = wording

    @activity.defn(name="contracts.issue_agreement")
    async def issue_agreement(self, order: Order) -> Receipt:
        """Hold the acquiring agreement out to the merchant, in the language of its first contact."""
        async with heartbeating():
            terminal = await self._records.terminal(order.terminal_sn)
            contacts = await self._records.contacts(order.merchant_no)
        language: Language = "en" if contacts and contacts[0].language == "en" else "zh"
        text = self._wording.agreement(order.merchant_no, order.terminal_sn, terminal.fee_plan, language)
        body = {
            "case_id": order.case_id,
            "merchant_no": order.merchant_no,
            "template": f"{TEMPLATE}/{order.terminal_sn}",
            "document_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "text": text,
            "fee_plan": terminal.fee_plan,
            "language": language,
            "valid_days": VALID_DAYS,
        }
        return Receipt((await self._call.effect("/agreements", body, order.key, Agreement)).ref)

    @activity.defn(name="contracts.call_off_agreement")
    async def call_off_agreement(self, order: Order) -> Receipt:
        """Withdraw the agreement `external_ref`. One that has ended cannot be, and that is an answer, too."""
        path = f"/agreements/{segment(order.external_ref)}/moves"
        try:
            moved = await self._call.effect(path, {"move": "withdraw", "reason": "not-needed"}, order.key, Agreement)
        except RefusedError as refused:
            if refused.code != "impossible-move":
                raise
            return Receipt(f"too late: {refused.facts.get('state', '')}")
        return Receipt(moved.state)

    @activity.defn(name=CONTRACTS_AGREEMENT)
    async def agreement(self, order: Order) -> AgreementState:
        """How the agreement `external_ref` stands. The link to an open one is put into the vault, as whoever has it
        can sign. Raises RefusedError `unknown-agreement`."""
        found = await self._call.get(f"/agreements/{segment(order.external_ref)}", Agreement)
        if found is None:
            raise RefusedError(self._call.name, "unknown-agreement")
        link_ref = ""
        if found.state == "issued":
            async with heartbeating():
                link_ref = await self._records.put_link(order.merchant_no, found.facts.sign_url)
        return AgreementState(
            outcome="" if found.state == "issued" else found.state,
            happened_at=found.changed_at,
            document_sha256=found.asked.document_sha256,
            expires_at=found.facts.expires_at,
            link_ref=link_ref,
            signature_ref=found.facts.signature_ref or "",
        )

    @activity.defn(name="contracts.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the order of `key`; None when it never arrived."""
        found = await self._call.find(order.key, Agreement)
        return Receipt(found.ref) if found else None
