"""Where the pages are: staff under /console, merchants and agents under /portal, both on the same pages."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.console import (
    accesspage,
    announcements,
    books,
    bulk,
    cases,
    cockpit,
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


router.include_router(login.router)
router.include_router(oidc.router)
router.include_router(door.router)
router.include_router(portalhome.router)
for _pages in (
    worklist.router, announcements.router, books.router, cases.router, documents.router, register.router,
    ownwork.router, accesspage.router, operations.router, bulk.router, partners.router, policypage.router,
    figurespage.router,
    privacypage.router, rota.router, contacting.router, contacting.of_staff,
):  # fmt: skip
    router.include_router(_pages, prefix=CONSOLE)
for _pages in (
    cases.router, documents.router, register.router, ownwork.router, accesspage.router, contacting.router,
):  # fmt: skip
    router.include_router(_pages, prefix=PORTAL)
router.include_router(accesspage.of_others, prefix=CONSOLE)
router.include_router(cockpit.router, prefix=CONSOLE)
router.include_router(fallback)


def mount(app: FastAPI) -> None:
    """Adds the pages to the desk's application."""
    app.include_router(router)
