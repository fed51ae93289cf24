"""Reads papers about the premises and the trade: lease or title (D13) and special permit (D20)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from partners.documents import checks, kinds
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.dates import period_in
from partners.documents.fields import best, found_on, lines_of, shown
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page

LEASE = labels(
    {
        "承租方": "name",
        "承租人": "name",
        "权利人": "name",
        "乙方": "name",
        "房屋地址": "address",
        "房屋坐落": "address",
        "坐落": "address",
        "地址": "address",
        "租赁期限": "period",
        "租期": "period",
        "使用期限": "period",
    },
    titles=("房屋租赁合同",),
    several=("name", "address", "period"),
)
PERMIT = labels(
    {
        "经营者名称": "name",
        "企业名称": "name",
        "单位名称": "name",
        "统一社会信用代码": "uscc",
        "许可证编号": "permit_no",
        "证书编号": "permit_no",
        "经营场所": "address",
        "许可项目": "scope",
        "经营项目": "scope",
        "许可范围": "scope",
        "有效期至": "valid_until",
        "有效期限": "period",
        "有效期": "period",
    },
    titles=("食品经营许可证", "许可证"),
    several=("name", "address", "scope"),
)
NEEDED = {
    "5411": ("食品", "烟草"),
    "5499": ("食品",),
    "5812": ("食品", "餐饮"),
    "5814": ("食品", "餐饮"),
    "5912": ("药品", "医疗器械"),
    "5921": ("酒类", "食品"),
    "5993": ("烟草",),
    "7011": ("特种行业", "旅馆"),
}
"""What a permit must be about, by the merchant's category (MCC)."""


def read_lease(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """D13: the merchant rents or owns the premises on file, today."""
    found = found_on(pages, LEASE)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    period = chosen.get("period")
    term = period_in(plain(period.text)) if period else period_in("")
    judged = [
        kinds.judge(pages, "D13"),
        checks.company_name(chosen.get("name"), on_file.name, lines_of(pages)),
        _judge_address(chosen.get("address"), on_file),
        checks.validity(term, on_file.today, sure=checks.legible(period)),
    ]
    return Reading(shown(("name", "address", "period"), chosen, pages), tuple(judged), term.end)


def read_permit(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """D20: a permit for the merchant's trade, valid today."""
    found = found_on(pages, PERMIT)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    until = chosen.get("valid_until") or chosen.get("period")
    term = period_in(plain(until.text), single_is_end=chosen.get("valid_until") is not None) if until else period_in("")
    judged = [
        kinds.judge(pages, "D20"),
        checks.company_name(chosen.get("name"), on_file.name, lines_of(pages)),
        _judge_trade(pages, on_file),
        checks.validity(term, on_file.today, sure=checks.legible(until)),
    ]
    names = ("name", "uscc", "permit_no", "address", "scope", "valid_until", "period")
    return Reading(shown(names, chosen, pages), tuple(judged), term.end)


def _judge_address(printed: Value | None, on_file: OnFile) -> Check:
    """Whether the premises are those of the terminal or the merchant; how addresses are written differs."""
    code = "address_matches"
    if printed is None or not checks.legible(printed):
        return checks.unread(code, "地址", "The address")
    held = [_bare(each) for each in (on_file.terminal.address if on_file.terminal else None, on_file.address) if each]
    if not held:
        return Check(code, "unsure", "档案中没有地址可供核对", "There is no address on file to compare with")
    seen = _bare(printed.text)
    if any(seen.startswith(each) or each.startswith(seen) for each in held if min(len(seen), len(each)) >= 8):
        return Check(code, "pass", "地址与登记一致", "The address is the one on file")
    alike = max(SequenceMatcher(None, seen, each, autojunk=False).ratio() for each in held)
    zh, en = "地址与登记不一致", "The address differs from the one on file"
    return checks.contradiction(code, zh, en, sure=alike < 0.5 and checks.clear(printed))


def _judge_trade(pages: Sequence[Page], on_file: OnFile) -> Check:
    code = "permit_fits_trade"
    needed = NEEDED.get(on_file.mcc or "")
    if needed is None:
        return Check(
            code, "unsure", "该商户类别所需许可由审核人员判断", "A reviewer judges which permit this category needs"
        )
    printed = "".join(map(plain, lines_of(pages)))
    if any(word in printed for word in needed):
        return Check(code, "pass", "许可与商户类别相符", "The permit is for the merchant's trade")
    return checks.unread(code, "与商户类别相符的许可项目", "A permit for the merchant's trade")


def _bare(address: str) -> str:
    return re.sub(r"[\s,，.。·()（）-]", "", plain(address))
