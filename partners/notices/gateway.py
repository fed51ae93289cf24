"""Sends a message over its channel, and sorts what can go wrong.

A definite no (the other side refused the message) is a 4xx; "not now" and "nobody knows" are 5xx, and the
caller repeats under the same key, or tries another channel if it is only this recipient (`recipient-…`) that does not
answer. For e-mail the repeat carries the same Message-ID and the mailbox keeps one copy; an SMS or a WeChat message and
its key commit together; a webhook gets the id as `Idempotency-Key`, but a receiver that ignores it may show a message
twice if the gateway dies between the post and the commit.

What was taken may still bounce: e-mails, SMS and WeChat messages have a delivery receipt, which is called back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import aiosmtplib

from partners.kit import Connection, Partner, Refusal
from partners.notices import mail, sink, store
from partners.notices.answers import Answer
from partners.notices.forms import Delivered, Message
from partners.notices.webhook import Poster
from partners.notices.wechat import Account

SMTP_TIMEOUT_S = 10.0
RECEIPTS = frozenset({"email", "sms", "wechat"})
"""Channels whose other side says later whether the message arrived."""


class NotDelivered(Exception):  # noqa: N818  an answer to the caller, like a refusal
    """Not delivered now, or nobody knows whether: `code`, to be repeated under the same key. 503 when the gateway
    itself cannot, 424 when it is this recipient's side, which says nothing about the next one's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail

    @property
    def status(self) -> int:
        return 424 if self.code.startswith("recipient-") else 503


@dataclass(frozen=True, slots=True)
class Gateway:
    """The channels: an SMTP server on `smtp_port` of this machine, WeChat's account, posts to URLs, and an SMS outbox.
    Delivery receipts are called back `receipt_after` seconds later."""

    partner: Partner
    smtp_port: int
    wechat: Account
    poster: Poster
    receipt_after: float

    async def deliver(self, connection: Connection, key: str, message: Message) -> Delivered:
        """Deliver the one message of `key` and write it down in `connection`'s transaction.

        Raises Refusal 409 `refused-by-recipient`, and NotDelivered.
        """
        message_id = mail.message_id_of(key)
        behaviour = await store.behaviour_of(connection, message.channel, message.to)
        match message.channel:
            case "email":
                await self._mail(message, message_id)  # the SMTP server keeps it, in a transaction of its own
            case "sms":
                _sort(
                    "text message gateway", Answer("refused" if behaviour == "refuses" else "taken", "no such number")
                )
            case "wechat":
                _sort("WeChat account", await self.wechat.send(message))
            case "wecom":
                _sort("robot", await self.poster.robot(message, message_id))
            case "webhook":
                _sort("webhook", await self.poster.webhook(message, message_id))
        if message.channel != "email":
            await store.keep(connection, _arrived(message, message_id))
        at = datetime.now(UTC)
        await store.note_sent(connection, key, message, message_id, at)
        if message.channel in RECEIPTS:
            outcome = "bounced" if behaviour == "bounces" else "delivered"
            await self._owe_receipt(connection, key, message, message_id, outcome)
        return Delivered(message_id=message_id, delivered_at=at)

    async def _owe_receipt(
        self, connection: Connection, key: str, message: Message, message_id: str, outcome: str
    ) -> None:
        """Queue the delivery receipt; it names the message and no address."""
        await self.partner.callbacks.put(
            connection,
            case_id=message.case_id,
            step_key=key,
            outcome=outcome,
            after=self.receipt_after,
            channel=message.channel,
            message_id=message_id,
        )

    async def _mail(self, message: Message, message_id: str) -> None:
        try:
            await aiosmtplib.send(
                mail.compose(message, message_id, datetime.now(UTC)),
                hostname=sink.HOST,
                port=self.smtp_port,
                local_hostname="localhost",  # otherwise it asks the name service who we are
                start_tls=False,
                timeout=SMTP_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            _sort_mail([refused.code for refused in error.recipients], error)
        except aiosmtplib.SMTPResponseException as error:
            _sort_mail([error.code], error)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotDelivered("gateway-unavailable", "The mail server cannot be reached.") from error


def _sort_mail(codes: list[int], error: aiosmtplib.SMTPException) -> None:
    """RFC 5321 §4.2.1: 5yz is a permanent no, 4yz means try again."""
    if codes and all(code >= 500 for code in codes):
        raise Refusal(409, "refused-by-recipient", f"The mail server refused it with {codes[0]}.") from error
    raise NotDelivered("recipient-busy", "The mail server cannot take it now.") from error


def _sort(side: str, answer: Answer) -> None:
    """Raises what an answer means, unless it is a yes."""
    match answer.verdict:
        case "taken":
            return
        case "refused":
            raise Refusal(409, "refused-by-recipient", f"The {side} refused the message: {answer.detail}.")
        case "busy":
            raise NotDelivered("recipient-busy", f"The {side} cannot take it now: {answer.detail}.")
        case "unknown":
            raise NotDelivered("recipient-unavailable", f"Nobody knows whether the {side} took it: {answer.detail}.")


def _arrived(message: Message, message_id: str) -> mail.Arrived:
    return mail.Arrived(
        message_id=message_id,
        channel=message.channel,
        recipient=message.to,
        subject=message.subject,
        text=message.text,
        language=message.language,
        case_id=message.case_id,
        notice=message.notice,
    )
