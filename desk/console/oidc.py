"""Logging in by the word of the institution's identity provider."""

from __future__ import annotations

import json
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from desk import problems
from desk.console import pages
from desk.console.entering import Kept, kept_in, over_tls, welcome
from desk.console.login import login_page, own_form
from desk.console.pages import language_read
from desk.console.visits import Form, PageRoute, safe_path
from desk.console.words import word
from desk.context import desk_of
from desk.denials import denial_of
from desk.oidc import Asked, NotProvenError, Provider, ProviderAwayError

LOG = structlog.stdlib.get_logger()
router = APIRouter(route_class=PageRoute, include_in_schema=False)

COOKIE = "thaw_oidc"
"""Holds the state of the log-in that this browser began: another's answer is not taken here."""
BACK = "/login/oidc/back"
FIFTEEN_MINUTES = 15 * 60


def _provider(request: Request) -> Provider:
    provider = desk_of(request).provider
    if provider is None:
        raise problems.not_found("未配置统一登录。", "No identity provider is set up here.")
    return provider


def _redirect_uri(request: Request) -> str:
    return f"{desk_of(request).config.desk_url.rstrip('/')}{BACK}"


def _told(request: Request, key: str, status: int) -> Response:
    answer = login_page(request, back="/", wrong=word("access", key).of(language_read(request)), status=status)
    answer.delete_cookie(COOKIE, path=BACK, httponly=True, samesite="lax")
    return answer


@router.post("/login/oidc")
async def post_oidc(request: Request, form: Annotated[Form, Depends(own_form)]) -> Response:
    """Leads the browser to the provider, by a page: no form of ours may go to another site. What was typed before a
    session ended waits here, sealed."""
    provider, asked, kept = _provider(request), Asked(), kept_in(form)
    try:
        address = await provider.address(asked, _redirect_uri(request))
    except ProviderAwayError as error:
        LOG.warning("the identity provider is away", why=str(error))
        text = word("access", "provider_away").of(language_read(request))
        return login_page(request, back=safe_path(form.one("next"), "/"), wrong=text, kept=kept, status=503)
    carried = {
        "nonce": asked.nonce,
        "verifier": asked.verifier,
        "back": safe_path(form.one("next"), "/"),
        "path": kept.path if kept else "",
        "text": kept.text if kept else "",
    }
    await desk_of(request).identities.put_pending(asked.state, json.dumps(carried).encode())
    answer = pages.page(request, None, "oidc.html", address=address, provider=provider.settings)
    answer.set_cookie(
        COOKIE, asked.state, max_age=FIFTEEN_MINUTES, httponly=True, samesite="lax", secure=over_tls(request), path=BACK
    )
    return answer


@router.get(BACK)
async def get_back(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """The provider's answer."""
    desk, provider = desk_of(request), _provider(request)
    pending = await desk.identities.take_pending(state) if state and state == request.cookies.get(COOKIE) else None
    if pending is None:
        await desk.denials.record(denial_of(request, "login-not-begun"))
        return _told(request, "not_begun", 403)
    carried = json.loads(pending)
    asked = Asked(state, carried["nonce"], carried["verifier"])
    if not code:
        await desk.denials.record(denial_of(request, "provider-refused"))
        return _told(request, "provider_refused", 403)
    try:
        identity = await provider.identity(asked, code, _redirect_uri(request))
    except ProviderAwayError as error:
        LOG.warning("the identity provider is away", why=str(error))
        return _told(request, "provider_away", 503)
    except NotProvenError as error:
        LOG.warning("the identity provider's answer proves nothing", why=str(error))
        await desk.denials.record(denial_of(request, "identity-not-proven"))
        return _told(request, "not_proven", 403)
    user = await desk.identities.user_of(identity.issuer, identity.subject, identity.claimed)
    if user is None:
        await desk.denials.record(denial_of(request, "identity-unknown"))
        return _told(request, "unknown_here", 403)
    kept = Kept(carried["path"], carried["text"]) if carried["text"] else None
    answer = await welcome(request, user, "oidc", carried["back"], kept)
    answer.delete_cookie(COOKIE, path=BACK, httponly=True, samesite="lax")
    return answer
