"""Reads a sales slip (D06, 签购单) and compares it with the questioned transactions as the acquirer recorded them.

Each page is a slip of its own. The transaction a slip is about is the one that most of it fits: amount, time, the
card's last four digits and the terminal. Each of these must then agree. Every questioned transaction needs a slip of
its own: one that has none in the file is a doubt, and so are two slips about the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from partners.documents import checks, kinds
from partners.documents.amounts import amount_of
from partners.documents.checks import Check, Field, OnFile, Reading, Transaction
from partners.documents.fields import best, field_of, found_on
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page

LABELS = labels(
    {
        "商户名称": "merchant",
        "商户编号": "merchant_no",
        "商户号": "merchant_no",
        "终端编号": "terminal_id",
        "终端号": "terminal_id",
        "卡号": "card",
        "银行卡号": "card",
        "交易卡号": "card",
        "卡号后四位": "card",
        "发卡行": "issuer",
        "收单行": "acquirer",
        "交易类型": "kind",
        "类型": "kind",
        "日期时间": "at",
        "日期/时间": "at",
        "交易时间": "at",
        "交易日期": "at",
        "参考号": "ref",
        "系统参考号": "ref",
        "检索参考号": "ref",
        "交易金额": "amount",
        "消费金额": "amount",
        "金额": "amount",
        "凭证号": "voucher",
        "批次号": "batch",
        "授权码": "approval",
        "有效期": "expiry",
        "操作员号": "clerk",
        "备注": "note",
        "持卡人签名": "signature",
    },
    titles=("银联POS签购单", "商户存根联MERCHANTCOPY"),
    several=("merchant",),
)
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
CLOCKS_APART = timedelta(minutes=2)
"""How much a terminal's clock and the switch's may differ."""
_AT = re.compile(r"(20\d{2})[/\-.年]?(\d{2})[/\-.月]?(\d{2})日?(\d{2})[:.]?(\d{2})(?:[:.]?(\d{2}))?(?!\d)")
_LAST4 = re.compile(r"(?:[*xX×•·]+|^)(\d{4})(?!\d)")
_ALIKE = str.maketrans("OIZSB", "01258")
"""Letters of a terminal number that look like digits, as those digits."""
_UNDONE = ("退货", "撤销", "冲正", "REFUND", "VOID")
_SALE = ("消费", "SALE", "预授权完成", "付款")
_SHOWN = ("merchant", "merchant_no", "terminal_id", "card_last4", "kind", "at", "ref", "amount")


@dataclass(frozen=True, slots=True)
class _Slip:
    """One slip: what was read, and what it means."""

    read: dict[str, Value | None]
    fen: int | None
    at: datetime | None
    last4: str | None
    terminal_id: str | None

    def fits(self, sale: Transaction) -> dict[str, bool]:
        return {
            "amount": self.fen == sale.amount_fen,
            "at": self.at is not None and abs(self.at - sale.at) <= CLOCKS_APART,
            "card_last4": self.last4 == sale.last4,
            "terminal_id": (self.terminal_id or "").translate(_ALIKE) == sale.terminal_id.upper().translate(_ALIKE),
        }


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields and checks of all slips in the file; of several slips the worst of each check counts."""
    fields: list[Field] = []
    judged: list[Check] = []
    matched: list[str] = []
    for page in pages:
        slip = _slip(page)
        fields += [field_of(name, value, [page]) for name in _SHOWN if (value := slip.read.get(name)) is not None]
        sale = _sale(slip, on_file)
        if sale is not None:
            matched.append(sale.ref)
        judged += [kinds.judge([page], "D06", recognised=_recognised(slip)), *_judge(slip, sale, on_file)]
    if len(set(matched)) < len(matched):
        zh, en = "文件中多张签购单对应同一笔交易", "Several slips of the file are about the same transaction"
        judged.append(Check("slips_differ", "unsure", zh, en))
    if matched:
        judged.append(_judge_set(set(matched), on_file))
    return Reading(tuple(fields), checks.worst_of_each(judged))


def _judge_set(matched: set[str], on_file: OnFile) -> Check:
    """Whether every questioned transaction has its slip."""
    code, missing = "every_sale_has_its_slip", len({sale.ref for sale in on_file.transactions} - matched)
    if not missing:
        return Check(code, "pass", "每笔被查询交易均有签购单", "Every questioned transaction has its slip")
    return Check(
        code,
        "unsure",
        f"文件中没有另外{missing}笔被查询交易的签购单，需人工查看；请将全部签购单放在一个PDF文件中",
        f"The file holds no slip of {missing} other questioned transactions; a person must look. Best send all slips in"
        " one PDF",
    )


def _recognised(slip: _Slip) -> bool:
    return all(slip.read.get(name) for name in ("merchant_no", "terminal_id", "amount"))


