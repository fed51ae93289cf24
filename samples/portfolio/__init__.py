"""A small portfolio of invented merchants and their terminals, as the two CSV files `thaw import` takes.

`python -m samples.portfolio` writes `merchants.csv` and `terminals.csv` anew from `made.py`; they are committed, and a
test holds them equal. Merchants A, B and C are those of the spec's scenarios.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from samples.facts import SHANGHAI, PaperFacts

FOLDER = Path(__file__).parent
MERCHANTS, TERMINALS = FOLDER / "merchants.csv", FOLDER / "terminals.csv"

A, B, C = "898310058120001", "898440358120002", "898110858120003"
"""The merchant numbers of the scenarios' merchants: a company, a sole trader, a company whose licence ends soon."""

REREGISTERED = "898610158120008"
"""The merchant whose new representative the registry shows already."""
SALES_FROM = datetime(2026, 11, 2, 14, 32, 5, tzinfo=SHANGHAI)

_KINDS = {"company": "有限责任公司(自然人独资)", "sole_trader": "个体工商户", "individual": "自然人"}


@dataclass(frozen=True, slots=True)
class Merchant:
    """A row of merchants.csv. An individual has a resident id and no uscc."""

    row: Mapping[str, str]

    @property
    def no(self) -> str:
        return self.row["merchant_no"]

    @property
    def kind(self) -> str:
        return self.row["merchant_type"]

    def body(self) -> dict[str, Any]:
        """The merchant as `POST /api/v1/merchants` takes it."""
        row = self.row
        contact = {field: row[f"contact_{field}"] for field in ("name", "phone", "email", "preferred", "language")}
        person = {"name": row["legal_representative"], "resident_id": row["legal_representative_id"]}
        return {
            "merchant_no": row["merchant_no"],
            "merchant_type": row["merchant_type"],
            "name": row["name"],
            "uscc": row["uscc"] or None,
            "resident_id": row["resident_id"] or None,
            "legal_representative": person if person["name"] else None,
            "contacts": [{name: value for name, value in contact.items() if value}],
            "settlement_account": {field: row[f"account_{field}"] for field in ("holder", "number", "bank")},
            "mcc": row["mcc"],
            "address": row["address"],
        }

    def papers(self, **more: Any) -> PaperFacts:
        """What this merchant's papers say; `more` sets the sale, the terminal or a day."""
        row = self.row
        city = row["address"][:3]
        facts: dict[str, Any] = {
            "merchant_name": row["name"],
            "merchant_no": row["merchant_no"],
            "uscc": row["uscc"],
            "company_type": _KINDS[row["merchant_type"]],
            "legal_representative": row["legal_representative"] or row["name"],
            "resident_id": row["legal_representative_id"] or row["resident_id"],
            "premises": row["address"],
            "home_address": row["address"],
            "registered_by": f"{city}市场监督管理局",
            "id_authority": f"{city}公安局",
            "licence_valid_until": None if row["merchant_type"] == "sole_trader" else date(2036, 5, 31),
            "bank": row["account_bank"],
            "account_number": row["account_number"],
            "phone": row["contact_phone"],
            "agent_name": "陈晓雯",
        }
        if row["merchant_no"] == C:
            facts["licence_valid_until"] = date(2026, 11, 15)
        return PaperFacts(**(facts | more))


def merchants() -> dict[str, Merchant]:
    """The merchants of the portfolio by number."""
    return {row["merchant_no"]: Merchant(row) for row in _rows(MERCHANTS)}


def sample_papers(merchant_no: str) -> PaperFacts:
    """What papers of the merchant say about its first terminal and the one sale there that the acquirer has recorded.
    KeyError for a merchant the portfolio does not know."""
    merchant = merchants()[merchant_no]
    number = list(merchants()).index(merchant_no)
    terminal = next(row for row in terminals() if row["merchant_no"] == merchant_no)
    fen = 1_280_000 + 91_700 * number
    return merchant.papers(
        terminal_sn=terminal["terminal_sn"],
        tusn=terminal["tusn"],
        terminal_id=terminal["terminal_id"],
        terminal_model=terminal["model"],
        amount_fen=fen,
        items=(("商品销售", fen),),
        paid_at=SALES_FROM + timedelta(minutes=7 * number),
        transaction_ref=f"2026110214320500{merchant_no[-4:]}",
    )


def terminals() -> list[dict[str, str]]:
    """The terminals of the portfolio."""
    return _rows(TERMINALS)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
