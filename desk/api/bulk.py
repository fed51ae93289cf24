"""Bulk actions: foreseen case by case, confirmed with a reason, carried out item by item; stopped and resumed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import JSONResponse

from desk import problems
from desk.access import TheDesk, only
from desk.bulk.actions import LOOKERS, ROLES, STEERERS, allow_action, find_bulk
from desk.bulk.bodies import BulkBody
from desk.bulk.choosing import choose
from desk.bulk.judging import judge, wanted
from desk.bulk.showing import bulk_shown, item_shown, work_shown, wrong_state
from desk.context import Desk
from desk.language import Language, language_of
from desk.routes import DeskRoute
from domain.actors import Actor
from journal.bulk import BulkStateError, Foreseen

router = APIRouter(prefix="/api/v1/bulk-actions", tags=["operations"], route_class=DeskRoute)
people = APIRouter(prefix="/api/v1/operations/people", tags=["operations"], route_class=DeskRoute)

Steerer = Annotated[Actor, Depends(only("use bulk actions", *STEERERS))]


def reader_language(request: Request) -> Language:
    """Which language the caller reads."""
    return language_of(request.headers.get("accept-language"))


TheLanguage = Annotated[Language, Depends(reader_language)]
Looker = Annotated[Actor, Depends(only("see bulk actions", *LOOKERS))]
ITEMS = 500


@router.post("", summary="Foresee a bulk action, or have it carried out", responses={202: {"description": "it runs"}})
async def post_bulk(actor: Steerer, desk: TheDesk, language: TheLanguage, request: Request, body: BulkBody) -> Response:
    """A dry run answers 200 with what would be moved and what skipped, and why; it changes nothing. Otherwise 202: the
    action runs, each item is judged anew, and `GET /bulk-actions/{bulk_id}` tells what became of it. The same dry run
    confirmed twice is one action."""
    if body.bulk_id is None:
        bulk_id = bulk_id_of(request.state.command_id)
        await foresee(desk, actor, bulk_id, body)
    else:
        bulk_id = (await find_bulk(desk, body.bulk_id)).bulk_id
    if not body.dry_run:
        await confirm(desk, actor, bulk_id, body.reason or "")
    return JSONResponse(await _whole(desk, bulk_id, language), 200 if body.dry_run else 202)


@router.get("", summary="Bulk actions that were confirmed, newest first")
async def get_bulks(_: Looker, desk: TheDesk, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict[str, Any]:
    return {"items": [await bulk_shown(desk, bulk) for bulk in await desk.bulk.newest(limit)]}


@router.get("/{bulk_id}", summary="A bulk action and what became of each item")
async def get_bulk(
    bulk_id: str,
    _: Looker,
    desk: TheDesk,
    language: TheLanguage,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=ITEMS)] = ITEMS,
) -> dict[str, Any]:
    """Items in order, from the one after `after`."""
    return await _whole(desk, bulk_id, language, after, limit)


@router.post("/{bulk_id}/stop", summary="Stop a bulk action after the item under way")
async def post_stop(bulk_id: str, actor: Steerer, desk: TheDesk) -> dict[str, Any]:
    return await _steer(desk, actor, bulk_id, desk.bulk.stop)


@router.post("/{bulk_id}/resume", summary="Let a stopped bulk action go on")
async def post_resume(bulk_id: str, actor: Steerer, desk: TheDesk) -> dict[str, Any]:
    told = await _steer(desk, actor, bulk_id, desk.bulk.resume)
    await _carry_out(desk, bulk_id)
    return told


async def _steer(desk: Desk, actor: Actor, bulk_id: str, turn: Callable[[str, str], Awaitable[None]]) -> dict[str, Any]:
    """The action after a `turn` that the caller signs; the problem of one whose state does not allow it."""
    bulk = await find_bulk(desk, bulk_id)
    allow_action(actor, bulk.action)
    try:
        await turn(bulk_id, actor.signing_as(ROLES[bulk.action]))
    except BulkStateError as error:
        raise wrong_state(error) from None
    return await bulk_shown(desk, await find_bulk(desk, bulk_id))


@people.get("/{name}/work", summary="The tasks that hang on one person")
async def get_work(name: str, _: Looker, desk: TheDesk) -> dict[str, Any]:
    """What they hold, held last or have put off, and what no one else may take."""
    user = await desk.people.find(name)
    if user is None:
        raise problems.not_found(f"没有用户 {name}。", f"There is no user {name}.")
    active = {one.name for one in await desk.people.all()}
    items = [work_shown(one, desk.clock()) for one in await desk.steering.work_of(user)]
    return {"user": user.name, "roles": sorted(user.roles), "active": user.name in active, "items": items}


def bulk_id_of(command_id: str) -> str:
    """The id of the action a request asks for: the same for a repeat."""
    return "BA-" + base64.b32encode(hashlib.sha256(command_id.encode()).digest())[:12].decode()


async def foresee(desk: Desk, actor: Actor, bulk_id: str, body: BulkBody) -> None:
    """Judges each item that was picked, and keeps that under the id."""
    assert body.action is not None
    allow_action(actor, body.action)
    fields = body.fields()
    want = await wanted(desk, body.action, fields, actor)
    if fields.get("to") is not None and want.to is None:
        raise problems.field_error("to", "没有此在用人员", "Nobody of this name works at the desk now")
    items = [
        Foreseen(one.case_id, one.task_id, await judge(desk, want, one)) for one in await choose(desk, actor, body)
    ]
    await desk.bulk.foresee(bulk_id, body.action, fields, body.chosen(), actor.name, items)


async def confirm(desk: Desk, actor: Actor, bulk_id: str, reason: str) -> None:
    """Lets a foreseen action run with the caller's rights. Raises the problem of one that was confirmed otherwise."""
    bulk = await find_bulk(desk, bulk_id)
    allow_action(actor, bulk.action)
    signed = actor.signing_as(ROLES[bulk.action])
    if not await desk.bulk.confirm(bulk_id, reason, signed):
        now = await find_bulk(desk, bulk_id)
        if (now.confirmed_by, now.reason) != (signed, reason):
            raise wrong_state(BulkStateError(now.state))
    await _carry_out(desk, bulk_id)


async def _carry_out(desk: Desk, bulk_id: str) -> None:
    """Asks the engine at once, beside the request; the relay asks again."""
    desk.soon(desk.engine.carry_out(bulk_id), "carry out a bulk action")


async def _whole(desk: Desk, bulk_id: str, language: Language, after: int = 0, limit: int = ITEMS) -> dict[str, Any]:
    bulk = await find_bulk(desk, bulk_id)
    items = await desk.bulk.items(bulk_id, after, limit)
    return {**await bulk_shown(desk, bulk), "items": [item_shown(item, language) for item in items]}
