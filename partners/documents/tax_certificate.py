"""Reads a tax registration or proof of the tax number (D02): on merged certificates the number is the USCC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from stdnum.cn import uscc

from partners.documents import checks, kinds
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.fields import best, found_on, lines_of, shown
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page

LABELS = labels(
    {
        "纳税人识别号": "tax_number",
        "税号": "tax_number",
        "统一社会信用代码": "uscc",
        "商户编号": "merchant_no",
        "法定代表人": "representative",
        "纳税人名称": "name",
        "商户名称": "name",
        "名称": "name",
        "登记状态": "state",
        "纳税人状态": "state",
    },
    titles=("税务登记信息", "税务登记证"),
    several=("name",),
)
_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{15,20}(?![0-9A-Z])")
_SHOWN = ("name", "tax_number", "uscc", "state")
_ENDED = ("注销", "非正常", "清算")


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields and checks of a tax certificate."""
    found = found_on(pages, LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    number = chosen.get("tax_number") or chosen.get("uscc")
    judged = [
        kinds.judge(pages, "D02", recognised=bool(chosen.get("tax_number") and chosen.get("name"))),
        checks.company_name(chosen.get("name"), on_file.name, lines_of(pages)),
        _judge_number(number, on_file),
        *_judge_state(chosen.get("state")),
    ]
    return Reading(shown(_SHOWN, chosen, pages), tuple(judged))


def _judge_number(number: Value | None, on_file: OnFile) -> Check:
    code, zh, en = "tax_number_is_uscc", "税号", "tax number"
    match = _CODE.search(plain(number.text).upper()) if number else None
    if number is None or match is None:
        return checks.unread(code, zh, f"The {en}")
    seen = replace(number.cut(match.start(), match.end()), text=match[0])
    if on_file.uscc is None:
        return Check(code, "unsure", "档案中没有统一社会信用代码可供核对", "There is no USCC on file to compare with")
    passed = "税号与统一社会信用代码一致", "The tax number is the unified social credit code on file"
    failed = "税号与统一社会信用代码不一致", "The tax number is not the unified social credit code on file"
    judged = checks.agreement(code, agrees=seen.text == on_file.uscc, read=seen, passed=passed, failed=failed)
    if judged.outcome == "fail" and not uscc.is_valid(seen.text):
        return checks.contradiction(code, *failed, sure=False)  # a number of an older form, or misread
    return judged


def _judge_state(state: Value | None) -> list[Check]:
    if state is None:
        return []
    if any(word in state.text for word in _ENDED):
        zh, en = "税务登记已注销或非正常", "The tax registration has ended or is irregular"
        return [checks.contradiction("tax_state", zh, en, sure=checks.clear(state))]
    if "正常" in state.text and checks.legible(state):
        return [Check("tax_state", "pass", "登记状态正常", "The registration stands")]
    return [checks.unread("tax_state", "登记状态", "The state of the registration")]
