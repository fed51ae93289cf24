"""Reads a guardian's papers (D17, 监护人身份证+关系证明): their card, and whose guardian they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from partners.documents import checks, kinds, resident_id
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.fields import best, found_on, lines_of, shown
from partners.documents.layout import Labels, Value, labels
from partners.documents.ocr import Page
from partners.documents.release_form import same_code
from partners.documents.resident_id import ADULT, age, card_of

LABELS = labels(
    {
        "监护人": "guardian",
        "监护人姓名": "guardian",
        "被监护人": "ward",
        "被监护人姓名": "ward",
        "被监护人身份证号": "ward_id",
        "与被监护人关系": "relation",
        "关系": "relation",
    },
    titles=("监护关系证明",),
)
_KIN = ("父", "母", "子", "女", "祖", "兄", "姐", "监护")
_SHOWN = ("guardian", "ward", "ward_id", "relation")


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields, checks and last day of validity of a guardian's card, with the proof of the relation."""
    card, found = card_of(pages, _card_labels(), beside_label=True), found_on(pages, LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    of_card = [
        check for check in card.judge(pages, replace(on_file, resident_id=None)) if check.code != "resident_id_matches"
    ]
    judged = [
        kinds.judge(pages, "D17"),
        *of_card,
        _judge_age(card, on_file),
        _judge_guardian(chosen.get("guardian"), card.chosen.get("name")),
        _judge_ward(pages, chosen.get("ward"), on_file),
        _judge_minor(on_file),
        *([_judge_ward_id(chosen["ward_id"], on_file)] if chosen.get("ward_id") else []),
        _judge_relation(chosen.get("relation")),
    ]
    return Reading((*card.fields(pages), *shown(_SHOWN, chosen, pages)), tuple(judged), card.period.end)


def _card_labels() -> Labels:
    """The card's labels, with those of the proof beside them so that neither takes the other's values."""
    others = dict.fromkeys(LABELS.spellings, "other")
    spellings = dict(sorted({**resident_id.LABELS.spellings, **others}.items(), key=lambda item: -len(item[0])))
    return replace(resident_id.LABELS, spellings=spellings)


def _judge_age(card: resident_id.Card, on_file: OnFile) -> Check:
    """A guardian must be of age, and the person they stand for must not be."""
    born = card.born
    if born is None:
        return checks.unread("guardian_of_age", "监护人出生日期", "The guardian's birth date")
    if age(born, on_file.today) < ADULT:
        return Check("guardian_of_age", "fail", "监护人未满18周岁", "The guardian is under 18")
    return Check("guardian_of_age", "pass", "监护人已成年", "The guardian is of age")


def _judge_guardian(named: Value | None, on_card: Value | None) -> Check:
    code = "guardian_is_holder"
    if named is None or on_card is None or not checks.legible(on_card):
        return checks.unread(code, "监护人姓名", "The guardian's name")
    judged = checks.person_name(code, named, on_card.text, (), zh="监护人", en="the guardian's name")
    if judged.outcome == "pass" and checks.legible(named):
        return Check(code, "pass", "监护人与身份证持证人一致", "The guardian is the holder of the card")
    zh, en = "监护人与身份证持证人不一致", "The guardian is not the holder of the card"
    return checks.contradiction(code, zh, en, sure=judged.outcome == "fail" and checks.clear(on_card))


def _judge_ward(pages: Sequence[Page], ward: Value | None, on_file: OnFile) -> Check:
    judged = checks.person_name(
        "ward_matches", ward, on_file.representative, lines_of(pages), zh="被监护人姓名", en="the ward's name"
    )
    if judged.outcome == "pass" and not checks.legible(ward):
        return checks.unread("ward_matches", "被监护人姓名", "The ward's name")
    return judged


def _judge_minor(on_file: OnFile) -> Check:
    """Only a minor has a guardian by law; anyone else's is for a person to consider."""
    born = resident_id.birth_date(on_file.resident_id or "")
    if born is None:
        return checks.unread("ward_is_minor", "被监护人出生日期", "The ward's birth date")
    if age(born, on_file.today) < ADULT:
        return Check("ward_is_minor", "pass", "被监护人未满18周岁", "The ward is under 18")
    zh, en = "被监护人已成年，需人工查看", "The ward is of age; a person must look"
    return Check("ward_is_minor", "unsure", zh, en)


def _judge_ward_id(printed: Value | None, on_file: OnFile) -> Check:
    return same_code("ward_id_matches", printed, on_file.resident_id, "被监护人身份证号", "ward's resident id number")


def _judge_relation(relation: Value | None) -> Check:
    if relation is None or not checks.legible(relation) or not any(kin in relation.text for kin in _KIN):
        return checks.unread("relation_named", "监护关系", "The relation")
    return Check("relation_named", "pass", "已写明监护关系", "The relation is named")
