"""E-mails: how a notice becomes one, and how one that arrived is read back.

The Message-ID is derived from the key of the call (RFC 5322 §3.6.4: it names this version of this
message), which lets the receiving side recognise a message that is sent a second time after a crash.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr

from partners.notices.forms import Channel, Message

SENDER = "Thaw <notices@thaw.invalid>"
CASE, NOTICE = "Thaw-Case", "Thaw-Notice"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message at its recipient's side, not yet stored."""

    message_id: str
    channel: Channel
    recipient: str
    subject: str
    text: str
    language: str
    case_id: str
    notice: str
    raw: bytes | None = None


def message_id_of(key: str) -> str:
    """The id of the one message that `key` stands for; the same key gives the same id in every process."""
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@notices.thaw.invalid"


def compose(message: Message, message_id: str, at: datetime) -> EmailMessage:
    """The e-mail for a notice, sent at `at`. A repeat may have another date; its Message-ID is the same."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Date"] = at
    mail["From"] = SENDER
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Auto-Submitted"] = "auto-generated"
    mail[CASE] = message.case_id
    mail[NOTICE] = message.notice
    mail.set_content(message.text)  # drops every Content- header set before it
    mail["Content-Language"] = message.language
    return mail


def read(raw: bytes, recipient: str) -> Arrived:
    """The message in `raw` (as it came over SMTP) for the envelope's recipient.

    Mail that did not come from the gateway is read as well; headers it lacks become empty, and one without
    a Message-ID gets one from its bytes.
    """
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    body = mail.get_body(preferencelist=("plain",))
    message_id = str(mail["Message-ID"] or "").strip().strip("<>")
    return Arrived(
        message_id=message_id or f"{hashlib.sha256(raw).hexdigest()[:32]}@sink",
        channel="email",
        recipient=parseaddr(recipient)[1] or recipient,
        subject=str(mail["Subject"] or ""),
        text=body.get_content().rstrip("\r\n").replace("\r\n", "\n") if body else "",
        language=str(mail["Content-Language"] or ""),
        case_id=str(mail[CASE] or ""),
        notice=str(mail[NOTICE] or ""),
        raw=raw,
    )
