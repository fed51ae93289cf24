"""Reads letters that merchants, cardholders and technicians sign: explanation (D08), proof of work (D19), cardholder's
confirmation (D21), repair report (D23).

What a letter says is for people to weigh. The machine sees that it is the letter it should be, names the right
merchant, terminal or sale, and is dated and signed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from partners.documents import checks, kinds, sales_slip
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.fields import best, found_on, lines_of, sealed, shown
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page
from partners.documents.release_form import filled, judge_signing_day, same_code

LABELS = labels(
    {
        "商户名称": "name",
        "单位名称": "name",
        "终端序列号": "terminal_sn",
        "终端唯一标识": "tusn",
        "终端编号": "terminal_id",
        "工单号": "ticket",
        "检测结果": "finding",
        "维修结果": "finding",
        "姓名": "person",
        "职务": "position",
        "入职日期": "since",
        "签章": "signed",
        "盖章": "signed",
        "签字": "signed",
        "签名": "signed",
        "日期": "on",
    },
    titles=("情况说明", "工作证明", "持卡人确认函", "终端维修报告"),
    several=("name", "finding"),
)
FEWEST_WORDS = 12
"""Characters of an explanation that says anything."""
_SENTENCE = re.compile(r"[\u4e00-\u9fff，、]{8,}")

_OF_SLIPS = ("kind_of_paper", "merchant_no_matches", "is_a_sale")
"""What is judged of a slip, but is not printed in a cardholder's letter."""


def read_explanation(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """D08: an explanation by the merchant, signed or sealed."""
    chosen = _chosen(pages)
    told = sum(len(text) for line in lines_of(pages) for text in _SENTENCE.findall(plain(line)))
    says = Check("explains", "pass", "有说明内容", "It holds an explanation")
    judged = [
        kinds.judge(pages, "D08"),
        says if told >= FEWEST_WORDS else checks.unread("explains", "说明内容", "The explanation"),
        _judge_merchant_signs(pages, chosen.get("signed"), on_file),
        judge_signing_day(chosen.get("on"), on_file),
    ]
    return Reading(shown(("signed", "on"), chosen, pages), tuple(judged))


def read_work_proof(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """D19: an employer's word that somebody works there. Whose word it is, a person judges."""
    chosen = _chosen(pages)
    judged = [
        kinds.judge(pages, "D19"),
        checks.person_name(
            "name_matches", chosen.get("person"), on_file.representative, lines_of(pages), zh="姓名", en="the name"
        ),
        judge_sealed(pages, chosen.get("signed")),
        judge_signing_day(chosen.get("on"), on_file),
    ]
    return Reading(shown(("person", "position", "since", "signed", "on"), chosen, pages), tuple(judged))


def read_confirmation(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """D21: a cardholder's word about one sale, which must be one that is asked about; a person judges the hand."""
    chosen = _chosen(pages)
    sale = sales_slip.read(pages, on_file)
    about = tuple(check for check in sale.checks if check.code not in _OF_SLIPS)
    own = Check(
        "signed_by_cardholder", "unsure", "持卡人签名由审核人员判断", "A reviewer judges the cardholder's signature"
    )
    judged = (kinds.judge(pages, "D21"), *about, own, judge_signing_day(chosen.get("on"), on_file))
    return Reading((*sale.fields, *shown(("signed", "on"), chosen, pages)), judged)


def read_repair_report(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """D23: a technician's report on the case's terminal, under the visit's ticket."""
    chosen = _chosen(pages)
    terminal = on_file.terminal
    judged = [
        kinds.judge(pages, "D23"),
        same_code(
            "terminal_matches",
            chosen.get("terminal_sn"),
            terminal.terminal_sn if terminal else None,
            "终端序列号",
            "terminal's serial number",
        ),
        same_code("ticket_matches", chosen.get("ticket"), on_file.ticket, "工单号", "ticket number"),
        _judge_finding(chosen.get("finding")),
        _judge_technician(pages, chosen.get("signed")),
        judge_signing_day(chosen.get("on"), on_file),
    ]
    names = ("terminal_sn", "tusn", "terminal_id", "ticket", "finding", "signed", "on")
    return Reading(shown(names, chosen, pages), tuple(judged))


def judge_sealed(pages: Sequence[Page], signed: Value | None) -> Check:
    """Whether a signer is named and a seal stands there."""
    if signed is None or not checks.legible(signed) or not filled(signed):
        return checks.unread("signed", "签章", "The signature")
    if not sealed(signed, pages):
        return Check("signed", "unsure", "未见印章，需人工查看", "No seal was found; a person must look")
    return Check("signed", "pass", "已签章", "It is signed and sealed")


def _chosen(pages: Sequence[Page]) -> dict[str, Value | None]:
    return {name: best(candidates) for name, candidates in found_on(pages, LABELS).items()}


def _judge_merchant_signs(pages: Sequence[Page], signed: Value | None, on_file: OnFile) -> Check:
    """The merchant signs, in the name on file, and the seal stands there."""
    seal = judge_sealed(pages, signed)
    if seal.outcome != "pass":
        return seal
    name = checks.company_name(signed, on_file.name, lines_of(pages))
    if name.outcome == "pass":
        return seal
    failed = "签章单位不是该商户", "It is signed by somebody other than the merchant"
    return checks.contradiction("signed", *failed, sure=name.outcome == "fail")


def _judge_finding(finding: Value | None) -> Check:
    if finding is None or not checks.legible(finding) or not filled(finding):
        return checks.unread("finding", "检测结果", "The technician's finding")
    if re.search(r"不通过|未通过|不合格|无法修复|异常|失败", finding.text):
        return Check(
            "finding",
            "unsure",
            "检测结果未显示终端正常，需人工查看",
            "The finding is not that all is well; a person must look",
        )
    if re.search(r"通过|正常|合格|完好", finding.text):
        return Check("finding", "pass", "检测通过", "The terminal passed its check")
    return checks.unread("finding", "检测结果", "The technician's finding")


def _judge_technician(pages: Sequence[Page], signed: Value | None) -> Check:
    """A technician's seal and name; the word 工程师 alone is a line that waits for a hand."""
    code = "technician_signed"
    bare = re.sub(r"维修|工程师|技术员|签字|签名|[()（）:：\s]", "", signed.text) if signed else ""
    if signed is None or not bare or not checks.legible(signed):
        return checks.unread(code, "维修人员签字", "The technician's signature")
    if not sealed(signed, pages):
        return Check(
            code, "unsure", "未见维修单位印章，需人工查看", "No seal of the repairer was found; a person must look"
        )
    return Check(code, "pass", "维修人员已签字", "The technician signed")
