"""Reads an invoice, a delivery note or a contract (D07): seller, sum, items, day, and compares the sum with the sale.

The sum must lie within 5 % of a questioned transaction, or of all of them together (documents.csv). A smaller one may
be one of several papers about a sale, which a person must add up; a larger one proves another sale.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from partners.documents import checks, kinds
from partners.documents.amounts import Amount, amount_of, amounts_in, words_in
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.dates import dates_in
from partners.documents.fields import best, field_of, found_on, lines_of, several_papers
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page

LABELS = labels(
    {
        "发票号码": "number",
        "发票代码": "code",
        "单号": "number",
        "送货单号": "number",
        "出货单号": "number",
        "合同编号": "number",
        "开票日期": "on",
        "送货日期": "on",
        "发货日期": "on",
        "出货日期": "on",
        "签订日期": "on",
        "销售方名称": "seller",
        "销售方": "seller",
        "卖方": "seller",
        "出卖人": "seller",
        "供货单位": "seller",
        "发货单位": "seller",
        "出货单位": "seller",
        "供方": "seller",
        "购买方名称": "buyer",
        "购买方": "buyer",
        "收货单位": "buyer",
        "买方": "buyer",
        "买受人": "buyer",
        "需方": "buyer",
        "统一社会信用代码": "uscc",
        "纳税人识别号": "uscc",
        "价税合计(大写)": "words",
        "合计(大写)": "words",
        "合计金额(大写)": "words",
        "大写": "words",
        "(小写)": "total",
        "小写": "total",
        "价税合计": "total",
        "合计金额": "total",
        "总金额": "total",
        "合同金额": "total",
        "合同总价": "total",
        "金额合计": "total",
    },
    inside=("(小写)",),
    titles=("电子发票(普通发票)", "送货单", "出货单", "购销合同"),
    several=("seller", "buyer"),
)
MOST_APART = 5
"""Percent that the sum may lie from the sale."""
_SHOWN = ("number", "on", "seller", "uscc", "words", "total")
_COLUMN = re.compile(r"金额(\(元\))?")


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields and checks of one invoice, delivery note or contract."""
    found = found_on(pages, LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    total = chosen["total"] = best([value for value in found.get("total", []) if amount_of(value)])
    fen = amount_of(total)
    judged = [
        kinds.judge(pages, "D07"),
        _judge_seller(pages, chosen.get("seller"), chosen.get("uscc"), on_file),
        _judge_sum(total, fen, on_file),
        *_judge_words(pages, chosen.get("words"), total, fen),
        *_judge_items(pages, total, fen),
        _judge_day(chosen.get("on"), on_file),
        *several_papers(found, ("seller", "number")),
    ]
    shown = tuple(field_of(name, value, pages) for name in _SHOWN if (value := chosen.get(name)) is not None)
    return Reading(shown, tuple(judged))


def _judge_seller(pages: Sequence[Page], seller: Value | None, uscc: Value | None, on_file: OnFile) -> Check:
    """The merchant must be who sold."""
    code = "seller_is_merchant"
    judged = checks.company_name(seller, on_file.name, lines_of(pages))
    if judged.outcome == "pass" and checks.legible(seller):
        return Check(code, "pass", "销售方为该商户", "The seller is the merchant")
    if seller is None:
        return checks.unread(code, "销售方", "The seller")
    known = uscc is not None and on_file.uscc is not None and on_file.uscc in plain(uscc.text)
    sure = judged.outcome == "fail" and not known
    return checks.contradiction(code, "销售方不是该商户", "The seller is not the merchant", sure=sure)


def _judge_sum(total: Value | None, fen: Amount | None, on_file: OnFile) -> Check:
    code = "sum_fits_sale"
    if total is None or fen is None or not fen.exact:
        return checks.unread(code, "合计金额", "The sum")
    sales = [sale.amount_fen for sale in on_file.transactions]
    if not sales:
        zh, en = "没有可供核对的被查询交易记录", "No questioned transaction is recorded to compare it with"
        return Check(code, "unsure", zh, en)
    if any(abs(fen.fen - sale) * 100 <= MOST_APART * sale for sale in (*sales, sum(sales))):
        passed = "合计金额与被查询交易相差不超过5%", "The sum is within 5% of what is questioned"
        return checks.agreement(code, agrees=True, read=total, passed=passed, failed=passed)
    if fen.fen > sum(sales):
        zh, en = "合计金额超出被查询交易5%以上", "The sum is more than 5% above what is questioned"
        return checks.contradiction(code, zh, en, sure=checks.clear(total))
    zh = "合计金额与任一被查询交易相差超过5%，如为多份单据之一，需人工合计"
    en = "The sum is more than 5% off every questioned sale; if it is one of several papers, a person must add them up"
    return Check(code, "unsure", zh, en)


def _judge_words(pages: Sequence[Page], words: Value | None, total: Value | None, fen: Amount | None) -> list[Check]:
    """Figures and words must say the same; an invoice has both."""
    code = "words_match_figures"
    if words is None:
        invoice = any("发票" in line for line in lines_of(pages))
        return [checks.unread(code, "大写金额", "The amount in words")] if invoice else []
    spelled = words_in(plain(words.text))
    if spelled is None or fen is None:
        return [checks.unread(code, "大写金额", "The amount in words")]
    if spelled == fen.fen and checks.legible(words):
        return [Check(code, "pass", "大写与小写金额一致", "The amount in words is the amount in figures")]
    zh, en = "大写与小写金额不一致", "The amount in words differs from the amount in figures"
    return [checks.contradiction(code, zh, en, sure=checks.clear(words) and checks.clear(total))]


def _judge_items(pages: Sequence[Page], total: Value | None, fen: Amount | None) -> list[Check]:
    """The items below the column's head must add up to the sum. A contract without such a column has none."""
    code = "items_add_up"
    listed = [amount for page in pages for amount in _column(page)]
    if not listed:
        return [] if any("合同" in line for line in lines_of(pages)) else [checks.unread(code, "各项金额", "The items")]
    if fen is None or total is None:
        return [checks.unread(code, "合计金额", "The sum")]
    if sum(listed) == fen.fen:
        return [Check(code, "pass", "各项金额之和等于合计", "The items add up to the sum")]
    zh, en = "各项金额之和与合计不一致", "The items do not add up to the sum"
    return [checks.contradiction(code, zh, en, sure=False)]


def _column(page: Page) -> list[int]:
    """The exact amounts in fen below the head 金额, down to the line with the sum."""
    heads = [line for line in page.lines if _COLUMN.fullmatch(plain(line.text))]
    if not heads:
        return []
    head = min(heads, key=lambda line: line.box[1])
    ends = [line.box[1] for line in page.lines if "合计" in line.text and line.box[1] > head.box[1]]
    bottom = min(ends, default=float(page.height)) - head.height / 4
    reach = 2 * head.height
    column = [
        line
        for line in page.lines
        if head.box[3] <= (line.box[1] + line.box[3]) / 2 < bottom
        and head.box[0] - reach <= line.box[0] <= head.box[2] + reach
    ]
    return [one.fen for line in column for one in amounts_in(line.text) if one.exact]


def _judge_day(printed: Value | None, on_file: OnFile) -> Check:
    code = "dated"
    days = [day for day, *_ in dates_in(printed.text)] if printed else []
    if printed is None or len(set(days)) != 1:
        return checks.unread(code, "单据日期", "The date of the paper")
    if days[0] > on_file.today:
        zh, en = f"单据日期{days[0]}在未来", f"The paper's date, {days[0]}, is in the future"
        return checks.contradiction(code, zh, en, sure=checks.clear(printed))
    if not checks.legible(printed):
        return checks.unread(code, "单据日期", "The date of the paper")
    return Check(code, "pass", f"单据日期{days[0]}", f"The paper is dated {days[0]}")
