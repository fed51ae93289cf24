"""Driving a partner that otherwise acts by itself: move by move, with its clock put ahead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from partners.conformance.caller import Caller, answered, equal, refused
from partners.conformance.suite import Example


@asynccontextmanager
async def driven(partner: Caller, **behaviour: object) -> AsyncIterator[None]:
    """Within the block the partner does nothing by itself (or what `behaviour` says); then it is as it was before."""
    before = answered(await partner.get("/behaviour"))
    answered(await partner.put("/behaviour", {"acts": False} | behaviour))
    try:
        yield
    finally:
        answered(await partner.put("/behaviour", before))


async def begun(partner: Caller, example: Example, *, key: str | None = None) -> Any:
    """The example's visit, shipment, … as it was answered."""
    return answered(await partner.effect(example.path, example.content["json"], key=key), example.status)


async def moved(partner: Caller, where: str, state: str, **move: Any) -> Any:
    """Make a move; the state it must lead to."""
    made = answered(await partner.effect(f"{where}/moves", move), 201)
    equal(made["state"], state, f"the state after the move {move['move']}")
    return made


async def impossible(partner: Caller, where: str, **move: Any) -> None:
    """A move must be refused, with what is possible instead, and must change nothing."""
    before = answered(await partner.get(where))
    problem = refused(await partner.effect(f"{where}/moves", move), 409, "impossible-move")
    equal(problem.get("possible_moves"), before["possible_moves"], "the moves named as possible")
    equal(answered(await partner.get(where)), before, "what the refused move left")


async def one_at_a_time(partner: Caller, example: Example) -> None:
    """A second beginning about the same subject must be refused while the first is open."""
    first = await begun(partner, example)
    problem = refused(await partner.effect(example.path, example.content["json"]), 409, "already-open")
    equal(problem.get("ref"), first["ref"], "the open one that is named")


async def ahead(partner: Caller, seconds: int) -> None:
    """Put the partner's clock ahead by so much more."""
    clock = answered(await partner.get("/clock"))
    later = answered(await partner.put("/clock", {"ahead_seconds": int(clock["ahead_seconds"]) + seconds}))
    equal(later["now"] > clock["now"], True, "that the clock shows a later time")
