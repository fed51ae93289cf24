"""Wiping a device: its keys are revoked here at once, and it confirms that it is empty when it is online next."""

from typing import Any, Final

from pydantic import BaseModel, Field

from partners.kit import Connection, Course, CourseBody, Name, Partner, Payload, plan
from partners.terminals import store
from partners.terminals.states import WIPES

OFFLINE: Final = frozenset({"power", "network"})
"""Faults under which a device hears of nothing."""


class WipeRequest(Payload):
    """Why a device is wiped."""

    case_id: Name


class WipeAsked(BaseModel):
    """Which device is to be wiped."""

    sn: str


class WipeFacts(BaseModel):
    """What is certain before the device has answered."""

    keys_revoked: bool = Field(True, description="At once, here: the device can do nothing with what it still holds.")


class Wipe(CourseBody[WipeAsked, WipeFacts]):
    """A wipe: `pending` until the device confirms, then `wiped`."""


async def ask(connection: Connection, partner: Partner, key: str, sn: str, case_id: str) -> Course:
    """Revoke the keys and have the device wiped.

    Refusals: 404 `no-such-terminal`; 409 `already-open` while a wipe is pending, `impossible-move` when retired.
    """
    row = await store.lock(connection, sn)
    if row["state"] == "retired":
        store.refuse_move(row, "be wiped")
    course = await WIPES.begin(connection, key, case_id, "pending", WipeAsked(sn=sn), subjects=[sn])
    await store.set_keys(connection, sn, live=False)
    if partner.behaviour is not None and partner.behaviour.acts:
        await plan(connection, course, "confirm", partner.behaviour.after_seconds)
    return course


async def confirm(connection: Connection, partner: Partner, course: Course) -> None:
    """The device confirms, which is told; one that is offline does so once it is back (`came_online`)."""
    row = await store.lock(connection, course.asked["sn"])
    if OFFLINE & set(row["faults"]):
        return
    moved = await WIPES.go(connection, course, "confirm", {})
    await partner.callbacks.put(
        connection, case_id=moved.case_id, step_key=moved.key, outcome="wiped", contrary="not_wiped",
        occurred_at=moved.changed_at, wipe_ref=moved.ref, terminal_sn=course.asked["sn"],
    )  # fmt: skip


async def came_online(connection: Connection, partner: Partner, sn: str, faults: list[Any]) -> None:
    """A device that is no longer offline hears that it is to be wiped."""
    if OFFLINE & set(faults) or partner.behaviour is None or not partner.behaviour.acts:
        return
    pending = await WIPES.open_about(connection, [sn])
    if pending is not None:
        await plan(connection, pending, "confirm", 0)


def shown(course: Course) -> Wipe:
    return Wipe.model_validate(WIPES.shown(course))
