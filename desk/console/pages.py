"""Pages made from templates: one environment per language, and the headers every page carries."""

from __future__ import annotations

import hashlib
import re
import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from desk.console import formats, fragments, names
from desk.console.consequences import consequences
from desk.console.set_words import WordSettingEnvironment
from desk.console.words import word, words
from desk.console.yuan import typed
from desk.language import Language, language_of
from desk.paper_reasons import PAPER_REASONS
from domain.text import Text

if TYPE_CHECKING:
    from desk.console.visits import Visit

_HOME = Path(__file__).parent
TEMPLATES, STATIC = _HOME / "templates", _HOME / "static"

LANGUAGE_COOKIE = "thaw_language"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "private, no-store",
}
_NOTHING = Text("", "")
TAGS = {"zh": "zh-CN", "en": "en"}
FILES = {
    "charts.js": "text/javascript; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "drafts.js": "text/javascript; charset=utf-8",
    "follow.js": "text/javascript; charset=utf-8",
    "htmx.js": "text/javascript; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "lease.js": "text/javascript; charset=utf-8",
    "papers.js": "text/javascript; charset=utf-8",
    "viewer.js": "text/javascript; charset=utf-8",
    "uplot.css": "text/css; charset=utf-8",
    "uplot.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@cache
def environment(language: Language) -> Environment:
    """The templates as readers of one language see them."""
    made = WordSettingEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

    def t(key: str, **facts: object) -> str:
        text = word("pages", key).of(language)
        return text.format(**facts) if facts else text

    def name(group: str, key: object) -> str:
        return word(group, str(key)).of(language)

    made.settled = {"t": t, "name": name}
    make, keep, know = fragments.makers(made)
    made.globals.update(
        t=t,
        name=name,
        names=names,
        paper_reasons=PAPER_REASONS,
        consequences=consequences,
        help=lambda key: (words("command_help").get(key) or _NOTHING).of(language),
        language=language,
        language_tag=TAGS[language],
        file_url=file_url,
        formats=formats,
        piece=make,
        kept_piece=keep,
        known_piece=know,
        session_secret=fragments.SECRET,
        page_key=fragments.KEY,
    )
    made.filters.update(
        money=formats.money,
        typed=typed,
        local=formats.local,
        local_seconds=formats.local_seconds,
        paragraphs=paragraphs,
    )
    return made


def paragraphs(text: str) -> Markup:
    """Someone's words, escaped, their line breaks kept."""
    return Markup("<br>").join(escape(line) for line in re.split(r"\r?\n", text))


@cache
def content(name: str) -> bytes:
    """A file of ours that pages refer to."""
    return (STATIC / name).read_bytes()


@cache
def file_url(name: str) -> str:
    """Its address, which changes with its content."""
    return f"/console/static/{hashlib.sha256(content(name)).hexdigest()[:12]}/{name}"


def language_read(request: Request) -> Language:
    """The language chosen on the page, else the browser's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen == "en":
        return "en"
    return "zh" if chosen == "zh" else language_of(request.headers.get("accept-language"))


def page(request: Request, visit: Visit | None, template: str, *, status: int = 200, **facts: Any) -> Response:
    """A page for someone, or for nobody known yet."""
    language = visit.language if visit else language_read(request)
    now = request.app.state.desk.clock()
    shown = {
        "visit": visit,
        "here_full": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "now": now,
        "now_minute": fragments.minute(now),
        "ago": lambda moment: formats.ago(moment, now, language),
        "until": lambda moment: formats.until(moment, now, language),
        "urgency": lambda moment: formats.urgency(moment, now),
        **facts,
    }
    body = environment(language).get_template(template).render(shown)
    if visit:
        body = body.replace(fragments.SECRET, visit.csrf).replace(fragments.KEY, f"page-{secrets.token_urlsafe(18)}")
    headers = {**HEADERS, "content-language": TAGS[language], "vary": "cookie, accept-language"}
    return HTMLResponse(body, status, headers)
