"""Where a merchant can be told, best first: as the merchant wishes, else as each contact prefers; and of what is equal,
where the merchant is known to be reached."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from journal.contacting import Preferences
from journal.parties import Contact
from wording import Channel, Language


@dataclass(frozen=True, slots=True)
class Address:
    """`secret` is what a webhook is signed with."""

    channel: Channel
    to: str
    language: Language
    secret: str | None = field(default=None, repr=False)


def addresses(
    contacts: Sequence[Contact], wishes: Preferences | None = None, reached: Collection[tuple[str, str]] = ()
) -> tuple[Address, ...]:
    """The fall-back order. By wishes: each wished channel in turn, over all contacts, and no other one.
    Without: each contact's preferred channel, then everybody's other ones. In each turn those at which the merchant was
    `reached` (channel and address) come before those of which nobody knows."""
    known = [(contact, address) for contact in contacts for address in _of(contact)]
    known.sort(key=lambda pair: (pair[1].channel, pair[1].to) not in reached)
    if wishes is None:
        preferred = [address for contact, address in known if address.channel == _preferred(contact)]
        return (*preferred, *(address for _, address in known if address not in preferred))
    return tuple(_wished([address for _, address in known], wishes))


def _wished(known: Sequence[Address], wishes: Preferences) -> Iterator[Address]:
    language = _language(wishes.language) if wishes.language else None
    for channel in wishes.channels:
        if channel == "webhook" and wishes.webhook_url:
            yield Address("webhook", wishes.webhook_url, language or "zh", wishes.webhook_secret)
        for address in known:
            if address.channel == channel:
                yield Address(address.channel, address.to, language or address.language)


def _of(contact: Contact) -> Iterator[Address]:
    language = _language(contact.language)
    if contact.email:
        yield Address("email", contact.email, language)
    if contact.phone:
        yield Address("sms", contact.phone, language)
    if contact.wechat_openid:
        yield Address("wechat", contact.wechat_openid, language)


def _language(name: str) -> Language:
    return "en" if name.lower().startswith("en") else "zh"


def _preferred(contact: Contact) -> Channel:
    """(A contact that was registered before WeChat was a channel of its own has it as `webhook`.)"""
    return {"sms": "sms", "phone": "sms", "wechat": "wechat", "webhook": "wechat"}.get(contact.preferred, "email")  # type: ignore[return-value]
