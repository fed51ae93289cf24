"""The notice gateway (a stand-in): e-mail, SMS, WeChat, chat robots, webhooks, and a mailbox to read them in."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, FastAPI, Header, Query, Request
from fastapi import Path as InPath
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from partners.kit import Connection, Effect, Here, Name, Partner, Refusal, Settings, partner_app, refusals
from partners.kit.database import connect
from partners.kit.problems import problem
from partners.notices import pages, sink, store
from partners.notices.forms import Arrival, Arrivals, Delivered, Listing, ListLook, Look, Message, Recipient, Sent
from partners.notices.gateway import Gateway, NotDelivered
from partners.notices.mail import Arrived
from partners.notices.webhook import Poster
from partners.notices.wechat import Account, Embedded, Remote

DESCRIPTION = """
A stand-in for the gateways over which an acquirer tells merchants and colleagues something.

E-mails go over real SMTP to a server in this process, which keeps them; text messages go to an outbox, WeChat messages
to the official account's followers; chat robots and webhooks are posted to, webhooks signed with HMAC-SHA-256 and only
at public addresses. The error code in an answer's body is believed, not the 200 around it. `/mailbox` shows what
arrived; `PUT /recipients` lets a recipient refuse or bounce.

Each `Idempotency-Key` delivers once, however often it is called. A 409 `refused-by-recipient` is definite; a 503
`gateway-unavailable` means: again, under the same key; a 424 `recipient-busy` or `recipient-unavailable` means the
same, or another channel: it is this recipient's side that does not answer. Whether an e-mail, SMS or WeChat message
arrived is called back on `/hooks/notices`.
"""

FOLDER = Path(__file__).parent
PAGE = 50
"""Messages on a page for people."""

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

MAIL: dict[int | str, dict[str, Any]] = {200: {"description": "The e-mail", "content": {"message/rfc822": {}}}}
NO_SUCH_PAGE: dict[int | str, dict[str, Any]] = {404: {"description": "No such message", "content": {"text/html": {}}}}

MailNumber = Annotated[int, InPath(ge=1, le=2**62, description="The message's number in the mailbox.")]
AcceptLanguage = Annotated[str | None, Header()]

routes = APIRouter(tags=["messages"])
mailbox_routes = APIRouter(tags=["mailbox"])
page_routes = APIRouter(tags=["mailbox"], default_response_class=HTMLResponse)


@routes.post(
    "/messages",
    status_code=202,
    response_model=Delivered,
    responses=refusals(409),
    summary="Deliver a message",
)
async def send(body: Message, effect: Effect, request: Request) -> Response:
    """Answers when the recipient's side has taken the message; the key delivers it once."""
    gateway: Gateway = request.app.state.gateway

    async def work(connection: Connection) -> Delivered:
        return await gateway.deliver(connection, effect.key, body)

    return await effect.once("message", body, work, status=202)


@routes.get("/messages/{key}", response_model=Sent, responses=refusals(404), summary="What was delivered under a key")
async def sent(key: Name, here: Here) -> Sent:
    """404 `no-such-message` means that nothing is known to have been delivered under it."""
    async with here.connection() as connection:
        message = await store.sent_under(connection, key)
    if message is None:
        raise Refusal(404, "no-such-message", "No message was delivered under this key.")
    return message


@routes.put("/recipients", status_code=204, summary="Let a recipient of this stand-in take, bounce or refuse")
async def recipients(body: Recipient, here: Here) -> None:
    """`bounces` takes a message and says later that it did not arrive."""
    async with here.connection() as connection:
        await store.set_behaviour(connection, body)


@mailbox_routes.get("/mailbox.json", response_model=Arrivals, summary="What arrived, newest first")
async def mailbox_json(listing: Annotated[Listing, Query()], here: Here) -> Arrivals:
    """`older_than` of the answer, given as `before`, leads to the next page."""
    async with here.connection() as connection:
        return await store.arrivals(connection, listing, listing.before, listing.limit)


@mailbox_routes.get(
    "/mailbox/{number}.json", response_model=Arrival, responses=refusals(404), summary="One message that arrived"
)
async def arrival_json(number: MailNumber, here: Here) -> Arrival:
    """By its number in the mailbox."""
    async with here.connection() as connection:
        found = await store.arrival(connection, number)
    if found is None:
        raise Refusal(404, "no-such-message", "There is no such message in the mailbox.")
    return found