def _slip(page: Page) -> _Slip:
    found = found_on([page], LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    card, when = chosen.get("card"), chosen.get("at")
    last4 = _LAST4.search(plain(card.text)) if card else None
    chosen["card_last4"] = card.cut(last4.start(1), last4.end(1)) if card and last4 else None
    moment = _AT.search(plain(when.text)) if when else None
    amount = amount_of(chosen.get("amount"))
    if amount is not None and (printed := chosen["amount"]) is not None:
        chosen["amount"] = printed.cut(amount.start, amount.end)
    terminal = chosen.get("terminal_id")
    return _Slip(
        read=chosen,
        fen=amount.fen if amount and amount.exact else None,
        at=_moment(moment) if moment else None,
        last4=last4[1] if last4 else None,
        terminal_id=plain(terminal.text).upper() if terminal else None,
    )


def _moment(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI)
    except ValueError:
        return None


def _sale(slip: _Slip, on_file: OnFile) -> Transaction | None:
    """The questioned transaction that most of the slip fits; None where none fits in two things besides the terminal,
    or two fit alike."""
    scored = [
        (sum(fit for name, fit in slip.fits(sale).items() if name != "terminal_id"), sale)
        for sale in on_file.transactions
    ]
    most = max((score for score, _ in scored), default=0)
    fitting = [sale for score, sale in scored if score == most]
    return fitting[0] if most >= 2 and len(fitting) == 1 else None


def _judge(slip: _Slip, sale: Transaction | None, on_file: OnFile) -> list[Check]:
    merchant_no = slip.read.get("merchant_no")
    judged = [_judge_merchant(merchant_no, on_file), *_judge_kind(slip.read.get("kind"))]
    code = "transaction_found"
    if not on_file.transactions:
        zh, en = "没有可供核对的被查询交易记录", "No questioned transaction is recorded to compare it with"
        return [*judged, Check(code, "unsure", zh, en)]
    if sale is None:
        zh, en = "不是被查询的交易", "It is not about any of the questioned transactions"
        sure = all(checks.clear(slip.read.get(name)) for name in ("amount", "at", "card_last4")) and None not in (
            slip.fen,
            slip.at,
            slip.last4,
        )
        nothing_fits = not any(any(slip.fits(each).values()) for each in on_file.transactions)
        return [*judged, checks.contradiction(code, zh, en, sure=sure and nothing_fits)]
    judged.append(Check(code, "pass", "对应一笔被查询的交易", "It is about one of the questioned transactions"))
    return [*judged, *_compared(slip, sale)]


_WORDS = {
    "amount": ("金额", "amount", "amount_matches"),
    "at": ("交易时间", "time", "time_matches"),
    "card_last4": ("卡号后四位", "card's last four digits", "last4_matches"),
    "terminal_id": ("终端编号", "terminal number", "terminal_matches"),
}


def _compared(slip: _Slip, sale: Transaction) -> list[Check]:
    understood = {"amount": slip.fen, "at": slip.at, "card_last4": slip.last4, "terminal_id": slip.terminal_id}
    judged = []
    for name, agrees in slip.fits(sale).items():
        zh, en, code = _WORDS[name]
        if understood[name] is None:
            judged.append(checks.unread(code, zh, f"The {en}"))
            continue
        passed = f"{zh}与交易记录一致", f"The {en} is as recorded"
        failed = f"{zh}与交易记录不一致", f"The {en} differs from what is recorded"
        if name == "terminal_id" and not agrees and not sale.terminal_id.isdigit():
            judged.append(checks.contradiction(code, *failed, sure=False))  # letters are taken for one another
            continue
        judged.append(checks.agreement(code, agrees=agrees, read=slip.read[name], passed=passed, failed=failed))
    return judged


def _judge_merchant(merchant_no: Value | None, on_file: OnFile) -> Check:
    code, zh, en = "merchant_no_matches", "商户编号", "merchant number"
    if merchant_no is None:
        return checks.unread(code, zh, f"The {en}")
    seen = replace(merchant_no, text=plain(merchant_no.text))
    passed = f"{zh}与档案一致", f"The {en} is the one on file"
    failed = f"{zh}与档案不一致", f"The {en} differs from the one on file"
    if len(seen.text) != len(on_file.merchant_no):  # a digit was overlooked or read twice
        return checks.contradiction(code, *failed, sure=False)
    return checks.agreement(code, agrees=seen.text == on_file.merchant_no, read=seen, passed=passed, failed=failed)


def _judge_kind(kind: Value | None) -> list[Check]:
    """A refund or a voided sale proves no sale."""
    code = "is_a_sale"
    if kind is None or not checks.legible(kind):
        return [checks.unread(code, "交易类型", "The kind of the transaction")]
    if any(word in kind.text.upper() for word in _UNDONE):
        zh, en = "这是退货或撤销，不是消费", "It is a refund or a voided sale"
        return [checks.contradiction(code, zh, en, sure=checks.clear(kind))]
    if any(word in kind.text.upper() for word in _SALE):
        return [Check(code, "pass", "交易类型为消费", "It is a sale")]
    return [checks.unread(code, "交易类型", "The kind of the transaction")]
