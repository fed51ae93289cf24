"""Papers with one thing wrong each: what a check of their kind must find. `FLAWED` names them as `D06-wrong-amount`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from samples.facts import PaperFacts
from samples.numbers import account_number_of, resident_id_of, uscc_of, with_wrong_check_digit

FLAWED: dict[str, Callable[[PaperFacts], PaperFacts]] = {
    "D01-wrong-check-digit": lambda facts: replace(facts, uscc=with_wrong_check_digit(facts.uscc)),
    "D01-qr-of-another": lambda facts: replace(facts, qr_uscc=uscc_of(77)),
    "D01-expired": lambda facts: replace(facts, licence_valid_until=facts.on_date - timedelta(days=1)),
    "D02-number-of-another": lambda facts: replace(facts, uscc=uscc_of(77)),
    "D03-expired": lambda facts: replace(facts, id_valid_until=facts.on_date - timedelta(days=1)),
    "D03-minor": lambda facts: replace(
        facts, resident_id=resident_id_of(5, born=facts.on_date.replace(year=facts.on_date.year - 17, day=1))
    ),
    "D04-another-holder": lambda facts: replace(facts, merchant_name="昆明远山茶业有限公司"),
    "D04-wrong-check-digit": lambda facts: replace(facts, account_number=with_wrong_check_digit(facts.account_number)),
    "D05-two-months": lambda facts: replace(facts, statement_days=60),
    "D05-another-account": lambda facts: replace(facts, account_number=account_number_of(77)),
    "D06-wrong-amount": lambda facts: replace(facts, amount_fen=facts.amount_fen + 10_000),
    "D06-wrong-time": lambda facts: replace(facts, paid_at=facts.paid_at + timedelta(hours=1)),
    "D06-another-card": lambda facts: replace(facts, card_last4="0007" if facts.card_last4 != "0007" else "0008"),
    "D07-sum-too-high": lambda facts: replace(facts, items=(("商品销售", facts.amount_fen * 107 // 100),)),
    "D07-words-differ": lambda facts: replace(facts, sum_in_words_fen=facts.amount_fen + 10_000),
    "D07-another-seller": lambda facts: replace(facts, merchant_name="昆明远山茶业有限公司"),
    "D09-another-terminal": lambda facts: replace(facts, terminal_sn="SN99999999"),
    "D10-expired": lambda facts: replace(facts, on_date=facts.on_date.replace(year=facts.on_date.year - 2)),
    "D10-another-signer": lambda facts: replace(facts, legal_representative="欧阳建军"),
    "D17-another-ward": lambda facts: replace(facts, legal_representative="欧阳建军"),
    "D18-another-predecessor": lambda facts: replace(facts, legal_representative="欧阳建军"),
}
"""What each flawed paper says instead, from the facts of the good one."""
