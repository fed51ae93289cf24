"""Coming in: a new session for someone who has shown who they are, and what they had typed before an old one ended."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk.access import COOKIE
from desk.console import pages
from desk.console.pages import language_read
from desk.console.visits import CONSOLE, PORTAL, Form, Visit, ours, session_of
from desk.context import desk_of
from desk.denials import origin_of
from journal.people import MERCHANT_SIDE, User
from journal.sessions import SESSION_LIFE, Entrance, Method


@dataclass(frozen=True, slots=True)
class Kept:
    """A form whose session had ended before it was sent: where it goes, and what was typed, as JSON."""

    path: str
    text: str

    @property
    def values(self) -> dict[str, list[str]]:
        """What was typed. Raises ValueError for a text that says something else."""
        read = json.loads(self.text)
        if not isinstance(read, dict):
            raise ValueError("not a form")
        return {str(name): [str(value) for value in values] for name, values in read.items()}


def kept_in(form: Form) -> Kept | None:
    """What a log-in form carries along."""
    path, text = form.one("resume"), form.one("kept")
    return Kept(path, text) if text and ours(path) else None


async def welcome(request: Request, user: User, method: Method, back: str, kept: Kept | None = None) -> Response:
    """Opens a session and leads to where the visitor wanted to go."""
    desk = desk_of(request)
    old = await session_of(request)
    if old is not None:
        await desk.sessions.close(old[0])
    desk.soon(desk.sessions.purge(), "drop ended sessions")
    desk.soon(desk.tries.purge(), "drop tries that no longer count")
    entrance = Entrance(method, origin_of(request), request.headers.get("user-agent", ""))
    session_id, session = await desk.sessions.open(user.name, entrance)
    answer: Response = RedirectResponse(back if back != "/" else home(user), 303)
    if kept is not None:
        answer = _resume(Visit(request, desk, session, session_id, language_read(request)), kept)
    answer.set_cookie(
        COOKIE,
        session_id,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=over_tls(request),
        path="/",
    )
    return answer


def _resume(visit: Visit, kept: Kept) -> Response:
    """What was typed before the session ended, to be looked at and sent."""
    try:
        values = kept.values
    except (ValueError, TypeError, RecursionError):
        return RedirectResponse(home(visit.session.user), 303)
    form = kept.path.rpartition("/")[2]
    return pages.page(
        visit.request, visit, "resume.html", here_full=home(visit.session.user), form=form, path=kept.path,
        values=values, key=f"console-{secrets.token_urlsafe(18)}",
    )  # fmt: skip


def over_tls(request: Request) -> bool:
    """Whether the desk is reached by https, by itself or behind a proxy."""
    return request.url.scheme == "https" or desk_of(request).config.desk_url.startswith("https:")


def home(user: User) -> str:
    """Where someone starts: the queue, their cases, or the portal."""
    if user.roles <= MERCHANT_SIDE:
        return PORTAL
    return f"{CONSOLE}/cases" if user.roles <= {"auditor", "engineer"} else f"{CONSOLE}/queue"