@mailbox_routes.get(
    "/mailbox/{number}.eml",
    responses=MAIL | refusals(404),
    summary="An e-mail as it came over the wire",
    response_class=Response,
)
async def arrival_eml(number: MailNumber, here: Here) -> Response:
    """Only e-mails have this form."""
    async with here.connection() as connection:
        raw = await store.raw_mail(connection, number)
    if raw is None:
        raise Refusal(404, "no-such-message", "There is no such e-mail in the mailbox.")
    return Response(raw, media_type="message/rfc822", headers={"X-Content-Type-Options": "nosniff"})


@page_routes.get("/mailbox", summary="The mailbox, to look at")
async def mailbox(
    look: Annotated[ListLook, Query()], here: Here, accept_language: AcceptLanguage = None
) -> HTMLResponse:
    """A page in zh or en, with filters, newest first."""
    async with here.connection() as connection:
        found = await store.arrivals(connection, look, look.before, PAGE)
    language = pages.language_of(look.lang, accept_language)
    return HTMLResponse(pages.mailbox(language, look, found.messages, found.older_than), headers=PAGE_HEADERS)


@page_routes.get("/mailbox/{number}", responses=NO_SUCH_PAGE, summary="One message, to look at")
async def arrival(
    number: MailNumber, look: Annotated[Look, Query()], here: Here, accept_language: AcceptLanguage = None
) -> HTMLResponse:
    """A page in zh or en."""
    async with here.connection() as connection:
        found = await store.arrival(connection, number)
    language = pages.language_of(look.lang, accept_language)
    if found is None:
        return HTMLResponse(pages.missing(language), status_code=404, headers=PAGE_HEADERS)
    return HTMLResponse(pages.message(language, found), headers=PAGE_HEADERS)


@page_routes.get("/static/mailbox.css", include_in_schema=False)
async def css() -> FileResponse:
    """The pages' one style sheet."""
    return FileResponse(pages.STATIC / "mailbox.css", media_type="text/css")


@page_routes.get("/", include_in_schema=False)
async def front() -> RedirectResponse:
    """The front door leads to the mailbox."""
    return RedirectResponse("/mailbox")


async def _not_delivered(_: Request, error: Exception) -> Response:
    assert isinstance(error, NotDelivered)
    return problem(error.status, error.code, error.detail)


def app(settings: Settings) -> FastAPI:
    """The notices partner, with its SMTP server."""
    every = APIRouter()
    for part in (routes, mailbox_routes, page_routes):
        every.include_router(part)

    @asynccontextmanager
    async def channels(partner: Partner) -> AsyncGenerator[None]:
        # The SMTP server has connections of its own: while calls wait for it they hold the partner's.
        # No proxy of the environment stands between: an address that was looked at is the one connected to.
        async with (
            connect(settings.database_url, partner.name) as mail_pool,
            httpx2.AsyncClient(trust_env=False) as http,
        ):

            async def keep(arrived: Arrived) -> None:
                async with mail_pool.connection() as connection:
                    await store.keep(connection, arrived)

            async def takes(channel: str, to: str) -> bool:
                async with mail_pool.connection() as connection:
                    return await store.behaviour_of(connection, channel, to) != "refuses"

            async with sink.listening(keep, lambda to: takes("email", to)) as port:
                built.state.gateway = Gateway(
                    partner=partner,
                    smtp_port=port,
                    wechat=_account(settings, http, lambda to: takes("wechat", to)),
                    poster=Poster(http, _inside(settings)),
                    receipt_after=settings.number("receipt_after_ms", 1000) / 1000,
                )
                yield

    built = partner_app(
        "notices",
        settings,
        title="Notice gateway",
        description=DESCRIPTION,
        schema=FOLDER / "schema.sql",
        routes=every,
        lifespan=channels,
    )
    built.add_exception_handler(NotDelivered, _not_delivered)
    return built


def _inside(settings: Settings) -> frozenset[str]:
    """The receivers in this house that webhooks and robots may be posted to, as set explicitly."""
    return frozenset(part.strip().lower() for part in settings.text("inside", "").split(",") if part.strip())


def _account(settings: Settings, http: httpx2.AsyncClient, follows: Callable[[str], Awaitable[bool]]) -> Account:
    """WeChat's own account where it is set, else the stand-in."""
    url = settings.text("wechat_url", "").rstrip("/")
    if not url:
        return Embedded(follows)
    app_id, secret = settings.text("wechat_app_id", ""), settings.text("wechat_secret", "")
    return Remote(http, url, app_id, secret, settings.text("wechat_template_id", ""))
