"""What account proofs and statements (D04, D05) share: whose account it is, and its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from stdnum import luhn

from partners.documents import checks
from partners.documents.checks import Check, OnFile
from partners.documents.fields import best, lines_of
from partners.documents.layout import Value, plain
from partners.documents.ocr import Page

NUMBER = re.compile(r"(?<![0-9A-Z])\d{9,30}(?![0-9A-Z])")
_CARD = re.compile(r"(?:62|60|4\d|5[1-5]|9\d|3[57])\d{14,17}")
"""Bank cards: 16 to 19 digits, the last of which is Luhn's. A company's account has another form and no such digit."""


def number_of(labelled: Sequence[Value]) -> Value | None:
    """The account's number beside its label, spaces and dashes left out."""
    found = []
    for value in labelled:
        kept = [
            (char, score) for char, score in zip(plain(value.text), value.confidences, strict=False) if char not in " -"
        ]
        bare = replace(value, text="".join(char for char, _ in kept), confidences=tuple(score for _, score in kept))
        found += [replace(bare.cut(match.start(), match.end()), text=match[0]) for match in NUMBER.finditer(bare.text)]
    return best(found) or best(labelled)


def judge_holder(pages: Sequence[Page], holder: Value | None, on_file: OnFile) -> Check:
    """The account must be in the merchant's own name (同名)."""
    if on_file.merchant_type == "individual":
        zh, en = "户名", "the account holder's name"
        return checks.person_name("holder_matches", holder, on_file.name, lines_of(pages), zh=zh, en=en)
    return replace(checks.company_name(holder, on_file.name, lines_of(pages)), code="holder_matches")


def judge_check_digit(number: Value | None) -> list[Check]:
    """Luhn's digit of a bank card's number; for other accounts there is none to check."""
    code = "account_check_digit"
    if number is None or not NUMBER.fullmatch(number.text):
        return [checks.unread(code, "账号", "The account number")]
    if not _CARD.fullmatch(number.text):
        return []
    passed = "账号校验位正确", "The check digit of the account number is right"
    failed = "账号校验位错误", "The check digit of the account number is wrong"
    return [checks.agreement(code, agrees=luhn.is_valid(number.text), read=number, passed=passed, failed=failed)]


def judge_number(number: Value | None, on_file: OnFile, *, must: bool) -> Check:
    """Whether it is the account on file; another one fails where it `must` be, else it is for a person to accept."""
    code = "account_matches"
    if number is None or not NUMBER.fullmatch(number.text):
        return checks.unread(code, "账号", "The account number")
    if on_file.account is None:
        return Check(
            code, "unsure", "档案中没有结算账户可供核对", "There is no settlement account on file to compare with"
        )
    held = re.sub(r"[\s-]", "", on_file.account.number)
    zh, en = "账号与登记的结算账户不一致", "The account number is not that of the settlement account on file"
    passed = "账号与登记的结算账户一致", "The account number is that of the settlement account on file"
    judged = checks.agreement(code, agrees=number.text == held, read=number, passed=passed, failed=(zh, en))
    if judged.outcome == "fail" and (not must or one_digit_apart(number.text, held)):
        return checks.contradiction(code, zh, en, sure=False)
    return judged


def one_digit_apart(seen: str, held: str) -> bool:
    """Whether the reader may have misread one digit."""
    return len(seen) == len(held) and sum(one != other for one, other in zip(seen, held, strict=True)) == 1
