"""What kind of paper it is, told from its title: a short line of print that says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean

from partners.documents import checks
from partners.documents.checks import Check
from partners.documents.layout import plain
from partners.documents.ocr import Line, Page

TITLES: dict[str, tuple[str, ...]] = {
    "D01": ("营业执照",),
    "D02": ("税务登记证", "税务登记信息", "税务登记", "纳税人识别号证明", "完税证明"),
    "D03": ("居民身份证",),
    "D04": ("结算账户证明", "开户许可证", "基本存款账户信息", "账户证明", "开户证明", "账户信息证明"),
    "D05": ("账户交易明细", "交易明细", "银行流水", "对账单", "流水清单", "账户明细"),
    "D06": ("签购单", "交易凭证", "POS单", "SALESSLIP"),
    "D07": ("发票", "出货单", "送货单", "发货单", "购销合同", "买卖合同", "销售合同", "采购合同"),
    "D08": ("情况说明",),
    "D09": ("解除管控申请表", "解除申请表", "解除管控申请"),
    "D10": ("授权委托书", "授权书", "委托书"),
    "D11": ("终端购机凭证", "购机凭证", "终端证明"),
    "D13": ("房屋租赁合同", "租赁合同", "租赁协议", "不动产权证书", "房屋所有权证"),
    "D14": ("整改方案", "整改计划"),
    "D15": ("整改完成证明", "整改报告"),
    "D16": ("收单服务协议", "收单协议"),
    "D17": ("监护关系证明", "监护人证明", "出生医学证明", "居民户口簿"),
    "D18": ("变更登记通知书", "准予变更登记", "变更登记"),
    "D19": ("工作证明", "在职证明"),
    "D20": ("食品经营许可证", "药品经营许可证", "特种行业许可证", "烟草专卖零售许可证", "经营许可证", "许可证"),
    "D21": ("持卡人确认函", "持卡人确认书"),
    "D22": ("受案回执", "报案回执", "接报案回执"),
    "D23": ("终端维修报告", "维修报告"),
    "D24": ("协助解除冻结财产通知书", "协助冻结财产通知书", "冻结财产通知书", "协助执行通知书"),
    "D25": ("强化尽职调查表", "尽职调查表", "尽调表"),
}
"""Titles by document code, the usual one first. Of what only names a thing (发票, 许可证) the longer title counts."""

NAMES = {
    "D01": "business licence", "D02": "tax certificate", "D03": "resident identity card",
    "D04": "proof of the settlement account", "D05": "bank statement", "D06": "sales slip",
    "D07": "invoice, delivery note or contract", "D08": "explanation letter", "D09": "release application form",
    "D10": "authorization letter", "D11": "proof of the terminal", "D13": "lease or title of the premises",
    "D14": "rectification plan", "D15": "proof of rectification", "D16": "acquiring agreement",
    "D17": "proof of guardianship", "D18": "notice of changed registration", "D19": "proof of work",
    "D20": "trade permit", "D21": "cardholder's confirmation", "D22": "police receipt", "D23": "repair report",
    "D24": "legal instrument", "D25": "due diligence form",
}  # fmt: skip
"""What each kind is called in English, by document code."""

_CODE = "kind_of_paper"
_MOST_BEFORE = 12
"""Characters that may stand before a title in its line (中国工商银行账户交易明细); more is a sentence about it."""
_AFTER = re.compile(r"[表书单]?(?:通知书|决定书|清单)?(?:\(.{0,8}\))?(?:存根联|副本|正本)?")
"""What may stand after it: 送货单 is a title, 送货单号 is a label."""


def looks_like(pages: Sequence[Page]) -> str | None:
    """The document code whose title is printed highest on the first page that bears one; None without a title."""
    for page in pages:
        for line in sorted(page.lines, key=lambda line: line.box[1]):
            if code := _titled(line):
                return code
    return None


def judge(pages: Sequence[Page], doc_type: str, *, recognised: bool = False) -> Check:
    """Whether this is the paper it should be.

    Its title says so, or (`recognised`) its fields do; only the clear title of another kind refutes it.
    """
    lines = [line for page in pages for line in page.lines]
    bare = [plain(line.text).replace(" ", "") for line in lines]
    if any(_names(text, doc_type) for text in bare):
        return _it_is(doc_type)
    title, name = TITLES[doc_type][0], NAMES[doc_type]
    other = next((line for line in lines if _titled(line)), None)
    if other is not None and not recognised:
        if fmean(other.confidences) >= checks.CLEAR:
            code = _titled(other) or ""
            en = f"By its title this is another paper ({NAMES[code]}), no {name}"
            return Check(_CODE, "fail", f"这是{TITLES[code][0]}，不是{title}", en)
        return checks.unread(_CODE, "材料种类", "The kind of the paper")
    if recognised and other is None:
        return Check(_CODE, "pass", f"版面符合{title}", f"It is laid out as it should be: {name}")
    return checks.unread(_CODE, f"{title}的标题", f"The title ({name})")


def judge_by_print(pages: Sequence[Page], doc_type: str, *, others: Sequence[str], recognised: bool) -> Check:
    """Whether this is the paper it should be, for papers whose title stands anywhere in their print, or whose fields
    say so (`recognised`); clear print that stands only on `others` refutes it."""
    title, name = TITLES[doc_type][0], NAMES[doc_type]
    if recognised or title in "".join(plain(line.text) for page in pages for line in page.lines):
        return _it_is(doc_type)
    for other in others:
        seen = [line for page in pages for line in page.lines if other in plain(line.text)]
        if seen and fmean(seen[0].confidences) >= checks.CLEAR:
            en = f"It bears the print of another kind of paper: no {name}"
            return Check(_CODE, "fail", f"材料上有“{other}”，不是{title}", en)
    return checks.unread(_CODE, f"{title}的版面", f"The layout ({name})")


def _it_is(doc_type: str) -> Check:
    return Check(_CODE, "pass", f"是{TITLES[doc_type][0]}", f"This is the paper it should be: {NAMES[doc_type]}")


def _names(text: str, doc_type: str) -> bool:
    return any(_is_title(text, title) for title in TITLES[doc_type])


def _is_title(text: str, title: str) -> bool:
    before, found, after = text.partition(title)
    return bool(found) and len(before) <= _MOST_BEFORE and _AFTER.fullmatch(after) is not None


def _titled(line: Line) -> str | None:
    """The document code whose title the line is; the longest title that fits counts."""
    text = plain(line.text).replace(" ", "")
    fitting = [(len(title), code) for code, titles in TITLES.items() for title in titles if _is_title(text, title)]
    return max(fitting)[1] if fitting else None
