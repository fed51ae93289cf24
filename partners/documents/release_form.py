"""Reads an application to lift a control (D09, 解除申请表): every required field filled in, and signed with a date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from stdnum.cn import uscc

from partners.documents import checks, kinds
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.dates import dates_in
from partners.documents.fields import best, found_on, lines_of, shown
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page

LABELS = labels(
    {
        "商户名称": "name",
        "商户编号": "merchant_no",
        "商户号": "merchant_no",
        "统一社会信用代码": "uscc",
        "法定代表人": "representative",
        "终端序列号": "terminal_sn",
        "序列号": "terminal_sn",
        "案件编号": "case_id",
        "联系电话": "phone",
        "联系人": "contact",
        "停用(冻结)原因": "reason",
        "冻结原因": "reason",
        "停用原因": "reason",
        "申请事项": "matter",
        "申请人": "signed",
        "签章": "signed",
        "盖章": "signed",
        "日期": "on",
        "申请日期": "on",
    },
    titles=("解除管控申请表",),
    several=("name", "reason", "matter"),
)
REQUIRED = {
    "name": ("商户名称", "the merchant's name"),
    "merchant_no": ("商户编号", "the merchant number"),
    "terminal_sn": ("终端序列号", "the terminal's serial number"),
    "reason": ("冻结原因", "the reason of the control"),
    "matter": ("申请事项", "what is asked for"),
    "phone": ("联系电话", "the phone number"),
    "signed": ("签章", "the signature"),
    "on": ("日期", "the date"),
}
_BLANK = re.compile(r"[\s_＿—\-/.·。:：()（）]*(待填)?[\s_()（）]*")
_SHOWN = ("name", "merchant_no", "uscc", "representative", "terminal_sn", "case_id", "phone", "reason", "matter", "on")


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields and checks of an application form."""
    found = found_on(pages, LABELS)
    chosen = {name: best([value for value in candidates if filled(value)]) for name, candidates in found.items()}
    judged = [
        kinds.judge(pages, "D09"),
        _judge_required(chosen),
        checks.company_name(chosen.get("name"), on_file.name, lines_of(pages)),
        same_code("merchant_no_matches", chosen.get("merchant_no"), on_file.merchant_no, "商户编号", "merchant number"),
        same_code(
            "terminal_matches",
            chosen.get("terminal_sn"),
            on_file.terminal.terminal_sn if on_file.terminal else None,
            "终端序列号",
            "terminal's serial number",
        ),
        *_judge_case(chosen.get("case_id"), on_file),
        judge_signing_day(chosen.get("on"), on_file),
    ]
    return Reading(shown(_SHOWN, chosen, pages), tuple(judged))


def filled(value: Value) -> bool:
    """Whether something stands there, not only a line to write on."""
    return _BLANK.fullmatch(value.text) is None


def same_code(code: str, read: Value | None, held: str | None, zh: str, en: str) -> Check:
    """Whether a number or code is the one on file, case and width of its characters not counting."""
    if read is None:
        return checks.unread(code, zh, f"The {en}")
    if held is None:
        return Check(code, "unsure", f"档案中没有{zh}可供核对", f"There is no {en} on file to compare with")
    seen = replace(read, text=re.sub(r"\s", "", plain(read.text)).upper())
    passed, failed = (
        (f"{zh}与档案一致", f"The {en} is the one on file"),
        (f"{zh}与档案不一致", f"The {en} differs from the one on file"),
    )
    if len(seen.text) != len(held) or checks.misread(seen.text, held):  # or a character was overlooked or read twice
        return checks.contradiction(code, *failed, sure=False)
    return checks.agreement(code, agrees=seen.text == held.upper(), read=seen, passed=passed, failed=failed)


def same_uscc(read: Value | None, held: str | None) -> Check:
    """Whether a unified social credit code is the one on file. One that cannot exist was misread: no proof."""
    code, zh, en = "uscc_matches", "统一社会信用代码", "unified social credit code"
    if read is None:
        return checks.unread(code, zh, f"The {en}")
    printed = re.sub(r"\s", "", plain(read.text)).upper().translate(checks.NOT_IN_USCC)
    if not uscc.is_valid(printed):
        return checks.unread(code, zh, f"The {en}")
    return same_code(code, replace(read, text=printed), held, zh, en)


def judge_signing_day(printed: Value | None, on_file: OnFile) -> Check:
    """A paper is signed on a day that has come."""
    code = "signing_day"
    days = [day for day, *_ in dates_in(printed.text)] if printed else []
    if len(set(days)) != 1 or not checks.legible(printed):
        return checks.unread(code, "签署日期", "The day of signing")
    if days[0] > on_file.today:
        zh, en = f"签署日期{days[0]}在未来", f"The day of signing, {days[0]}, is in the future"
        return checks.contradiction(code, zh, en, sure=checks.clear(printed))
    return Check(code, "pass", f"签署日期{days[0]}", f"It was signed on {days[0]}")


def _judge_required(chosen: dict[str, Value | None]) -> Check:
    code = "required_fields"
    missing = [words for name, words in REQUIRED.items() if not checks.legible(chosen.get(name))]
    if not missing:
        return Check(code, "pass", "必填项齐全", "Every required field is filled in")
    zh, en = "、".join(zh for zh, _ in missing), ", ".join(en for _, en in missing)
    return Check(code, "unsure", f"未填写或无法识别：{zh}", f"Not filled in, or not legible: {en}")


def _judge_case(printed: Value | None, on_file: OnFile) -> list[Check]:
    """A case number need not be given; one that is must be this case's."""
    if printed is None or on_file.case_id is None:
        return []
    return [same_code("case_matches", printed, on_file.case_id, "案件编号", "case number")]
