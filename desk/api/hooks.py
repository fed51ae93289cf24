"""`POST /hooks/{source}`: partners' callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from fastapi import APIRouter, Request

from desk import hooks, problems, receipts
from desk.access import TheDesk
from desk.routes import MOST_BODY, OpenRoute, read_body

router = APIRouter(prefix="/hooks", tags=["hooks"], route_class=OpenRoute)

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": hooks.Callback.model_json_schema()}},
    }
}


@router.post("/{source}", summary="A partner's callback", openapi_extra=_BODY)
async def post_hook(source: str, request: Request, desk: TheDesk) -> Mapping[str, Any]:
    """Signed (`Thaw-Signature`), at most five minutes old, each `message_ref` with one effect."""
    if source not in get_args(hooks.Source):
        raise problems.not_found(f"没有来源 {source}。", f"There is no source {source}.")
    body = await read_body(request, MOST_BODY)
    signature = request.headers.get("thaw-signature", "")
    hooks.check_signature(desk.config.hook_secrets.get(source), signature, body, desk.clock())
    callback = hooks.read(source, body)  # type: ignore[arg-type]  # it is one of the names above
    heard = await hooks.hear(desk, source, callback)  # type: ignore[arg-type]
    if source == "notices":
        await receipts.follow(desk, callback)
    return hooks.shown(heard)
