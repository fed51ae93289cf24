"""Reads a business licence (D01, 营业执照): code, name, kind, representative, dates, period, premises, scope.

Check digit of the unified social credit code: GB 32100-2015, by python-stdnum.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from stdnum.cn import uscc

from partners.documents import checks, kinds
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.dates import Period, dates_in, period_in
from partners.documents.fields import best, field_of, lines_of, several_papers, validity
from partners.documents.layout import Labels, Value, values, whole
from partners.documents.ocr import Page

LABELS = Labels(
    spellings={
        "统一社会信用代码": "uscc",
        "社会信用代码": "uscc",
        "信用代码": "uscc",
        "企业名称": "name",
        "商户名称": "name",
        "单位名称": "name",
        "公司名称": "name",
        "字号名称": "name",
        "名称": "name",
        "市场主体类型": "kind",
        "主体类型": "kind",
        "类型": "kind",
        "法定代表人(负责人)": "representative",
        "法定代表人姓名": "representative",
        "法定代表人": "representative",
        "法人代表": "representative",
        "经营者姓名": "representative",
        "执行事务合伙人": "representative",
        "负责人": "representative",
        "经营者": "representative",
        "投资人": "representative",
        "注册资本": "capital",
        "成立日期": "established",
        "注册日期": "established",
        "营业期限": "period",
        "经营期限": "period",
        "合伙期限": "period",
        "有效期限": "valid_until",
        "营业期限至": "valid_until",
        "有效期至": "valid_until",
        "有效期截止": "valid_until",
        "有效期": "valid_until",
        "主要经营场所": "premises",
        "经营场所": "premises",
        "营业场所": "premises",
        "企业住所": "premises",
        "住所": "premises",
        "地址": "premises",
        "经营范围": "scope",
        "登记机关": "registered_by",
        "核准日期": "issued",
        "发照日期": "issued",
        "组成形式": "form",
    },
    never_values=frozenset({"营业执照", "(副本)", "(正本)", "副本", "正本", "样本SPECIMEN"}),
    several_lines=frozenset({"name", "kind", "premises", "scope", "period"}),
)
LABELS = replace(LABELS, spellings=dict(sorted(LABELS.spellings.items(), key=lambda item: -len(item[0]))))

_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")
_SHOWN = (
    "uscc",
    "name",
    "kind",
    "representative",
    "capital",
    "established",
    "period",
    "premises",
    "scope",
    "registered_by",
)


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields, checks and last day of validity of a licence."""
    found: dict[str, list[Value]] = {}
    for page in pages:
        for name, candidates in values(page, LABELS).items():
            found.setdefault(name, []).extend(candidates)
    code = _code(pages, found.get("uscc", []))
    period, period_value = _period(pages, found)
    chosen = {name: best(candidates) for name, candidates in found.items()} | {"uscc": code, "period": period_value}
    printed = lines_of(pages)
    judged = [
        kinds.judge_by_print(
            pages,
            "D01",
            others=("居民身份证", "公民身份号码"),
            recognised=sum(bool(chosen.get(name)) for name in _SHOWN) >= 3,
        ),
        *_judge_code(code, on_file),
        _judge_qr(pages, code),
        checks.company_name(chosen.get("name"), on_file.name, printed),
        checks.person_name(
            "representative_matches",
            chosen.get("representative"),
            on_file.representative,
            printed,
            zh="法定代表人（经营者）姓名",
            en="the legal representative's name",
        ),
        validity(pages, period, period_value, on_file.today),
        *_judge_registered(on_file),
        *_judge_founding(chosen.get("established"), on_file.today),
        *several_papers(found, ("name", "representative")),
    ]
    fields = tuple(field_of(name, value, pages) for name in _SHOWN if (value := chosen.get(name)) is not None)
    return Reading(fields, tuple(judged), period.end)


def _code(pages: Sequence[Page], labelled: Sequence[Value]) -> Value | None:
    """The code with a right check digit if there is one, else what stands beside its label, else what looks like it."""
    by_form = [whole(line, page.number) for page in pages for line in page.lines]
    candidates = [part for value in (*labelled, *by_form) for part in _codes_in(value)]
    right = [value for value in candidates if uscc.is_valid(value.text)]
    chosen = best(right) or best([part for value in labelled for part in _codes_in(value)]) or best(candidates)
    return chosen or best(labelled)


