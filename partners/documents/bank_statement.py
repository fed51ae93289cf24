"""Reads a bank statement (D05, 银行流水): whose account, which number, which period, and its running balance."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from partners.documents import checks, kinds
from partners.documents.accounts import judge_holder, judge_number, number_of
from partners.documents.amounts import amounts_in
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.dates import Period, dates_in, period_in
from partners.documents.fields import best, found_on, several_papers, shown
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Line, Page

LABELS = labels(
    {
        "户名": "holder",
        "账户名称": "holder",
        "客户名称": "holder",
        "账号": "number",
        "帐号": "number",
        "卡号": "number",
        "开户银行": "bank",
        "开户行": "bank",
        "起止日期": "period",
        "查询期间": "period",
        "查询日期": "period",
        "交易期间": "period",
        "账单周期": "period",
        "打印日期": "printed",
    },
    inside=("账号",),
    titles=("账户交易明细",),
    several=("holder", "period"),
)
MONTHS = 3
"""The statement must go back this many months (documents.csv: 近3月)."""
MOST_OLD = timedelta(days=31)
"""How long before the day it is judged on a statement may end."""
_SHOWN = ("holder", "number", "bank", "period")


@dataclass(frozen=True, slots=True)
class _Row:
    """One booking: its day and its amounts in fen from left to right, the last of which is the balance."""

    day: date
    amounts: tuple[int, ...]


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields and checks of a statement."""
    found = found_on(pages, LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    number = chosen["number"] = number_of(found.get("number", []))
    rows = [row for page in pages for row in _rows(page)]
    judged = [
        kinds.judge(pages, "D05", recognised=bool(chosen.get("holder") and number and len(rows) >= 5)),
        judge_holder(pages, chosen.get("holder"), on_file),
        judge_number(number, on_file, must=True),
        _judge_period(chosen.get("period"), rows, on_file.today),
        _judge_balances(rows),
        *several_papers(found, ("holder", "number")),
    ]
    return Reading(shown(_SHOWN, chosen, pages), tuple(judged))


def _judge_period(printed: Value | None, rows: Sequence[_Row], today: date) -> Check:
    """It must begin three months before today or earlier and end within the last month.

    The period in its head counts; without one its bookings can show enough, but not that anything is missing.
    """
    code = "period_covered"
    period = period_in(printed.text) if printed else Period(None, None)
    days = [row.day for row in rows]
    if period.start is None or period.end is None:
        if days and min(days) <= months_before(today, MONTHS) and today - MOST_OLD <= max(days) <= today:
            return Check(code, "pass", "覆盖近3个月", "It covers the last three months")
        return checks.unread(code, "起止日期", "The period it covers")
    if max([period.end, *days]) > today:
        zh, en = "流水日期在未来", "It has dates in the future"
        return checks.contradiction(code, zh, en, sure=checks.clear(printed) and period.end > today)
    if period.start > months_before(today, MONTHS) or period.end < today - MOST_OLD:
        zh = f"流水期间{period.start}至{period.end}未覆盖近3个月"
        en = f"The period from {period.start} to {period.end} is not the last three months"
        return checks.contradiction(code, zh, en, sure=checks.clear(printed))
    outside = [day for day in days if not period.start <= day <= period.end]
    if outside or not checks.legible(printed):
        return checks.unread(code, "起止日期", "The period it covers")
    return Check(code, "pass", "覆盖近3个月", "It covers the last three months")


def months_before(day: date, months: int) -> date:
    """The same day that many months earlier, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _judge_balances(rows: Sequence[_Row]) -> Check:
    """Each balance must follow from the one before and the booking between; which way time runs is tried out."""
    code = "balances_add_up"
    whole = [row for row in rows if len(row.amounts) >= 2]
    if len(whole) < 3:
        return checks.unread(code, "各笔余额", "The balances")
    if any(all(_follows(one, other) for one, other in pairwise(order)) for order in (whole, whole[::-1])):
        return Check(code, "pass", "各笔余额前后一致", "The balances follow from the bookings")
    zh, en = "余额与收支不一致，需人工查看", "Balances do not follow from the bookings; a person must look"
    return Check(code, "unsure", zh, en)


def _follows(before: _Row, after: _Row) -> bool:
    *moved, balance = after.amounts
    change = balance - before.amounts[-1]
    if len(moved) == 1:
        return abs(change) == moved[0]
    return change in {moved[0] - moved[1], moved[1] - moved[0]}


def _rows(page: Page) -> list[_Row]:
    """The page's bookings: a line that begins with a date, and the exact amounts to its right in the same row."""
    found = []
    for line in sorted(page.lines, key=lambda line: line.box[1]):
        days = dates_in(plain(line.text))
        if len(days) != 1 or days[0][1] > 2:
            continue
        beside = sorted((one for one in page.lines if _beside(line, one)), key=lambda one: one.box[0])
        amounts = [each.fen for one in beside for each in amounts_in(one.text) if each.exact]
        if amounts:
            found.append(_Row(days[0][0], tuple(amounts)))
    return found


def _beside(line: Line, other: Line) -> bool:
    middle = (other.box[1] + other.box[3]) / 2
    return line.box[1] <= middle <= line.box[3] and other.box[0] >= line.box[0] and other is not line
