"""The mailbox as HTML: the list with its filters, one message, and "no such message", in zh and en."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from partners.notices.forms import Arrival, Filter

Language = Literal["zh", "en"]

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
SHANGHAI = ZoneInfo("Asia/Shanghai")

TEXTS: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh": {
        "mailbox": "通知信箱", "language": "语言", "words": "关键词", "to": "收件人", "case": "案件", "channel": "渠道",
        "all": "全部", "filter": "筛选", "show_all": "显示全部", "caption": "最新的在前，北京时间", "time": "时间",
        "subject": "主题", "no_subject": "（无主题）", "nothing": "没有符合条件的消息。", "older": "更早的消息",
        "back": "返回信箱", "notice": "通知", "missing": "没有这条消息。", "email": "邮件", "sms": "短信",
        "wechat": "微信公众号", "wecom": "群机器人", "webhook": "系统回调", "copies": "共收到 {n} 次，只保留一份",
    },
    "en": {
        "mailbox": "Mailbox", "language": "Language", "words": "Words", "to": "Recipient", "case": "Case",
        "channel": "Channel", "all": "All", "filter": "Filter", "show_all": "Show all",
        "caption": "Newest first, Beijing time", "time": "Time", "subject": "Subject", "no_subject": "(no subject)",
        "nothing": "No message matches.", "older": "Older messages", "back": "Back to the mailbox",
        "notice": "Notice", "missing": "There is no such message.", "email": "E-mail", "sms": "SMS",
        "wechat": "WeChat", "wecom": "Chat robot", "webhook": "Webhook", "copies": "came {n} times, kept once",
    },
}  # fmt: skip


def language_of(asked: str | None, accept_language: str | None) -> Language:
    """The page's language: `?lang=` first, then the browser's preference, else zh."""
    if asked in ("zh", "en"):
        return "zh" if asked == "zh" else "en"
    ranked = sorted((_preference(part) for part in (accept_language or "").split(",")), key=lambda p: -p[1])
    for tag, weight in ranked:
        if weight > 0 and tag in ("zh", "en"):
            return "zh" if tag == "zh" else "en"
    return "zh"


def _preference(part: str) -> tuple[str, float]:
    """`en-GB;q=0.8` → ("en", 0.8); what cannot be read weighs nothing."""
    tag, _, weight = part.strip().partition(";q=")
    try:
        return tag.split("-")[0].lower(), float(weight or 1)
    except ValueError:
        return "", 0.0


def mailbox(language: Language, chosen: Filter, messages: Sequence[Arrival], older_than: int | None) -> str:
    """The list page."""
    older = f"/mailbox?{_query(chosen, lang=language, before=older_than)}" if older_than else None
    return _render(
        "mailbox.html",
        language,
        here=lambda lang: f"/mailbox?{_query(chosen, lang=lang)}",
        filter=chosen,
        messages=messages,
        older=older,
    )


def message(language: Language, arrival: Arrival) -> str:
    """The page of one message."""
    return _render("message.html", language, here=lambda lang: f"/mailbox/{arrival.id}?lang={lang}", m=arrival)


def missing(language: Language) -> str:
    """The page for a message that is not there."""
    return _render("missing.html", language, here=lambda lang: f"/mailbox?lang={lang}")


def _query(chosen: Filter, **more: object) -> str:
    narrowing = chosen.model_dump(include={"q", "to", "case_id", "channel"}, exclude_none=True)
    return urlencode(narrowing | more)


def _local(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


_pages = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _render(template: str, language: Language, **values: object) -> str:
    lang_tag = "zh-CN" if language == "zh" else "en"
    return _pages.get_template(template).render(
        t=TEXTS[language], lang=language, lang_tag=lang_tag, local=_local, **values
    )
