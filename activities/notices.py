"""Notices: to the merchant's contacts over the channel they prefer, to leads and operations at their own addresses.

A notice goes out once under its key: to the first of the merchant's addresses that takes it. An address that does not
answer is tried again, with growing pauses, and then gives way to the next. A notice that reaches nobody becomes a
contact task, operations are told, and a person calls; it is never dropped, and never an error that would hold back the
notices behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

import policies
from activities.addresses import Address, addresses
from activities.calls import Call, RefusedError, UnavailableError, segment
from activities.heartbeats import heartbeating
from activities.quiet_hours import quiet_for, silent
from activities.records import Records
from domain.business_time import end_of_business_day, format_time, parse_time
from domain.notices import URGENT
from domain.policy import MerchantType
from journal.broadcasting import Letters
from journal.contacting import Marking, NewTask, root_of
from journal.registry import Act
from wording import NOT_REACHED, POLICY_NOTICE, RELEASED, Channel, Language, Letter, Wording
from workflows.ports import (
    NOTICES_BROADCAST,
    NOTICES_RESEND,
    NOTICES_SEND,
    QUIET,
    BroadcastOrder,
    BroadcastPage,
    Delivered,
    NoticeOrder,
    Order,
    Receipt,
    Resend,
)

log = structlog.get_logger("activities.notices")

OPERATIONS = "operations"
"""The channel of a notice that operations take over."""
A_PAGE = 20
"""Merchants of a notice to all who are told in one call."""
ATTEMPTS = 6
"""An address that does not answer gives way to the next on this attempt, half a minute after the first."""
NO_ANSWER = frozenset({"recipient-busy", "recipient-unavailable"})
"""How the gateway says that it is this recipient's side which does not answer."""
DESK = "system:thaw"


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
    words: Callable[[Language, Channel], Letter]
    is_step: bool = False


