"""What tests of working by the console share: someone logged in, a page that is waited for, a case in review."""

from __future__ import annotations

import asyncio
import re
from itertools import count

from tests.desk.house import House
from tests.desk.surfer import Markup, Surfer
from tests.desk.working import Work

_numbers = count(1)


async def as_(house: House, name: str, language: str = "en") -> Surfer:
    surfer = Surfer(house, language=language)
    await surfer.log_in(name)
    return surfer


async def until(surfer: Surfer, path: str, *words: str) -> Markup:
    """The page once it says one of these."""
    for _ in range(200):
        page = await surfer.page(path)
        if any(word in page.text for word in words):
            return page
        await asyncio.sleep(0.1)
    raise AssertionError(f"{words} never came: {page.text[:1500]}")


def merchant_form(number: int) -> dict[str, str]:
    return {
        "merchant_no": f"8983100581{number:05d}", "merchant_type": "company", "name": "上海星河商贸有限公司",
        "uscc": "91310104MA1FR00QXY", "legal_representative__name": "王思远",
        "legal_representative__resident_id": "31010419850307861X", "contacts__0__name": "王思远",
        "contacts__0__phone": "13800000009", "contacts__0__language": "zh",
        "settlement_account__holder": "上海星河商贸有限公司", "settlement_account__number": "6222020000000000000",
        "settlement_account__bank": "中国工商银行", "mcc": "5411", "address": "上海市徐汇区",
    }  # fmt: skip


async def registered(officer: Surfer) -> tuple[str, str]:
    """A case that an officer opened by hand, with its merchant's number; the officer is on its page."""
    number = next(_numbers)
    merchant, terminal_sn = merchant_form(number), f"SN-HAND-{number}"
    page = await officer.page("/console/register")
    await officer.send(page.form("/register/merchant"), **merchant)
    assert officer.url.startswith(f"/console/merchants/{merchant['merchant_no']}")
    page = await officer.page(f"/console/register?merchant_no={merchant['merchant_no']}")
    terminal = {"terminal_sn": terminal_sn, "tusn": f"TUSN-H{number}", "terminal_id": f"9{number:07d}",
                "model": "N910", "fee_plan": "MER299", "deploy_address": "上海市徐汇区"}  # fmt: skip
    await officer.send(page.form("/register/terminal"), **terminal)
    page = await officer.page(f"/console/register?terminal_sn={terminal_sn}")
    placed = {"kind": "settlement_hold", "reason_code": "R01", "held_amount_fen": "86,420.00", "source": "risk",
              "external_ref": f"hand-{number}", "detail": "6 笔整额"}  # fmt: skip
    answer = officer.read(await officer.send(page.form("/register/control"), **placed))
    assert "The control is placed." in answer.text
    case_id = re.search(r"FA-\d{8}-[A-Z2-7]{8}", officer.url)
    assert case_id
    return case_id.group(), merchant["merchant_no"]


async def in_review(work: Work) -> str:
    case_id: str = await work.in_review(reason="R02", held_fen=1_000_000)
    return case_id
