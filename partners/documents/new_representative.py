"""Reads a new representative's papers (D18, 新法定代表人身份证+变更登记): the card, the notice, the registry's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from partners.documents import checks, kinds
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.fields import best, found_on, lines_of, shown
from partners.documents.layout import Value, labels
from partners.documents.ocr import Page
from partners.documents.release_form import same_uscc
from partners.documents.resident_id import card_of

LABELS = labels(
    {
        "企业名称": "company",
        "商户名称": "company",
        "名称": "company",
        "统一社会信用代码": "uscc",
        "变更事项": "changed",
        "变更前法定代表人": "before",
        "原法定代表人": "before",
        "变更前": "before",
        "变更后法定代表人": "after",
        "现法定代表人": "after",
        "变更后": "after",
        "核准日期": "approved",
        "登记机关": "registered_by",
    },
    titles=("准予变更登记通知书",),
    several=("company",),
)
_SHOWN = ("company", "uscc", "before", "after", "approved")


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields, checks and last day of validity of the new card, with the notice of change."""
    card, found = card_of(pages, beside_label=True), found_on(pages, LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    holder = card.chosen.get("name")
    of_card = [
        check for check in card.judge(pages, replace(on_file, resident_id=None)) if check.code != "resident_id_matches"
    ]
    judged = [
        kinds.judge(pages, "D18"),
        *of_card,
        replace(checks.company_name(chosen.get("company"), on_file.name, lines_of(pages)), code="company_matches"),
        same_uscc(chosen.get("uscc"), on_file.uscc),
        _judge_successor(chosen.get("after"), holder),
        _judge_predecessor(pages, chosen.get("before"), on_file),
        _judge_registry(holder, on_file),
    ]
    return Reading((*card.fields(pages), *shown(_SHOWN, chosen, pages)), tuple(judged), card.period.end)


def _judge_successor(after: Value | None, holder: Value | None) -> Check:
    """Who the notice makes representative must be the holder of the card."""
    code = "successor_is_holder"
    if after is None or holder is None or not checks.legible(holder):
        return checks.unread(code, "变更后的法定代表人", "The new representative")
    judged = checks.person_name(code, after, holder.text, (), zh="法定代表人", en="the new representative")
    if judged.outcome == "pass" and checks.legible(after):
        return Check(code, "pass", "变更后的法定代表人为持证人", "The new representative is the holder of the card")
    zh, en = "变更后的法定代表人不是持证人", "The new representative is not the holder of the card"
    return checks.contradiction(code, zh, en, sure=judged.outcome == "fail" and checks.clear(holder))


def _judge_predecessor(pages: Sequence[Page], before: Value | None, on_file: OnFile) -> Check:
    """Who ceased to be representative must be the one on file."""
    judged = checks.person_name(
        "predecessor_matches",
        before,
        on_file.representative,
        lines_of(pages),
        zh="原法定代表人姓名",
        en="the former representative's name",
    )
    if judged.outcome == "pass" and not checks.legible(before):
        return checks.unread("predecessor_matches", "原法定代表人姓名", "The former representative's name")
    return judged


def _judge_registry(holder: Value | None, on_file: OnFile) -> Check:
    """The registry must show the new representative (documents.csv); what the notice says is not enough."""
    code = "registry_shows_representative"
    if holder is None or not checks.legible(holder):
        return checks.unread(code, "新法定代表人姓名", "The new representative's name")
    if on_file.registered is None:
        return Check(
            code, "unsure", "未能查询登记信息，需人工核对", "The registry could not be asked; a person must look"
        )
    judged = checks.person_name(code, holder, on_file.registered.representative, (), zh="姓名", en="the name")
    if judged.outcome == "pass":
        return Check(code, "pass", "登记信息显示其为法定代表人", "The registry shows them as the representative")
    zh, en = "登记信息未显示其为法定代表人", "The registry shows another representative"
    return checks.contradiction(code, zh, en, sure=judged.outcome == "fail")
