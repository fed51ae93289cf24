"""Who visits a page: the session behind the cookie, the language they read, and which side of the desk they are on."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlsplit

import structlog
from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.access import COOKIE, actor_of, is_merchant_side
from desk.console import pages
from desk.console.calls import Calls, RefusedError
from desk.console.pages import language_read
from desk.console.words import word
from desk.context import Desk, desk_of
from desk.denials import denial_of
from desk.language import Language
from desk.outages import OUTAGES, problem_of
from desk.problems import Problem
from desk.refusals import refuse
from desk.routes import read_body
from domain.actors import Actor
from journal.sessions import Session

LOG = structlog.stdlib.get_logger()
MOST_FORM = 256 * 1024
MOST_FIELDS = 400

CONSOLE, PORTAL, LOGIN = "/console", "/portal", "/login"


class NotLoggedInError(Exception):
    """Nobody we know asks for the page."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of someone logged in."""

    request: Request
    desk: Desk
    session: Session
    session_id: str
    language: Language
    actor: Actor = field(init=False)
    outside: bool = field(init=False)
    """Whether a merchant or an agent visits: they see their own cases in the merchant's words."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "actor", actor_of(self.session.user))
        object.__setattr__(self, "outside", is_merchant_side(self.actor))

    @property
    def base(self) -> str:
        """Under which path this visitor's pages are."""
        return PORTAL if self.outside else CONSOLE

    @property
    def csrf(self) -> str:
        return self.session.csrf_secret

    @property
    def calls(self) -> Calls:
        """The API, with this session's rights."""
        return Calls(self.request, self.session_id, self.session.csrf_secret, self.language)

    def upload_token(self, case_id: str) -> str:
        """What an upload's address carries in place of the session's secret, which no address may hold. (An upload's
        body is passed on as it arrives, so nothing in it can be looked at first.)"""
        return hmac.new(self.csrf.encode(), f"upload {case_id}".encode(), hashlib.sha256).hexdigest()[:32]

    def may(self, *roles: str) -> bool:
        return self.actor.has(*roles)


async def session_of(request: Request) -> tuple[str, Session] | None:
    """The session behind the cookie, if it holds."""
    session_id = request.cookies.get(COOKIE)
    session = await desk_of(request).sessions.find(session_id) if session_id else None
    return (session_id, session) if session_id and session else None


async def visit(request: Request) -> Visit:
    """The visit. Raises NotLoggedInError."""
    found = await session_of(request)
    if found is None:
        raise NotLoggedInError
    if wait := desk_of(request).rates.take(found[1].user.name):
        raise problems.rate_limited(wait)
    if request.method == "POST" or request.headers.get("sec-fetch-dest", "document") == "document":
        with suppress(*OUTAGES):  # a desk that can only be read is read
            await desk_of(request).sessions.touch(found[1])  # what a page asks for by itself keeps no session alive
    return Visit(request, desk_of(request), found[1], found[0], language_read(request))


