"""Document verification: a stored paper and what is on file about its merchant go to the partner that reads papers.

Papers about sales go there with the questioned transactions as the acquirer recorded them, not as anybody tells them.

What was read stays in the vault, under the merchant. The procedure only learns the outcome, in sentences a merchant
may read. Verification never fails a case: what cannot be read is for a person to judge.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import structlog
from temporalio import activity

from activities.calls import Call, RefusedError, segment
from activities.heartbeats import heartbeating
from activities.records import Records
from domain.text import Text
from journal.files import NoSuchFileError
from journal.keys import DamagedError
from journal.parties import MerchantDetails, subject_of
from journal.vault import ForgottenError
from workflows.ports import DOCUMENTS_VERIFY, Verified, VerifyOrder

log = structlog.get_logger("activities.documents")

A_PERSON_LOOKS = Text(
    "材料未能自动核验，将由审核人员查看。", "The paper could not be read by machine; a reviewer will look."
)
UNSOUND = {
    "disguised": Text("文件内容与其类型不符。", "The file is not of the kind it claims to be."),
    "encrypted": Text("文件有密码保护，请提供未加密的文件。", "The file asks for a password; please send it without."),
    "broken": Text("文件已损坏，无法打开。", "The file is damaged and does not open."),
    "bomb": Text("文件展开后过大，无法打开。", "The file unpacks to too much to be opened."),
    "empty": Text("文件为空。", "The file is empty."),
    "unsupported": Text("仅接受PDF、PNG、JPEG或WebP文件。", "Only PDF, PNG, JPEG and WebP files are taken."),
    "too-large": Text("文件过大。", "The file is too large."),
}
"""What is wrong with a file that the partner will not open, by its code."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    value: str
    confidence: float
    page: int
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    code: str
    outcome: Literal["pass", "fail", "unsure"]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Reading:
    verdict: Literal["passed", "failed", "unsure"]
    fields: Sequence[Field] = ()
    checks: Sequence[Check] = ()
    valid_until: str | None = None
    looks_like: str | None = None
    legibility: float | None = None
    owed: Sequence[str] = ()

    def findings(self) -> tuple[Text, ...]:
        """What kept the paper from passing, in the partner's words for merchants."""
        return tuple(Text(check.zh, check.en) for check in self.checks if check.outcome != "pass")


@dataclass(frozen=True, slots=True)
class Recorded:
    ref: str
    merchant_no: str
    terminal_id: str
    kind: str
    amount_fen: int
    at: str
    last4: str


@dataclass(frozen=True, slots=True)
class Listed:
    transactions: tuple[Recorded, ...] = ()


MOST_REFS = 100
"""References asked for in one call."""
ABOUT_SALES = frozenset({"D06", "D07", "D21"})
"""The papers that are compared with the questioned transactions."""


class Documents:
    def __init__(self, call: Call, records: Records, acquirer: Call) -> None:
        """`acquirer` is asked for recorded transactions."""
        self._call = call
        self._records = records
        self._acquirer = acquirer

    @activity.defn(name=DOCUMENTS_VERIFY)
    async def verify(self, order: VerifyOrder) -> Verified:
        """Have the paper read and compared with what is on file. Only an absence is an error."""
        async with heartbeating():
            try:
                return await self._verify(order)
            except RefusedError as refused:
                if refused.code in UNSOUND:
                    return Verified("failed", (UNSOUND[refused.code],))
                log.warning("not-verified", document=order.document_id, code=refused.code)
            except (NoSuchFileError, DamagedError, ForgottenError) as error:
                log.warning("paper-does-not-open", document=order.document_id, why=type(error).__name__)
        return Verified("unsure", (A_PERSON_LOOKS,))

    async def _verify(self, order: VerifyOrder) -> Verified:
        merchant = await self._records.merchant(order.merchant_no)
        known = _on_file(await self._records.details(order.merchant_no), order)
        known["terminal"] = await self._terminal(order.terminal_sn)
        if order.ticket:
            known["ticket"] = order.ticket
        if order.doc_type in ABOUT_SALES:
            known["transactions"] = await self._recorded(order)
        paper = await self._records.files.get(order.document_id)
        # Another day or other data on file is another question.
        told = json.dumps(known, ensure_ascii=False, sort_keys=True)
        key = f"{order.key}:{order.day}:{merchant.version}:{hashlib.sha256(told.encode()).hexdigest()[:12]}"
        reading = await self._call.ask(
            "/verifications",
            key,
            Reading,
            data={"doc_type": order.doc_type, "on_file": told},
            files={"file": (order.document_id, paper, "application/octet-stream")},
        )
        kept = {"doc_type": order.doc_type, "day": order.day, **json.loads(json.dumps(asdict(reading)))}
        await self._records.readings.put(order.document_id, subject_of(order.merchant_no), kept)
        return Verified(reading.verdict, reading.findings(), reading.valid_until, tuple(reading.owed))

    async def _terminal(self, terminal_sn: str) -> dict[str, Any] | None:
        """The case's terminal as it is registered; None where the order names none."""
        if not terminal_sn:
            return None
        terminal = await self._records.terminal(terminal_sn)
        address = await self._records.vault.get(terminal.deploy_address_ref)
        return {
            "terminal_sn": terminal.terminal_sn,
            "tusn": terminal.tusn,
            "terminal_id": terminal.terminal_id,
            "address": address["address"],
            "place": [address["latitude"], address["longitude"]] if "latitude" in address else None,
        }

    async def _recorded(self, order: VerifyOrder) -> list[dict[str, Any]]:
        """The merchant's sales among the questioned transactions, as recorded; what is not recorded is left out."""
        found: list[Recorded] = []
        for start in range(0, len(order.transaction_refs), MOST_REFS):
            query = "&".join(f"ref={segment(ref)}" for ref in order.transaction_refs[start : start + MOST_REFS])
            listed = await self._acquirer.get(f"/transactions?{query}", Listed)
            found += listed.transactions if listed else ()
        return [asdict(one) for one in found if one.merchant_no == order.merchant_no and one.kind == "sale"]


def _on_file(merchant: MerchantDetails, order: VerifyOrder) -> dict[str, Any]:
    person = merchant.legal_representative
    return {
        "merchant_no": merchant.merchant_no,
        "merchant_type": merchant.merchant_type,
        "today": order.day,
        "case_id": order.case_id,
        "name": merchant.name,
        "uscc": merchant.uscc,
        "resident_id": merchant.resident_id,
        "legal_representative": asdict(person) if person else None,
        "settlement_account": asdict(merchant.settlement_account),
        "mcc": merchant.mcc,
        "address": merchant.address,
    }
