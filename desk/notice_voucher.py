"""The voucher of a notice: what was said, when and how it went out, and where it stands in the journal, to be kept.

A plain text in the reader's language. The hash is that of the journal's entry that records the sending: the case's
dossier shows the same one, so a voucher can be held against it.
"""

from __future__ import annotations

from collections.abc import Sequence

from desk.histories import Told
from desk.language import Language
from desk.notices import Notice
from domain.events import NoticeSent
from domain.text import Text
from domain.wire import decode
from journal.contacting import Marked
from wording import Letter, when

_TITLE = Text("通知凭证", "Notice voucher")
_SENT = Text("发送时间", "Sent at")
_CHANNEL = Text("渠道", "Channel")
_RECEIPT = Text("网关回执号", "Gateway's receipt")
_CASE = Text("案件", "Case")
_HASH = Text("记录校验值", "Hash of the record")
_MARKS = {
    "delivered": Text("送达时间", "Delivered at"),
    "bounced": Text("退回时间", "Bounced at"),
    "acknowledged": Text("确认阅读", "Said to be read at"),
    "resent": Text("重发时间", "Sent once more at"),
}


def voucher(told: Told, notice: Notice, letter: Letter, marks: Sequence[Marked], language: Language) -> str:
    """The text. `notice` has been sent."""
    facts = [
        (_CASE, told.case.case_id),
        (_SENT, when(notice.sent_at or notice.owed_at, language)),
        (_CHANNEL, notice.channel or ""),
        (_RECEIPT, notice.receipt or ""),
        *((_MARKS[mark.mark], when(mark.at.isoformat(), language)) for mark in marks if mark.notice_key == notice.key),
        (_HASH, _hash_of(told, notice)),
    ]
    colon = "：" if language == "zh" else ": "
    lines = [f"{name.of(language)}{colon}{value}" for name, value in facts if value]
    return "\n".join([_TITLE.of(language), "", *lines, "", "-" * 40, letter.subject, "", letter.text])


def _hash_of(told: Told, notice: Notice) -> str:
    for entry in told.entries:
        if entry.type != "NoticeSent":
            continue
        event = decode(entry.type, entry.form, entry.data)
        if isinstance(event, NoticeSent) and event.key == notice.key:
            return entry.hash
    return ""