class QuietError(ApplicationError):
    """It is night or a holiday and the merchant has only a telephone: the notice waits so many seconds."""

    def __init__(self, quiet: timedelta) -> None:
        super().__init__("quiet hours", quiet.total_seconds(), type=QUIET, non_retryable=True)


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
            mail = self._mail(order, merchant_type)
            if order.audience != "merchant":
                return await self._deliver(mail, [self._staff.address(order.audience)])
            return await self._deliver(mail, self._by_night(order, await self._of_merchant(order.merchant_no)))

    @activity.defn(name=NOTICES_RESEND)
    async def resend(self, resend: Resend) -> Delivered:
        """Send a merchant's notice once more, over the channel asked for, else over those it did not go over before."""
        order = resend.order
        async with heartbeating():
            known = self._by_night(order, await self._of_merchant(order.merchant_no))
            if resend.channel:
                wanted = [address for address in known if address.channel == resend.channel]
            else:
                wanted = [address for address in known if address.channel not in resend.instead_of]
            delivered = await self._deliver(self._mail(order, await self._merchant_type(order)), wanted)
            act = Act(DESK, f"resent:{order.key}", format_time(self._now()))
            mark = Marking(order.merchant_no, order.case_id, root_of(order.key), "resent", delivered.receipt)
            await self._records.contacting.mark(mark, act, delivered.channel)
        return delivered

    @activity.defn(name=NOTICES_BROADCAST)
    async def broadcast(self, order: BroadcastOrder) -> BroadcastPage:
        """Tell the next merchants of a notice to all, each over the channel they wish. One who cannot be reached is
        counted, and nobody is sent after them: it is about nothing of theirs."""
        async with heartbeating():
            broadcasts, now = self._records.broadcasts, self._now()
            letters = await broadcasts.letters(order.broadcast_id)
            for merchant_no in await broadcasts.due(order.broadcast_id, now, A_PAGE):
                await self._tell_one_of_all(order, letters, merchant_no)
            owed = await broadcasts.owed(order.broadcast_id, self._now())
        quiet = (owed.first_at - self._now()).total_seconds() if owed.first_at else 0.0
        return BroadcastPage(owed.merchants, max(quiet, 0.0))

    async def _tell_one_of_all(self, order: BroadcastOrder, letters: Letters, merchant_no: str) -> None:
        broadcasts, known = self._records.broadcasts, await self._of_merchant(merchant_no)
        quiet = quiet_for(policies.load(order.policy_version), self._now())
        if quiet and known and not silent(known):
            await broadcasts.later(order.broadcast_id, merchant_no, self._now() + quiet)
            return
        mail = _Mail(
            f"{order.broadcast_id}:{merchant_no}",
            order.broadcast_id,
            merchant_no,
            POLICY_NOTICE,
            lambda language, channel: self._wording.to_all(letters[language], language, channel),
        )
        told = await self._to_first_that_takes_it(mail, silent(known) if quiet else known)
        if told is None:
            await broadcasts.told(order.broadcast_id, merchant_no, "unreachable", self._now())
        else:
            await broadcasts.told(
                order.broadcast_id, merchant_no, "sent", parse_time(told.delivered_at), told.channel, told.receipt
            )

    @activity.defn(name="notices.send_notice")
    async def send_notice(self, order: Order) -> Receipt:
        """Tell the merchant of a release."""
        async with heartbeating():
            mail = _Mail(
                order.key,
                order.case_id,
                order.merchant_no,
                RELEASED,
                lambda language, channel: self._wording.release(order, language, channel),
                is_step=True,
            )
            delivered = await self._deliver(mail, await self._of_merchant(order.merchant_no))
        return Receipt(delivered.receipt)

    @activity.defn(name="notices.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the notice of `key`; None when none was delivered."""
        sent = await self._sent(order.key)
        return Receipt(sent.message_id) if sent else None

    def _mail(self, order: NoticeOrder, merchant_type: MerchantType) -> _Mail:
        return _Mail(
            order.key,
            order.case_id,
            order.merchant_no,
            order.notice,
            lambda language, channel: self._wording.notice(order, language, merchant_type, channel),
        )

    async def _deliver(self, mail: _Mail, known: Sequence[Address]) -> Delivered:
        """Try one address after the other, then leave it to a person. All under one key, which delivers once."""
        delivered = await self._to_first_that_takes_it(mail, known)
        if delivered is not None:
            return delivered
        log.warning("nobody-reached", key=mail.key, notice=mail.notice)
        return await self._leave_to_a_person(mail)

    async def _to_first_that_takes_it(self, mail: _Mail, known: Sequence[Address]) -> Delivered | None:
        attempt = activity.info().attempt if activity.in_activity() else 1
        if attempt > 1:
            sent = await self._sent(mail.key)
            if sent is not None:
                return _delivered(sent, OPERATIONS if sent.notice == NOT_REACHED else sent.channel)
        for address in known:
            try:
                sent = await self._post(mail, address, mail.notice, mail.words(address.language, address.channel))
            except RefusedError as refused:
                log.warning("address-refused", key=mail.key, channel=address.channel, code=refused.code)
            except UnavailableError as away:
                if away.code not in NO_ANSWER or attempt < ATTEMPTS:
                    raise
                log.warning("address-silent", key=mail.key, channel=address.channel, code=away.code)
            else:
                return _delivered(sent, address.channel)
        return None

    async def _leave_to_a_person(self, mail: _Mail) -> Delivered:
        """Open a contact task, and tell operations of it if they can be told."""
        task_id, now = await self._open_task(mail), self._now()
        operations = self._staff.address("operations")
        letter = self._wording.not_reached(mail.notice, mail.case_id, mail.merchant_no, operations.language)
        try:
            return _delivered(await self._post(mail, operations, NOT_REACHED, letter), OPERATIONS)
        except RefusedError as refused:
            log.warning("operations-not-told", key=mail.key, code=refused.code)
        except UnavailableError as away:
            if away.code not in NO_ANSWER:
                raise
            log.warning("operations-not-told", key=mail.key, code=away.code)
        return Delivered(OPERATIONS, task_id, format_time(now))

    async def _open_task(self, mail: _Mail) -> str:
        """The id of the task of this notice, to be done by the end of the next business day."""
        task_id, now = f"undelivered:{mail.key}", self._now()
        due = end_of_business_day(policies.load(policies.newest()).calendar, now, 1)
        task = NewTask(
            task_id=task_id,
            kind="undelivered",
            merchant_no=mail.merchant_no,
            due_at=format_time(due.at),
            case_id=mail.case_id,
            notice=mail.notice,
            notice_key=mail.key,
        )
        if not await self._records.is_forgotten(mail.merchant_no):
            await self._records.contacting.open_task(task, Act(DESK, task_id, format_time(now)))
        return task_id

    async def _post(self, mail: _Mail, address: Address, notice: str, letter: Letter) -> Sent:
        body = {
            "channel": address.channel,
            "to": address.to,
            "subject": letter.subject,
            "text": letter.text,
            "language": address.language,
            "case_id": mail.case_id,
            "notice": notice,
            **({"secret": address.secret} if address.secret else {}),
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
        """The addresses that may be used at this hour. Raises QuietError when the merchant could only be rung up."""
        due = parse_time(order.facts["due"]) if order.facts.get("due") else None
        quiet = quiet_for(policies.load(order.policy_version), self._now(), due)
        if order.at_once or order.notice in URGENT or not quiet:
            return known
        if known and not silent(known):
            raise QuietError(quiet)
        return silent(known)

    async def _of_merchant(self, merchant_no: str) -> Sequence[Address]:
        contacts, wishes = await self._records.contacts(merchant_no), await self._records.wishes(merchant_no)
        return addresses(contacts, wishes, await self._records.reached.known(merchant_no))

    async def _merchant_type(self, order: NoticeOrder) -> MerchantType:
        merchant = await self._records.registry.merchant(order.merchant_no)
        return merchant.merchant_type if merchant else "company"


def _delivered(sent: Sent, channel: str) -> Delivered:
    return Delivered(channel, sent.message_id, sent.delivered_at)
