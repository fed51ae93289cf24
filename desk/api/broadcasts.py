"""Notices of policy to all merchants: published once, sent to each once, and how far they are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from desk import problems
from desk.access import STAFF, TheDesk, only
from desk.bodies import BroadcastBody
from desk.routes import DeskRoute
from domain.actors import Actor
from domain.business_time import format_time
from journal.broadcasting import Progress
from journal.registry import Act

router = APIRouter(prefix="/api/v1/broadcasts", tags=["notices"], route_class=DeskRoute)

PUBLISHERS = ("supervisor", "compliance_head")

Reader = Annotated[Actor, Depends(only("see notices to all merchants", *STAFF))]


@router.post("", status_code=201, summary="Publish a notice of policy to all merchants")
async def post_broadcast(
    actor: Annotated[Actor, Depends(only("publish to all merchants", *PUBLISHERS))],
    desk: TheDesk,
    request: Request,
    body: BroadcastBody,
) -> dict[str, Any]:
    """To every merchant registered by now, over the channels they wish, outside quiet hours. It cannot be called
    back."""
    command_id = request.state.command_id
    broadcast_id = f"BC-{command_id[-16:]}"
    act = Act(actor.signing_as(PUBLISHERS), command_id, desk.now())
    await desk.broadcasts.publish(broadcast_id, body.model_dump(mode="json"), act)
    return (await _all(desk, broadcast_id))[0]


@router.get("", summary="Notices of policy, the newest first, and how far they are")
async def get_broadcasts(actor: Reader, desk: TheDesk) -> list[dict[str, Any]]:
    del actor
    return await _all(desk)


@router.get("/{broadcast_id}", summary="One notice of policy, and how far it is")
async def get_broadcast(broadcast_id: str, actor: Reader, desk: TheDesk) -> dict[str, Any]:
    del actor
    found = await _all(desk, broadcast_id)
    if not found:
        raise problems.not_found(f"没有公告 {broadcast_id}。", f"There is no notice {broadcast_id}.")
    return found[0]


async def _all(desk: TheDesk, broadcast_id: str | None = None) -> list[dict[str, Any]]:
    return [_shown(one) for one in await desk.broadcasts.all(broadcast_id)]


def _shown(one: Progress) -> dict[str, Any]:
    return {
        "broadcast_id": one.broadcast_id,
        "letters": one.letters,
        "published_by": one.published_by,
        "published_at": format_time(one.published_at),
        "finished_at": format_time(one.finished_at) if one.finished_at else None,
        "merchants": one.merchants,
        "sent": one.sent,
        "unreachable": one.unreachable,
        "held_back": one.held_back,
        "owed": one.merchants - one.sent - one.unreachable,
    }
