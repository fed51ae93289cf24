"""The letter with the link and the one-time code that let a merchant's contact into the portal.

It is no notice of a case, so no workflow sends it: the desk hands it to the notice gateway itself, and merchants can
come in while the engine is away. It says nothing of the case but its number.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

import httpx2
import structlog

from desk.context import Desk
from domain.text import Text
from journal.parties import Contact
from journal.portal_keys import HOLDS_FOR, PortalKey
from journal.vault import ForgottenError

LOG = structlog.stdlib.get_logger()
TIMEOUT = httpx2.Timeout(12.0, connect=3.0)
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
    try:
        contacts = (await desk.registry.merchant_details(case.merchant_no)).contacts
    except ForgottenError:
        return
    made = await desk.portal_keys.make(case_id, case.merchant_no)
    for channel, contact, address in _addresses(contacts):
        if await _handed_over(desk, _letter(desk, case_id, made, channel, contact, address)):
            return
    LOG.warning("a portal code reached nobody", case_id=case_id)


def _addresses(contacts: Sequence[Contact]) -> Iterator[tuple[str, Contact, str]]:
    """Telephone or e-mail, each contact's preferred one first."""
    for contact in contacts:
        known = [("email", contact.email), ("sms", contact.phone)]
        if contact.preferred in {"sms", "phone"}:
            known.reverse()
        yield from ((channel, contact, address) for channel, address in known if address)


def _letter(desk: Desk, case_id: str, made: PortalKey, channel: str, contact: Contact, address: str) -> dict[str, str]:
    language = "en" if contact.language.lower().startswith("en") else "zh"
    link = f"{desk.config.desk_url.rstrip('/')}/portal/enter/{made.token}"
    minutes = int(HOLDS_FOR.total_seconds() // 60)
    words = WORDS.of(language).format(case_id=case_id, code=made.code, link=link, minutes=minutes)
    return {
        "channel": channel, "to": address, "subject": SUBJECT.of(language), "text": words, "language": language,
        "case_id": case_id, "notice": NOTICE,
    }  # fmt: skip


async def _handed_over(desk: Desk, letter: dict[str, str]) -> bool:
    headers = {"idempotency-key": f"portal-{secrets.token_hex(16)}"}
    try:
        async with httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
            answer = await client.post(f"{desk.config.notices_url.rstrip('/')}/messages", json=letter, headers=headers)
    except httpx2.HTTPError as error:
        LOG.warning("the notice gateway is away", why=type(error).__name__)
        return False
    return answer.is_success
