"""Notices: to the merchant's contacts over the channel they prefer, to leads and operations at their own addresses.

A notice goes out once under its key: to the first of the merchant's addresses that takes it. A notice that reaches
nobody goes to operations, who call; it is never dropped, and never an error that would stop a case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

import policies
from activities.calls import Call, RefusedError, segment
from activities.heartbeats import heartbeating
from activities.quiet_hours import URGENT, silent, until_morning
from activities.records import Records
from activities.wording import NOT_REACHED, RELEASED, Language, Letter, Wording
from domain.policy import MerchantType
from journal.parties import Contact
from workflows.ports import NOTICES_SEND, Delivered, NoticeOrder, Order, Receipt

log = structlog.get_logger("activities.notices")

Channel = Literal["email", "sms", "wechat", "wecom", "webhook"]
OPERATIONS = "operations"
"""The channel of a notice that operations take over."""


@dataclass(frozen=True, slots=True)
class Address:
    channel: Channel
    to: str
    language: Language


@dataclass(frozen=True, slots=True)
class Staff:
    """Where leads and operations are told: an e-mail address, or the http(s) address of a chat robot."""

    lead: str
    operations: str
    language: Language = "zh"

    def address(self, audience: str) -> Address:
        to = self.lead if audience == "lead" else self.operations
        return Address("wecom" if to.startswith(("http://", "https://")) else "email", to, self.language)


@dataclass(frozen=True, slots=True)
class Sent:
    """The gateway's receipt. `channel` and `notice` only come with a look-up."""

    message_id: str
    delivered_at: str
    channel: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class _Mail:
    """What one notice needs: its key, its case, its name, and its words per language.

    `is_step`: it is an effect of a release, whose lost answer the procedure journals; another is just asked for again.
    """

    key: str
    case_id: str
    merchant_no: str
    notice: str
    words: Callable[[Language], Letter]
    is_step: bool = False


class QuietError(ApplicationError):
    """It is night and the merchant has only a telephone: the notice waits for the morning."""

    def __init__(self, quiet: timedelta) -> None:
        super().__init__("quiet hours", type="QuietHours", next_retry_delay=quiet)


class Notices:
    def __init__(
        self,
        call: Call,
        records: Records,
        wording: Wording,
        staff: Staff,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._now = now
        self._call = call
        self._records = records
        self._wording = wording
        self._staff = staff

    @activity.defn(name=NOTICES_SEND)
    async def send(self, order: NoticeOrder) -> Delivered:
        """Deliver a notice that is owed. Repeated under its key for as long as no answer comes."""
        async with heartbeating():
            merchant_type = await self._merchant_type(order) if order.audience == "merchant" else "company"
            mail = _Mail(
                order.key,
                order.case_id,
                order.merchant_no,
                order.notice,
                lambda language: self._wording.notice(order, language, merchant_type),
            )
            if order.audience != "merchant":
                return await self._deliver(mail, [self._staff.address(order.audience)])
            return await self._deliver(mail, self._by_night(order, await self._of_merchant(order.merchant_no)))

    @activity.defn(name="notices.send_notice")
    async def send_notice(self, order: Order) -> Receipt:
        """Tell the merchant of a release."""
        async with heartbeating():
            mail = _Mail(
                order.key,
                order.case_id,
                order.merchant_no,
                RELEASED,
                lambda language: self._wording.release(order, language),
                is_step=True,
            )
            delivered = await self._deliver(mail, await self._of_merchant(order.merchant_no))
        return Receipt(delivered.receipt)

    @activity.defn(name="notices.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the notice of `key`; None when none was delivered."""
        sent = await self._sent(order.key)
        return Receipt(sent.message_id) if sent else None

    async def _deliver(self, mail: _Mail, addresses: Sequence[Address]) -> Delivered:
        """Try one address after the other, then operations. All under one key, which delivers once."""
        if activity.in_activity() and activity.info().attempt > 1:
            sent = await self._sent(mail.key)
            if sent is not None:
                return _delivered(sent, OPERATIONS if sent.notice == NOT_REACHED else sent.channel)
        for address in addresses:
            try:
                sent = await self._post(mail, address, mail.notice, mail.words(address.language))
            except RefusedError as refused:
                log.warning("address-refused", key=mail.key, channel=address.channel, code=refused.code)
            else:
                return _delivered(sent, address.channel)
        log.warning("nobody-reached", key=mail.key, notice=mail.notice)
        operations = self._staff.address("operations")
        letter = self._wording.not_reached(mail.notice, mail.case_id, mail.merchant_no, operations.language)
        return _delivered(await self._post(mail, operations, NOT_REACHED, letter), OPERATIONS)

    async def _post(self, mail: _Mail, address: Address, notice: str, letter: Letter) -> Sent:
        body = {
            "channel": address.channel,
            "to": address.to,
            "subject": letter.subject,
            "text": letter.text,
            "language": address.language,
            "case_id": mail.case_id,
            "notice": notice,
        }
        if mail.is_step:
            return await self._call.effect("/messages", body, mail.key, Sent)
        try:
            return await self._call.ask("/messages", mail.key, Sent, json=body)
        except RefusedError as refused:
            # Words or address changed since an earlier attempt that did deliver: what was delivered counts.
            sent = await self._sent(mail.key) if refused.code == "key-reused" else None
            if sent is None:
                raise
            return sent

    async def _sent(self, key: str) -> Sent | None:
        return await self._call.get(f"/messages/{segment(key)}", Sent)

    def _by_night(self, order: NoticeOrder, known: Sequence[Address]) -> Sequence[Address]:
        """The addresses that may be used at this hour. Raises QuietError, to be tried again in the morning, when the
        merchant could only be rung up."""
        quiet = until_morning(policies.load(order.policy_version).timers, self._now())
        if order.notice in URGENT or not quiet:
            return known
        if known and not silent(known):
            raise QuietError(quiet)
        return silent(known)

    async def _of_merchant(self, merchant_no: str) -> list[Address]:
        return list(addresses(await self._records.contacts(merchant_no)))

    async def _merchant_type(self, order: NoticeOrder) -> MerchantType:
        merchant = await self._records.registry.merchant(order.merchant_no)
        return merchant.merchant_type if merchant else "company"


def addresses(contacts: Sequence[Contact]) -> Iterator[Address]:
    """Where a merchant can be told, best first: each contact's preferred channel, then everybody's other one."""
    known = [(contact, channel, to) for contact in contacts for channel, to in _of(contact)]
    for preferred in (True, False):
        for contact, channel, to in known:
            if (channel == _preferred(contact)) is preferred:
                yield Address(channel, to, "en" if contact.language.lower().startswith("en") else "zh")


def _of(contact: Contact) -> Iterator[tuple[Channel, str]]:
    if contact.email:
        yield "email", contact.email
    if contact.phone:
        yield "sms", contact.phone


def _preferred(contact: Contact) -> Channel:
    return "sms" if contact.preferred in {"sms", "phone"} else "email"


def _delivered(sent: Sent, channel: str) -> Delivered:
    return Delivered(channel, sent.message_id, sent.delivered_at)
