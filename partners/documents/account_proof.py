"""Reads a proof of the settlement account (D04, 结算账户证明): holder, number, bank, state, day of issue."""

from __future__ import annotations

from collections.abc import Sequence

from partners.documents import checks, kinds
from partners.documents.accounts import NUMBER, judge_check_digit, judge_holder, judge_number, number_of
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.dates import dates_in
from partners.documents.fields import best, found_on, several_papers, shown
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page

LABELS = labels(
    {
        "户名": "holder",
        "账户名称": "holder",
        "开户名称": "holder",
        "存款人名称": "holder",
        "存款人": "holder",
        "单位名称": "holder",
        "客户名称": "holder",
        "账号": "number",
        "帐号": "number",
        "银行账号": "number",
        "账户号码": "number",
        "卡号": "number",
        "开户银行": "bank",
        "开户银行名称": "bank",
        "开户行": "bank",
        "开户机构": "bank",
        "账户状态": "state",
        "状态": "state",
        "账户性质": "nature",
        "出具日期": "issued",
        "日期": "issued",
    },
    titles=("结算账户证明", "开户许可证"),
    several=("holder", "bank"),
)
_SHOWN = ("holder", "number", "bank", "state", "issued")
_NOT_LIVE = ("销户", "注销", "冻结", "止付", "挂失", "久悬", "异常")


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields and checks of an account proof."""
    found = found_on(pages, LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    number = chosen["number"] = number_of(found.get("number", []))
    recognised = all(chosen.get(name) for name in ("holder", "number", "bank"))
    judged = [
        kinds.judge(pages, "D04", recognised=recognised),
        judge_holder(pages, chosen.get("holder"), on_file),
        *judge_check_digit(number),
        judge_number(number, on_file, must=False),
        _judge_bank(chosen.get("bank"), number, on_file),
        *_judge_state(chosen.get("state")),
        *_judge_issue(chosen.get("issued"), on_file),
        *several_papers(found, ("holder", "number")),
    ]
    return Reading(shown(_SHOWN, chosen, pages), tuple(judged))


def _judge_bank(bank: Value | None, number: Value | None, on_file: OnFile) -> Check:
    """The bank that keeps it: that of the account on file, where it is that account."""
    code = "bank_named"
    if bank is None or ("银行" not in bank.text and "信用" not in bank.text) or not checks.legible(bank):
        return checks.unread(code, "开户银行", "The bank")
    held = on_file.account
    if (
        held is None
        or number is None
        or not NUMBER.fullmatch(number.text)
        or number.text != held.number.replace(" ", "")
    ):
        return Check(code, "pass", "已写明开户银行", "The bank is named")
    same = _bare(held.bank) in _bare(bank.text) or _bare(bank.text) in _bare(held.bank)
    passed, failed = (
        ("开户银行与登记一致", "The bank is the one on file"),
        ("开户银行与登记不一致", "The bank is not the one on file"),
    )
    return checks.agreement(code, agrees=same, read=bank, passed=passed, failed=failed)


def _bare(bank: str) -> str:
    return plain(bank).replace("股份有限公司", "").replace("有限责任公司", "").replace("中国", "").replace(" ", "")


def _judge_state(state: Value | None) -> list[Check]:
    """An account that is closed or blocked proves nothing; where no state is printed there is nothing to say."""
    if state is None:
        return []
    code, text = "account_live", state.text
    if any(word in text for word in _NOT_LIVE):
        zh, en = "账户已销户或不可用", "The account is closed or cannot be used"
        return [checks.contradiction(code, zh, en, sure=checks.clear(state))]
    if "正常" in text and checks.legible(state):
        return [Check(code, "pass", "账户状态正常", "The account is in use")]
    return [checks.unread(code, "账户状态", "The state of the account")]


def _judge_issue(issued: Value | None, on_file: OnFile) -> list[Check]:
    days = [day for day, *_ in dates_in(issued.text)] if issued else []
    if not days:
        return [checks.unread("issued", "出具日期", "The day of issue")]
    if max(days) > on_file.today:
        zh, en = f"出具日期{max(days)}在未来", f"The day of issue, {max(days)}, is in the future"
        return [checks.contradiction("issued", zh, en, sure=checks.clear(issued))]
    if not checks.legible(issued):
        return [checks.unread("issued", "出具日期", "The day of issue")]
    return [Check("issued", "pass", f"出具日期{max(days)}", f"It was issued on {max(days)}")]
