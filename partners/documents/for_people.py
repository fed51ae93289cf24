"""Reads papers that people decide on: agreement (D16), police receipt (D22), legal instrument (D24), due diligence form
(D25).

The machine finds their fields, says what is missing, and leaves the decision to a person, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from partners.documents import checks, kinds
from partners.documents.checks import Check, OnFile, Reading, Text
from partners.documents.fields import best, found_on, lines_of, shown
from partners.documents.layout import Labels, Value, labels
from partners.documents.ocr import Page
from partners.documents.release_form import filled, same_uscc

_MERCHANT = {"商户名称": "name", "商户编号": "merchant_no", "统一社会信用代码": "uscc", "法定代表人": "representative"}
_FOOT = {"签章": "signed", "盖章": "signed", "日期": "on"}


@dataclass(frozen=True, slots=True)
class Form:
    """What a paper must say (field → its words), and why a person decides."""

    labels: Labels
    required: dict[str, Text]
    decides: Text


FORMS = {
    "D16": Form(
        labels(_MERCHANT | {"终端序列号": "terminal_sn", "终端唯一标识": "tusn"} | _FOOT, several=("name",)),
        {"name": ("商户名称", "the merchant's name"), "signed": ("签章", "the signature"), "on": ("日期", "the date")},
        ("电子签名证书由审核人员核验", "A reviewer checks the certificate of the electronic signature"),
    ),
    "D22": Form(
        labels({"报案人": "reporter", "案由": "matter", "受案编号": "number", "案件编号": "number"} | _FOOT),
        {
            "reporter": ("报案人", "who reported"),
            "number": ("受案编号", "the police's number"),
            "on": ("日期", "the date"),
        },
        ("报案回执由审核人员核实", "A reviewer checks the police receipt"),
    ),
    "D24": Form(
        labels(
            {
                "执行机关": "authority",
                "办案机关": "authority",
                "解除金额": "amount",
                "冻结金额": "amount",
                "冻结期限": "term",
                "案号": "number",
                "文号": "number",
                "商户": "name",
                "被执行人": "name",
            }
            | _FOOT,
            several=("name", "authority"),
        ),
        {"authority": ("机关", "the authority"), "amount": ("金额范围", "the amount"), "on": ("日期", "the date")},
        ("法律文书由合规部门三级审核", "The compliance desk decides on a legal instrument (L3)"),
    ),
    "D25": Form(
        labels(
            _MERCHANT
            | {
                "资金来源": "source_of_funds",
                "主要客户": "customers",
                "月均交易额": "monthly_volume",
                "是否代他人收款": "collects_for_others",
                "实际控制人": "beneficial_owner",
            }
            | _FOOT,
            several=("name",),
        ),
        {
            "source_of_funds": ("资金来源", "the source of funds"),
            "customers": ("主要客户", "the customers"),
            "monthly_volume": ("月均交易额", "the monthly volume"),
            "collects_for_others": ("是否代他人收款", "whether money is collected for others"),
            "beneficial_owner": ("实际控制人", "the beneficial owner"),
            "signed": ("签章", "the signature"),
        },
        ("尽职调查结论由审核人员作出", "A reviewer decides on the due diligence"),
    ),
}


def read(doc_type: str, pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields of such a paper, what is missing in it, and that a person decides. KeyError for another type."""
    form = FORMS[doc_type]
    found = found_on(pages, form.labels)
    chosen: dict[str, Value | None] = {
        name: best([value for value in candidates if filled(value)]) for name, candidates in found.items()
    }
    person = Check("needs_a_person", "unsure", *form.decides)
    judged = [kinds.judge(pages, doc_type), person, _judge_required(form, chosen)]
    if "name" in chosen:
        judged.append(checks.company_name(chosen["name"], on_file.name, lines_of(pages)))
    if chosen.get("uscc") is not None and on_file.uscc:
        uscc = same_uscc(chosen["uscc"], on_file.uscc)
        judged.append(replace(uscc, outcome="unsure") if uscc.outcome == "fail" else uscc)
    return Reading(shown(tuple(dict.fromkeys(form.labels.spellings.values())), chosen, pages), tuple(judged))


def _judge_required(form: Form, chosen: dict[str, Value | None]) -> Check:
    missing = [words for name, words in form.required.items() if not checks.legible(chosen.get(name))]
    if not missing:
        return Check("required_fields", "pass", "必填项齐全", "Every required field is filled in")
    zh, en = "、".join(zh for zh, _ in missing), ", ".join(en for _, en in missing)
    return Check("required_fields", "unsure", f"未填写或无法识别：{zh}", f"Not filled in, or not legible: {en}")
