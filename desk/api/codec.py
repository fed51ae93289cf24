"""The codec server: shows Temporal's UI and CLI what our workflows' encrypted payloads say.

Payloads hold ids and references, no personal data; still not everyone may read them. Allowed are engineers, by bearer
token, and without one only programs on this machine: the request must come from loopback, name our namespace, be
addressed to this desk, and, when a browser sends it, come from Temporal's UI. So no page of another site can have
payloads decoded by the browser of someone who happens to run a desk.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.datastructures import Headers
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from desk import problems
from desk.access import TheDesk, authenticate
from desk.config import DeskConfig
from desk.context import Desk
from desk.problems import Problem
from desk.refusals import refuse
from desk.routes import OpenRoute, read_body
from workflows.codec import EncryptionCodec, UndecodableError

router = APIRouter(prefix="/codec", tags=["codec"], route_class=OpenRoute)

MOST_BYTES = 16 * 1024 * 1024
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@router.options("/{direction}", include_in_schema=False)
async def options_codec(direction: str, request: Request, desk: TheDesk) -> Response:
    """What a browser asks before it sends the UI's request."""
    del direction
    return Response(status_code=204, headers=_cors(desk.config, request.headers))


@router.post("/{direction}", summary="Encode or decode payloads (`encode`, `decode`)")
async def post_codec(direction: str, request: Request, desk: TheDesk) -> Response:
    """Body and answer are Temporal's `Payloads` as protobuf JSON."""
    cors = _cors(desk.config, request.headers)
    try:
        content = await _recode(direction, request, desk)
    except Problem as problem:
        answer = problem.response(request)
        answer.headers.update(cors)
        return answer
    return Response(content, media_type="application/json", headers=cors)


async def _recode(direction: str, request: Request, desk: Desk) -> str:
    if direction not in {"encode", "decode"}:
        raise problems.not_found("只有 encode 与 decode。", "There are only encode and decode.")
    await _admit(desk, request)
    codec = EncryptionCodec(*desk.config.payload_keys)
    try:
        payloads = Parse(await read_body(request, MOST_BYTES), Payloads()).payloads
        recoded = await _through(codec, direction, payloads)
    except (ParseError, UnicodeDecodeError):
        raise problems.field_error("body", "不是 Payloads 的 JSON", "This is not the JSON of Payloads") from None
    except UndecodableError as error:
        raise problems.field_error("payloads", "无法解密", str(error)) from None
    return str(MessageToJson(Payloads(payloads=recoded)))


async def _through(codec: PayloadCodec, direction: str, payloads: Sequence[Payload]) -> list[Payload]:
    return await (codec.encode(payloads) if direction == "encode" else codec.decode(payloads))


async def _admit(desk: Desk, request: Request) -> None:
    """Raises the 401 or 403 problem for someone who may not read payloads."""
    if "authorization" in request.headers:
        actor = await authenticate(desk, request)
        if not actor.has("engineer"):
            raise problems.refused(refuse("role-not-allowed", command="read payloads", roles="engineer"))
        return
    origin = request.headers.get("origin")
    trusted = origin is None or origin in _ui_origins(desk.config)
    ours = request.headers.get("x-namespace") == desk.config.temporal_namespace
    if not (_from_loopback(request) and _addressed_to_us(request) and trusted and ours):
        raise problems.unauthenticated("请以工程师令牌访问。", "Send an engineer's bearer token.")


def _from_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _addressed_to_us(request: Request) -> bool:
    """Not to a name that someone else's domain server points at this machine."""
    return urlsplit(f"//{request.headers.get('host', '')}").hostname in _LOOPBACK_NAMES


def _ui_origins(config: DeskConfig) -> frozenset[str]:
    """The origins a browser may show Temporal's UI, or the desk, under."""
    found = set()
    for url in (config.temporal_ui_url, config.desk_url):
        parts = urlsplit(url)
        found.add(f"{parts.scheme}://{parts.netloc}")
        if parts.hostname in _LOOPBACK_NAMES:
            found |= {f"{parts.scheme}://{name}:{parts.port}" for name in ("localhost", "127.0.0.1")}
    return frozenset(found)


def _cors(config: DeskConfig, headers: Headers) -> dict[str, str]:
    origin = headers.get("origin")
    if origin is None or origin not in _ui_origins(config):
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "POST, OPTIONS",
        "access-control-allow-headers": "content-type, x-namespace, authorization",
        "access-control-allow-credentials": "true",
        "access-control-max-age": "600",
        "vary": "origin",
    }