TheVisit = Annotated[Visit, Depends(visit)]


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed into a form: the values of each field, in order."""

    values: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """The field's (first) value without spaces around it; nothing when it was not sent."""
        return next(iter(self.values.get(name, ())), "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())


async def read_form(request: Request) -> Form:
    """The form's fields. Raises the 413 problem for far too many bytes, 422 for far too many fields or no text."""
    body = await read_body(request, MOST_FORM)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise problems.field_error("body", "不是有效的表单", "This is not a form") from None
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        values[name] = (*values.get(name, ()), value.replace("\r\n", "\n"))
    return Form(values)


def check_origin(request: Request) -> None:
    """Raises the 403 problem of a form that another site sent."""
    origin = request.headers.get("origin")
    own = {request.url.netloc, urlsplit(desk_of(request).config.desk_url).netloc}
    if origin is not None and urlsplit(origin).netloc not in own:
        raise problems.refused(refuse("csrf"))
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise problems.refused(refuse("csrf"))


def check_secret(given: str, expected: str) -> None:
    """Raises the 403 problem of a form without its session's secret."""
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise problems.refused(refuse("csrf"))


async def sent_form(request: Request, visit: TheVisit) -> Form:
    """A form that the visitor themselves sent from one of our pages. Raises the 403 problem for any other."""
    check_origin(request)
    form = await read_form(request)
    check_secret(form.one("csrf"), visit.csrf)
    return form


SentForm = Annotated[Form, Depends(sent_form)]


def safe_path(path: str, otherwise: str) -> str:
    """`path` when it is a path on this desk, so that nobody is led elsewhere after logging in."""
    plain = path.isprintable() and "\\" not in path and not path.startswith("//")
    return path if path.startswith("/") and plain else otherwise


class PageRoute(APIRoute):
    """A route for people: refusals are pages too, and who is not logged in is asked to."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except NotLoggedInError:
                return await _kept(request) or to_login(request)
            except RefusedError as refusal:
                return await refused_page(request, refusal)
            except Problem as problem:
                if problem.status == 403:
                    await _denied(request, problem)
                return await refused_page(request, refusal_of(problem, language_read(request)))
            except RequestValidationError as error:
                wrong = problems.of_validation(error.errors())
                return await refused_page(request, refusal_of(wrong, language_read(request)))
            except OUTAGES as error:
                LOG.warning("what the desk needs is away or takes nothing", why=f"{type(error).__name__}: {error}")
                return _plain_page(request, refusal_of(problem_of(error), language_read(request)))
            except Exception:
                LOG.exception("a page failed", path=request.url.path)
                bug = Problem(500, "internal", word("pages", "error.bug"))
                return _plain_page(request, refusal_of(bug, language_read(request)))

        return handle


async def _denied(request: Request, problem: Problem) -> None:
    found = await session_of(request)
    actor = actor_of(found[1].user) if found else None
    await desk_of(request).denials.record(denial_of(request, problem.kind.removeprefix("refused:")), actor)


def _plain_page(request: Request, refusal: RefusedError) -> Response:
    """A page that can be made without the journal."""
    return pages.page(request, None, "refused.html", status=refusal.status, refusal=refusal)


async def _kept(request: Request) -> Response | None:
    """The log-in page that keeps what was typed into a form whose session had ended; None when nothing was."""
    typed = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if request.method != "POST" or not typed or not ours(request.url.path):
        return None
    check_origin(request)
    form = await read_form(request)
    values = {name: list(value) for name, value in form.values.items() if name not in {"csrf", "key"}}
    facts = {"back": "/", "typed_name": "", "wrong": "", "ended": True, "provider": desk_of(request).config.oidc()}
    kept = json.dumps(values, ensure_ascii=False) if values else ""
    return pages.page(request, None, "login.html", status=401, resume=request.url.path, kept=kept, **facts)


def ours(path: str) -> bool:
    """Whether a path is one of our pages for people who are logged in."""
    return safe_path(path, "") != "" and path.startswith((f"{CONSOLE}/", f"{PORTAL}/"))


def to_login(request: Request) -> Response:
    """Sends the visitor to the log-in, and back afterwards when they only wanted to read."""
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = f"{request.url.path}{query}" if request.method == "GET" else request.headers.get("referer", "")
    back = urlsplit(wanted)
    path = back.path + (f"?{back.query}" if back.query else "")
    why = "&ended=1" if request.method != "GET" else ""
    return RedirectResponse(f"{LOGIN}?next={quote(safe_path(path, '/'))}{why}", 303)


def refusal_of(problem: Problem, language: Language) -> RefusedError:
    """The problem in the visitor's words."""
    errors = tuple((error.field, error.text.of(language)) for error in problem.errors)
    return RefusedError(problem.status, problem.kind, problem.title.of(language), problem.detail.of(language), errors)


async def refused_page(request: Request, refusal: RefusedError) -> Response:
    """A page that says what was refused and what to do."""
    if refusal.status == 401:
        return to_login(request)
    found = await session_of(request)
    visitor = Visit(request, desk_of(request), found[1], found[0], language_read(request)) if found else None
    return pages.page(request, visitor, "refused.html", status=refusal.status, refusal=refusal)
