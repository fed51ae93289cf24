"""The demo's scene about papers that do not pass: a forged, an expired, a re-used and an unreadable one, each caught in
its own words, and the good ones that take their place, compared with the sales as the acquirer recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from samples.facts import PaperFacts
from samples.numbers import uscc_of
from samples.papers import render
from samples.scans import scanned
from workers.demo.appeal import Appeal, questioned
from workers.demo.casting import cast
from workers.demo.stage import Stage, expect

SALE_FEN = 4_275_000
"""The one sale that is questioned: ¥42,750.00."""
BOOKSHOP = "898110158120011"


async def caught(stage: Stage) -> Appeal:
    """Four bad papers are caught by machine or left to a reviewer; with good ones the money is released."""
    appeal = await cast(stage, BOOKSHOP, SALE_FEN, 7)
    (sale,) = questioned([SALE_FEN], appeal.facts, f"{stage.run}B")
    await recorded(appeal, [sale])
    facts = about(appeal.facts, sale)
    await appeal.freeze("R01", transactions=[sale])
    await appeal.confirmed("R01")
    licence = replace(facts, qr_uscc=uscc_of(1))
    await appeal.upload("D01", _named(appeal, "D01-forged", render("D01", licence)))
    card = replace(facts, id_valid_from=date(2006, 5, 1), id_valid_until=date(2026, 5, 1))
    await appeal.upload("D03", _named(appeal, "D03-expired", render("D03", card)))
    await appeal.upload("D06", _named(appeal, "D06-unreadable", scanned(render("D06", facts), blur=9), "jpg"))
    await appeal.upload("D07", _invoice_of_another_merchant(stage))
    case = await appeal.submitted()
    expect(case["status"] == "awaiting_supplement", f"bad papers were not sent back: the case is {case['status']}")
    wrong = {error["requirement"].split("/")[0]: error for error in case["requirements"]["errors"]}
    for doc_type, says in (("D01", "QR code names another code"), ("D03", "expired on"), ("D07", "Another merchant")):
        expect(doc_type in wrong and says in wrong[doc_type]["reason_en"], f"{doc_type} was not caught as it should be")
        stage.telling.refuses(f"{doc_type}: {wrong[doc_type]['reason_en']} / {wrong[doc_type]['reason_zh']}")
    for doc_type in ("D01", "D03", "D07"):
        await appeal.upload(doc_type, appeal.paper(doc_type, facts=facts))
    await appeal.give(appeal.owner, "resubmit", "resubmits")
    await appeal.until("in_review_1")
    await _blurred_slip_sent_back(appeal, facts)
    await appeal.in_force()
    await appeal.judged("reviewer1")
    await appeal.approved("reviewer1")
    await appeal.until("closed_released")
    return appeal


async def recorded(appeal: Appeal, sales: Sequence[dict[str, Any]]) -> None:
    """The switch has recorded these sales before anybody questions them."""
    appeal.stage.telling.does("bank", f"has {len(sales)} sales of terminal {appeal.facts.terminal_id} on record")
    listed = [{**sale, "merchant_no": appeal.facts.merchant_no} for sale in sales]
    await appeal.stage.partner("bank", "POST", "/transactions", {"transactions": listed})


def about(facts: PaperFacts, sale: dict[str, Any]) -> PaperFacts:
    """The facts of papers about this sale."""
    fen = sale["amount_fen"]
    return replace(
        facts,
        amount_fen=fen,
        items=(("商品销售", fen),),
        paid_at=datetime.fromisoformat(sale["at"]),
        card_last4=sale["last4"],
        on_date=datetime.now(UTC).date(),
    )


async def _blurred_slip_sent_back(appeal: Appeal, facts: PaperFacts) -> None:
    """What nobody can read is for a person, who asks for a better copy; that one passes by machine."""
    told = appeal.stage.telling
    slip = next(paper for paper in (await appeal.see())["documents"] if paper["type"] == "D06")
    says = next((found for found in slip["findings"] if "too blurred" in found["en"]), None)
    expect(
        slip["state"] == "unsure" and says is not None, f"the unreadable slip is {slip['state']}, not left to a person"
    )
    assert says is not None
    told.refuses(f"D06: {says['en']} / {says['zh']}")
    item = {"doc_type": "D06", "reason": "签购单模糊，请重新拍摄"}
    await appeal.give("reviewer1", "request_supplement", "asks for a slip that can be read", items=[item])
    await appeal.upload("D06", appeal.paper("D06", facts=facts))
    await appeal.give(appeal.owner, "resubmit", "resubmits")
    case = await appeal.until("in_review_1")
    states = {paper["type"]: paper["state"] for paper in case["documents"] if not paper["asked_anew"]}
    told.answers(", ".join(f"{doc_type} {state}" for doc_type, state in sorted(states.items())))
    expect("failed" not in states.values(), f"a good paper failed: {states}")


def _invoice_of_another_merchant(stage: Stage) -> Path:
    """An invoice that another merchant has sent before, byte for byte."""
    invoices = sorted(stage.papers.glob(f"SN-{stage.run}-*-D07.pdf"))
    expect(bool(invoices), "no other merchant has filed an invoice in this run")
    return invoices[0]


def _named(appeal: Appeal, name: str, content: bytes, ending: str = "png") -> Path:
    path = appeal.stage.papers / f"{appeal.facts.terminal_sn}-{name}.{ending}"
    path.write_bytes(content)
    return path
