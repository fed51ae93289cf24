"""Letters that the desk hands to the notice gateway itself, because no workflow sends them: a way into the portal, the
answer to a complaint. They go out while the engine is away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import httpx2
import structlog

from desk.context import Desk
from domain.text import Text
from journal.parties import Contact
from journal.reached import Address
from journal.vault import ForgottenError

LOG = structlog.stdlib.get_logger()
TIMEOUT = httpx2.Timeout(12.0, connect=3.0)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is told about a case. The same key is sent once."""

    key: str
    notice: str
    case_id: str
    subject: Text
    words: Text


async def contacts_of(desk: Desk, merchant_no: str) -> Sequence[Contact]:
    """Whom to write to; nobody where the merchant's data was erased."""
    try:
        return (await desk.registry.merchant_details(merchant_no)).contacts
    except ForgottenError:
        return ()


async def send(
    desk: Desk, contacts: Sequence[Contact], letter: Letter, reached: Collection[Address] = ()
) -> Address | None:
    """Sends a letter to the first contact that can be reached, first of all where the merchant was `reached` before;
    the channel and address that took it, or None."""
    for channel, contact, address in sorted(_addresses(contacts), key=lambda one: (one[0], one[2]) not in reached):
        language = "en" if contact.language.lower().startswith("en") else "zh"
        handed = {
            "channel": channel,
            "to": address,
            "subject": letter.subject.of(language),
            "text": letter.words.of(language),
            "language": language,
            "case_id": letter.case_id,
            "notice": letter.notice,
        }
        if await _handed_over(desk, handed, f"{letter.key}:{channel}:{address}"):
            return channel, address
    return None


def _addresses(contacts: Sequence[Contact]) -> Iterator[tuple[str, Contact, str]]:
    """Telephone or e-mail, each contact's preferred one first."""
    for contact in contacts:
        known = [("email", contact.email), ("sms", contact.phone)]
        if contact.preferred in {"sms", "phone"}:
            known.reverse()
        yield from ((channel, contact, address) for channel, address in known if address)


async def _handed_over(desk: Desk, letter: dict[str, str], key: str) -> bool:
    try:
        async with httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
            url = f"{desk.config.notices_url.rstrip('/')}/messages"
            answer = await client.post(url, json=letter, headers={"idempotency-key": key})
    except httpx2.HTTPError as error:
        LOG.warning("the notice gateway is away", why=type(error).__name__)
        return False
    return answer.is_success
