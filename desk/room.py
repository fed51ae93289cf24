"""How much a case may come to hold: its history has to fit into what the engine carries, or no procedure moves it on.

Counted is what is in the case and what still waits for it. The merchant's side and staff have room of their own: a
merchant who wrote much keeps nobody from answering, or from filing an order of a court.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.context import Desk
from desk.histories import Told
from desk.refusals import refuse
from domain.actors import MERCHANT_SIDE
from domain.commands import Asked
from domain.refusals import Refused


@dataclass(frozen=True, slots=True)
class Room:
    """How often a command may be given in one case by the merchant's side, and by staff; `event` is what it leaves."""

    event: str
    merchant: int
    staff: int
    refusal: str


ROOMS: Mapping[str, Room] = {
    "post_message": Room("MessageRecorded", 200, 1000, "messages-full"),
    "add_document": Room("DocumentAdded", 200, 400, "documents-full"),
    "new_account": Room("PayoutAccountNamed", 20, 40, "accounts-full"),
}
"""About 1,900 entries at the most, a tenth of what was seen to stop a case."""


async def full(desk: Desk, told: Told, name: str, asked: Asked, *, waiting: bool) -> Refused | None:
    """The refusal of a command for which the case has no room left."""
    room = ROOMS.get(name)
    if room is None:
        return None
    outside = set(asked.by.roles) <= MERCHANT_SIDE
    authors = [entry.actor for entry in told.entries if entry.type == room.event]
    if waiting:
        authors += await desk.inbox.waiting_from(told.case.case_id, name, but=asked.command_id)
    taken = sum(_is_outside(author) == outside for author in authors)
    most = room.merchant if outside else room.staff
    return refuse(room.refusal, most=most) if taken >= most else None


def _is_outside(signed: str) -> bool:
    return signed.partition(":")[0] in MERCHANT_SIDE
