"""The page behind a link to sign: the text exactly as it was issued, and two buttons, in the agreement's language."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from partners.contracts.forms import Agreement

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

TEXTS: Final[Mapping[Literal["zh", "en"], Mapping[str, str]]] = {
    "zh": {
        "title": "签署协议", "missing": "此链接无效。请从商户门户重新打开。", "hash": "文本指纹（SHA-256）：",
        "no_text": "（签发方未附文本，请按指纹核对您看到的文本。）", "until": "签署截止（北京时间）：",
        "means": "点击“签署”即以电子证书签署上述文本，与手写签名具有同等效力。", "sign": "签署", "decline": "不签署",
        "signed": "已签署。您可以关闭此页。", "declined": "您没有签署此协议。", "withdrawn": "签发方已撤回此协议。",
        "expired": "此链接已过期。", "under": "签署编号：",
    },
    "en": {
        "title": "Sign an agreement", "missing": "This link leads nowhere. Open it from the merchant portal again.",
        "hash": "Hash of the text (SHA-256):",
        "no_text": "(The issuer sent no text; compare the hash with the text you were shown.)",
        "until": "To be signed by (Shanghai time):",
        "means": "“Sign” signs the text above with an electronic certificate, as good as by hand.", "sign": "Sign",
        "decline": "Do not sign", "signed": "Signed. You may close this page.",
        "declined": "You did not sign this agreement.", "withdrawn": "The issuer has withdrawn this agreement.",
        "expired": "This link has expired.", "under": "The signature's reference:",
    },
}  # fmt: skip

_pages = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(agreement: Agreement | None) -> str:
    """The agreement as its signer sees it; a link nobody issued leads to None."""
    language = agreement.asked.language if agreement else "zh"
    until, path = "", ""
    if agreement is not None:
        until = agreement.facts.expires_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        path = urlsplit(agreement.facts.sign_url).path
    return _pages.get_template("sign.html").render(
        t=TEXTS[language], lang_tag="zh-CN" if language == "zh" else "en", agreement=agreement, until=until, path=path
    )
