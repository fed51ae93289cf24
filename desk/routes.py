"""How every call of the API is taken: authenticate, read the body, answer each Idempotency-Key once, tell problems.

The order is the contract's: 401, then (in the endpoints) 403 and 404, then 422. A body that is no JSON therefore waits
until the endpoint's own checks are done.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from desk import problems
from desk.access import SAFE, authenticate, caller
from desk.context import Desk, desk_of
from desk.denials import denial_of
from desk.problems import Problem
from desk.refusals import refuse
from journal.idempotency import Fresh, InFlight, Replay, Reused

MOST_BODY = 1024 * 1024
MOST_DRAINED = 512 * 1024 * 1024
"""A body that is too large is read and dropped up to here, so that its sender hears the answer."""
KEY_HEADER = "idempotency-key"
PATIENCE = 10.0
"""Seconds that a request waits for the answer of its own twin."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class DeskRoute(APIRoute):
    """A route for people and robots. Its body is JSON of at most `MOST_BODY` bytes."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await _told(request, lambda: self._take(request, inner))

        return handle

    async def _take(self, request: Request, inner: Handler) -> Response:
        desk = desk_of(request)
        request.state.caller = await authenticate(desk, request)
        if request.method in SAFE:
            return await inner(request)
        body = await read_body(request, MOST_BODY)
        request.state.command_id = command_id(request, body)
        again = Request(request.scope, _replaying(_readable(request, body)))
        digest = hashlib.sha256(body).hexdigest()
        return await once(desk, request, digest, lambda: _told(again, lambda: inner(again)))


class UnkeptRoute(DeskRoute):
    """A route whose answers tell personal data: they are not kept for a repeat, which looks anew and is recorded."""

    async def _take(self, request: Request, inner: Handler) -> Response:
        request.state.caller = await authenticate(desk_of(request), request)
        if request.method in SAFE:
            return await inner(request)
        body = await read_body(request, MOST_BODY)
        return await inner(Request(request.scope, _replaying(_readable(request, body))))


class UploadRoute(DeskRoute):
    """A route whose endpoint reads the body itself, and answers keys itself (`once`)."""

    async def _take(self, request: Request, inner: Handler) -> Response:
        request.state.caller = await authenticate(desk_of(request), request)
        return await inner(request)


class OpenRoute(APIRoute):
    """A route without log-in: health, callbacks (which sign), the codec."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await _told(request, lambda: inner(request))

        return handle


async def once(desk: Desk, request: Request, digest: str, work: Callable[[], Awaitable[Response]]) -> Response:
    """What `work` answers, or what it answered before under this Idempotency-Key for the same content.

    Answers that changed nothing and may come out better another time (401 to 404, 422, 5xx) are not kept.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return await work()
    if not 0 < len(key) <= 255 or not key.isprintable():
        raise problems.field_error("Idempotency-Key", "须为 1–255 个可见字符", "It must be 1 to 255 visible characters")
    begun = await _begin(desk, request, key, digest)
    if isinstance(begun, Replay):
        return Response(begun.body, begun.status, {**begun.headers, "idempotent-replay": "true"})
    try:
        response = await work()
    except BaseException:
        await asyncio.shield(desk.idempotency.abandon(begun))
        raise
    if response.status_code < 300 or response.status_code == 409:
        kept = {name: response.headers[name] for name in ("content-type", "location") if name in response.headers}
        await desk.idempotency.finish(begun, response.status_code, kept, bytes(response.body))
    else:
        await desk.idempotency.abandon(begun)
    return response


async def _begin(desk: Desk, request: Request, key: str, digest: str) -> Fresh | Replay:
    until = time.monotonic() + PATIENCE
    while True:
        begun = await desk.idempotency.begin(caller(request).name, key, request.method, request.url.path, digest)
        match begun:
            case Reused():
                raise problems.refused(refuse("idempotency-key-reused"))
            case InFlight() if time.monotonic() > until:
                raise problems.refused(refuse("request-in-flight"))
            case InFlight():
                await asyncio.sleep(0.05)
            case Fresh() | Replay():
                return begun


def command_id(request: Request, body: bytes) -> str:
    """The id of the command this request gives: the same for a repeat under its key, a new one without a key."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return f"cmd-{uuid.uuid4().hex}"
    parts = [caller(request).name, key, request.method, request.url.path, hashlib.sha256(body).hexdigest()]
    return f"cmd-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"


async def read_body(request: Request, most: int) -> bytes:
    """The whole body, at most `most` bytes of it in memory. Raises the 413 problem for a larger one."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_DRAINED:
            break
        if size <= most:
            chunks.append(chunk)
        else:
            chunks.clear()
    if size > most:
        raise problems.too_large(most)
    return b"".join(chunks)


def _readable(request: Request, body: bytes) -> bytes:
    """The body, or `null` in place of one that is no JSON (which the route's own validation then reports)."""
    if not body or "json" not in request.headers.get("content-type", "json"):
        return body
    why = _why_not_json(body)
    if why is None:
        return body
    request.state.broken = why
    return b"null"


def _why_not_json(body: bytes) -> str | None:
    try:
        read = json.loads(body, parse_constant=_no_constant)
        if b"\\u0000" in body:
            return "it holds the character U+0000"
        json.dumps(read, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "it holds half a surrogate pair"
    except UnicodeDecodeError:
        return "it is not UTF-8"
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return str(error)
    return None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _replaying(body: bytes) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _told(request: Request, work: Callable[[], Awaitable[Response]]) -> Response:
    """What `work` answers; a problem it ends with is told to the caller, and a denial journaled."""
    try:
        return await work()
    except Problem as problem:
        if problem.status == 403:
            why = problem.kind.removeprefix("refused:")
            await desk_of(request).denials.record(denial_of(request, why), getattr(request.state, "caller", None))
        return problem.response(request)
    except RequestValidationError as error:
        return problems.of_validation(error.errors(), getattr(request.state, "broken", None)).response(request)
