"""Reads an authorisation (D10, 授权书+经办人身份证): who authorises whom, for how long, signed by the representative.

A name printed beside the seal is what can be read; whether a hand signed it is for a person where no seal stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from partners.documents import checks, kinds
from partners.documents.bank_statement import months_before
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.dates import Period, dates_in, period_in
from partners.documents.fields import best, found_on, lines_of, sealed, shown, validity
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page
from partners.documents.release_form import judge_signing_day
from partners.documents.resident_id import Card, card_of, is_right

LABELS = labels(
    {
        "商户名称": "name",
        "委托单位": "name",
        "授权单位": "name",
        "统一社会信用代码": "uscc",
        "商户编号": "merchant_no",
        "法定代表人": "representative",
        "经办人身份证号": "agent_id",
        "经办人身份证号码": "agent_id",
        "受托人身份证号": "agent_id",
        "经办人": "agent",
        "受托人": "agent",
        "被授权人": "agent",
        "授权期限": "period",
        "委托期限": "period",
        "授权有效期": "period",
        "授权人": "signed",
        "委托人": "signed",
        "签章": "signed",
        "盖章": "signed",
        "日期": "on",
    },
    titles=("授权委托书",),
    several=("name", "period", "signed"),
)
_SHOWN = ("name", "uscc", "representative", "agent", "agent_id", "period", "signed", "on")
_FOR = re.compile(r"起(?:有效)?(?:期)?([一二两三四五六七八九十半]|\d{1,3})(年|个月|日|天)")
_COUNT = {char: count for count, char in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}
_ID = re.compile(r"(?<![0-9A-Z])\d{17}[0-9X](?![0-9A-Z])")


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields, checks and last day of an authorisation."""
    found = found_on(pages, LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    period = _period(chosen.get("period"))
    card = card_of(pages, beside_label=True)
    judged = [
        kinds.judge(pages, "D10"),
        checks.company_name(chosen.get("name"), on_file.name, lines_of(pages)),
        _judge_agent(card, chosen.get("agent"), chosen.get("agent_id")),
        replace(validity(pages, card.period, card.chosen.get("period"), on_file.today), code="card_validity"),
        checks.validity(period, on_file.today, sure=checks.clear(chosen.get("period"))),
        _judge_signer(pages, chosen.get("signed"), on_file),
        judge_signing_day(chosen.get("on"), on_file),
    ]
    ends = [end for end in (period.end, card.period.end) if end is not None]
    return Reading(shown(_SHOWN, chosen, pages), tuple(judged), min(ends, default=None))


def _period(printed: Value | None) -> Period:
    """From one day to another, or from a day on for so many years, months or days."""
    if printed is None:
        return Period(None, None)
    text = plain(printed.text)
    period = period_in(text)
    lasts = _FOR.search(text)
    starts = [day for day, *_ in dates_in(text)]
    if period.known or lasts is None or len(starts) != 1:
        return Period(period.start, period.end) if period.endless else period  # no authority is given for ever
    return Period(starts[0], _end(starts[0], lasts[1], lasts[2]))


def _end(start: date, count: str, unit: str) -> date:
    if unit in ("日", "天"):
        return start + timedelta(days=(int(count) if count.isdigit() else _COUNT.get(count, 0)) - 1)
    number = int(count) if count.isdigit() else _COUNT.get(count, 0)
    months = 6 if (count, unit) == ("半", "年") else number * (12 if unit == "年" else 1)
    return months_before(start, -months) - timedelta(days=1)


def _judge_agent(card: Card, agent: Value | None, printed_id: Value | None) -> Check:
    """The agent is named with a right resident id number, and both are those of the card that is enclosed."""
    code = "agent_identified"
    match = _ID.search(plain(printed_id.text).upper()) if printed_id else None
    if agent is None or printed_id is None or match is None or not checks.legible(agent):
        return checks.unread(code, "经办人及其身份证号", "The agent and their resident id number")
    if not is_right(match[0]):
        zh, en = "经办人身份证号校验位错误", "The check digit of the agent's resident id number is wrong"
        return checks.contradiction(code, zh, en, sure=checks.clear(printed_id))
    holder, number = card.chosen.get("name"), card.chosen.get("number")
    if holder is None or number is None or not is_right(number.text):
        zh, en = "未见经办人身份证，需人工查看", "The agent's identity card was not found; a person must look"
        return Check(code, "unsure", zh, en)
    passed = "经办人与其身份证一致", "The agent is the holder of the card"
    failed = "经办人与所附身份证不一致", "The agent is not the holder of the card enclosed"
    if number.text == match[0]:
        named = checks.person_name(code, agent, holder.text, (), zh="经办人", en="the agent").outcome == "pass"
        if named and checks.legible(number) and checks.legible(printed_id):
            return Check(code, "pass", *passed)
        return checks.contradiction(code, *failed, sure=False)
    return checks.contradiction(code, *failed, sure=checks.clear(number) and checks.clear(printed_id))


def _judge_signer(pages: Sequence[Page], signed: Value | None, on_file: OnFile) -> Check:
    """The legal representative must sign (documents.csv), and the seal must stand there."""
    code, zh, en = "signer_is_representative", "签署人为法定代表人", "The legal representative signed"
    if signed is None or not on_file.representative:
        return checks.unread(code, "签署人", "The signer")
    persons = replace(signed, text=_without(signed.text, on_file.name))
    if on_file.representative in persons.text and checks.legible(signed):
        if sealed(signed, pages):
            return Check(code, "pass", zh, en)
        return Check(code, "unsure", "未见印章，需人工查看", "No seal was found; a person must look")
    judged = checks.person_name(
        code, persons, on_file.representative, lines_of(pages), zh="签署人", en="the signer's name"
    )
    if judged.outcome == "fail":
        return Check(code, "fail", "签署人不是法定代表人", "The signer is not the legal representative")
    return checks.unread(code, "签署人", "The signer")


def _without(text: str, name: str | None) -> str:
    return plain(text).replace(plain(name), "") if name else plain(text)
