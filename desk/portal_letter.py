"""The letter with the link and the one-time code that let a merchant's contact into the portal.

It is no notice of a case, so no workflow sends it: the desk hands it to the notice gateway itself, and merchants can
come in while the engine is away. It says nothing of the case but its number.
"""

from __future__ import annotations

import secrets

import structlog

from desk.context import Desk
from desk.letters import Letter, contacts_of, send
from domain.text import Text
from journal.portal_keys import HOLDS_FOR, PortalKey

LOG = structlog.stdlib.get_logger()
NOTICE = "portal_code"

SUBJECT = Text("商户服务登录", "Your way into the merchant portal")
WORDS = Text(
    "您正在登录商户服务，案件 {case_id}。\n"
    "打开以下链接，或在登录页填写验证码 {code}。{minutes} 分钟内有效，仅可使用一次。\n"
    "{link}\n"
    "如非您本人操作，请勿理会，也不要把验证码告诉任何人，包括我们的员工。",
    "Someone, we hope you, is logging in to the merchant portal about case {case_id}.\n"
    "Open this link, or type the code {code} on the log-in page. It holds for {minutes} minutes and counts once.\n"
    "{link}\n"
    "If it was not you, do nothing; and tell the code to nobody, not even to our staff.",
)


async def send_key(desk: Desk, case_id: str) -> None:
    """Makes a key and sends it to the first contact that can be reached. Nothing happens where there is no such case,
    or where the merchant's data was erased."""
    case = await desk.cases.find(case_id)
    if case is None or case.merchant_no is None:
        return
    contacts = await contacts_of(desk, case.merchant_no)
    if not contacts:
        return
    made = await desk.portal_keys.make(case_id, case.merchant_no)
    known = await desk.reached.known(case.merchant_no)
    taken = await send(desk, contacts, _letter(desk, case_id, made), known)
    if taken is None:
        LOG.warning("a portal code reached nobody", case_id=case_id)
    elif ref := await desk.reached.ref_of(case.merchant_no, taken):
        await desk.portal_keys.sent_to(case_id, made, ref)


def _letter(desk: Desk, case_id: str, made: PortalKey) -> Letter:
    link = f"{desk.config.desk_url.rstrip('/')}/portal/enter/{made.token}"
    minutes = int(HOLDS_FOR.total_seconds() // 60)
    zh, en = (text.format(case_id=case_id, code=made.code, link=link, minutes=minutes) for text in (WORDS.zh, WORDS.en))
    return Letter(f"portal-{secrets.token_hex(16)}", NOTICE, case_id, SUBJECT, Text(zh, en))