def _codes_in(value: Value) -> list[Value]:
    text = value.text.upper()
    cut = [(value.cut(match.start(), match.end()), match[0]) for match in _CODE.finditer(text)]
    return [replace(part, text=code.translate(checks.NOT_IN_USCC)) for part, code in cut if _like(code)]


def _like(code: str) -> bool:
    """Whether it may be a business's code: registered with the market authority (9), and not a resident id."""
    return code[0] == "9" and sum(char.isdigit() for char in code[:8]) >= 6


def _judge_code(code: Value | None, on_file: OnFile) -> list[Check]:
    zh, en = "统一社会信用代码", "unified social credit code"
    if code is None or not _CODE.fullmatch(code.text):
        return [checks.unread("uscc_check_digit", zh, f"The {en}")]
    if uscc.is_valid(code.text):
        passed = Check("uscc_check_digit", "pass", f"{zh}校验位正确", f"The check digit of the {en} is right")
        legible = passed if checks.legible(code) else checks.unread("uscc_check_digit", zh, f"The {en}")
        return [
            legible,
            checks.number("uscc_matches", code.text, on_file.uscc, sure=checks.legible(code), zh=zh, en=en),
        ]
    sure = checks.clear(code) and not checks.misread(code.text, on_file.uscc)
    wrong = Check("uscc_check_digit", "fail", f"{zh}校验位错误", f"The check digit of the {en} is wrong")
    doubt = checks.unread("uscc_check_digit", zh, f"The {en}")
    return [wrong if sure else doubt, checks.number("uscc_matches", code.text, on_file.uscc, sure=sure, zh=zh, en=en)]


def _judge_qr(pages: Sequence[Page], code: Value | None) -> Check:
    """Whether the QR code, which names the business at the registry, names the code that is printed."""
    told = [mark.text for page in pages for mark in page.codes if mark.kind == "QRCode"]
    named = {match[0] for text in told for match in _CODE.finditer(text) if uscc.is_valid(match[0])}
    if not named:
        return checks.unread("qr_matches_uscc", "二维码中的统一社会信用代码", "The code in the QR code")
    if code is not None and code.text in named:
        return Check("qr_matches_uscc", "pass", "二维码与印刷的代码一致", "The QR code names the code that is printed")
    sure = code is not None and uscc.is_valid(code.text) and checks.legible(code)
    zh, en = "二维码与印刷的统一社会信用代码不一致", "The QR code names another code than is printed"
    return checks.contradiction("qr_matches_uscc", zh, en, sure=sure)


def _period(pages: Sequence[Page], found: dict[str, list[Value]]) -> tuple[Period, Value | None]:
    """The period of validity: by its label, else a line that holds two dates with 至 between or 长期."""
    for name, single_is_end in (("period", False), ("valid_until", True)):
        for value in sorted(found.get(name, []), key=lambda value: -value.confidence):
            is_end = single_is_end or _must_be_end(value, found)
            for text in (value.text, *value.parts):
                if (period := period_in(text, single_is_end=is_end and text == value.text)).known:
                    return period, value
    for page in pages:
        for line in page.lines:
            value = whole(line, page.number)
            period = period_in(value.text)
            if period.known and period.start is not None and len(value.text) <= 40:
                return period, value
    return Period(None, None), best(found.get("period", []))


def _must_be_end(value: Value, found: dict[str, list[Value]]) -> bool:
    """One date alone after 营业期限 is the last day when it lies after the founding and the day of issue."""
    alone = dates_in(value.text)
    earlier = [
        day for name in ("established", "issued") for other in found.get(name, []) for day, *_ in dates_in(other.text)
    ]
    return len(alone) == 1 and bool(earlier) and all(alone[0][0] > day for day in earlier)


def _judge_registered(on_file: OnFile) -> list[Check]:
    """The registry's word on the merchant, where it was asked: only a business that stands (存续) may trade."""
    if on_file.registered is None:
        return []
    status = on_file.registered.status
    if status == "存续":
        return [Check("registered", "pass", "登记状态为存续", "The registry shows the business as standing")]
    return [Check("registered", "fail", f"登记状态为{status}", "The registry does not show the business as standing")]


def _judge_founding(established: Value | None, today: date) -> list[Check]:
    """A founding date in the future cannot be; where none was read there is nothing to say."""
    found = dates_in(established.text) if established else []
    if not found or found[0][0] <= today:
        return []
    sure = checks.clear(established)
    return [
        Check(
            "established_in_the_past",
            "fail" if sure else "unsure",
            f"成立日期{found[0][0]}在未来",
            f"The date of establishment, {found[0][0]}, is in the future",
        )
    ]
