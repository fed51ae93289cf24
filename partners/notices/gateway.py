"""Sends a message over its channel, and sorts what can go wrong.

A definite no (the other side refused the message) is a 4xx; "not now" and "nobody knows" are 5xx, and the
caller repeats under the same key. For e-mail the repeat carries the same Message-ID and the mailbox keeps one copy;
an SMS and its key commit together; a webhook gets the id as `Idempotency-Key`, but a robot that ignores
it may show a message twice if the gateway dies between the post and the commit.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import aiosmtplib
import httpx2

from partners.kit import Connection, Refusal
from partners.notices import mail, sink, store, webhook
from partners.notices.forms import Delivered, Message

SMTP_TIMEOUT_S = 10.0


class NotDelivered(Exception):  # noqa: N818  an answer to the caller, like a refusal
    """Not delivered now, or nobody knows whether: 503 `code`, to be repeated under the same key."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Gateway:
    """The channels: an SMTP server on `smtp_port` of this machine, and a client for webhooks."""

    smtp_port: int
    http: httpx2.AsyncClient

    async def deliver(self, connection: Connection, key: str, message: Message) -> Delivered:
        """Deliver the one message of `key` and write it down in `connection`'s transaction.

        Raises Refusal 409 `refused-by-recipient`, and NotDelivered.
        """
        message_id = mail.message_id_of(key)
        match message.channel:
            case "email":
                await self._mail(message, message_id)  # the SMTP server keeps it, in a transaction of its own
            case "sms":
                await store.keep(connection, _arrived(message, message_id))
            case "webhook":
                await self._post(message, message_id)
                await store.keep(connection, _arrived(message, message_id))
        at = datetime.now(UTC)
        await store.note_sent(connection, key, message, message_id, at)
        return Delivered(message_id=message_id, delivered_at=at)

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
            self._sort([refused.code for refused in error.recipients], error)
        except aiosmtplib.SMTPResponseException as error:
            self._sort([error.code], error)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotDelivered("gateway-unavailable", "The mail server cannot be reached.") from error

    @staticmethod
    def _sort(codes: list[int], error: aiosmtplib.SMTPException) -> None:
        """RFC 5321 §4.2.1: 5yz is a permanent no, 4yz means try again."""
        if codes and all(code >= 500 for code in codes):
            raise Refusal(409, "refused-by-recipient", f"The mail server refused it with {codes[0]}.") from error
        raise NotDelivered("gateway-busy", "The mail server cannot take it now.") from error

    async def _post(self, message: Message, message_id: str) -> None:
        answer = await webhook.post(self.http, message, message_id)
        match answer.verdict:
            case "taken":
                return
            case "refused":
                raise Refusal(409, "refused-by-recipient", f"The robot refused the message: {answer.detail}.")
            case "busy":
                raise NotDelivered("gateway-busy", f"The robot cannot take it now: {answer.detail}.")
            case "unknown":
                raise NotDelivered("gateway-unavailable", f"Nobody knows whether it arrived: {answer.detail}.")


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
