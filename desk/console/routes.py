"""Where the pages are: staff under /console, merchants and agents under /portal, both on the same pages."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.console import (
    accesspage,
    advice,
    announcements,
    books,
    bulk,
    cases,
    cockpit,
    complaints,
    contacting,
    documents,
    door,
    entering,
    figurespage,
    login,
    oidc,
    operations,
    ownwork,
    pages,
    partners,
    plan,
    policypage,
    portalhome,
    privacypage,
    register,
    rota,
    worklist,
)
from desk.console.visits import CONSOLE, PORTAL, PageRoute, TheVisit

router = APIRouter(include_in_schema=False)
fallback = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/console/static/{digest}/{name}")
async def get_static(digest: str, name: str) -> Response:
    """A file of ours that the pages use. Its address names its content, so it may be kept for good."""
    del digest
    if name not in pages.FILES:
        raise problems.not_found("没有此文件。", "There is no such file.")
    headers = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
    return Response(pages.content(name), media_type=pages.FILES[name], headers=headers)


@fallback.get(CONSOLE)
async def get_start(visit: TheVisit) -> Response:
    return RedirectResponse(entering.home(visit.session.user), 303)


@fallback.get(f"{CONSOLE}/{{rest:path}}")
@fallback.get(f"{PORTAL}/{{rest:path}}")
async def get_elsewhere(request: Request, visit: TheVisit) -> Response:
    """Pages that are not there."""
    del visit
    raise problems.not_found(f"没有页面 {request.url.path}。", f"There is no page {request.url.path}.")


_OPEN = (router, login.router, oidc.router, door.router, portalhome.router)
_OF_STAFF = (
    worklist.router, cases.router, cockpit.router, announcements.router, books.router, documents.router,
    register.router, ownwork.router,
    accesspage.router, accesspage.of_others, operations.router, bulk.router, partners.router,
    policypage.router, figurespage.router, privacypage.router, rota.router, contacting.router, contacting.of_staff,
    complaints.of_staff, advice.router,
)  # fmt: skip
_OF_MERCHANTS = (
    cases.router, documents.router, register.router, ownwork.router, accesspage.router, contacting.router,
    complaints.router, plan.router, advice.router,
)  # fmt: skip


def mount(app: FastAPI) -> None:
    """Adds the pages to the desk's application: one by one, because each router within a router is searched anew."""
    for prefix, routers in (("", _OPEN), (CONSOLE, _OF_STAFF), (PORTAL, _OF_MERCHANTS), ("", (fallback,))):
        for pages_of in routers:
            app.include_router(pages_of, prefix=prefix)
