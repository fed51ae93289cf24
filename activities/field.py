"""Field service: visits booked, asked about and called off; and what a visit means for the merchant's contact tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from temporalio import activity

from activities.calls import Call, RefusedError, segment
from activities.heartbeats import heartbeating
from activities.records import Records
from domain.business_time import format_time, parse_time
from journal.clock import now
from journal.contacting import NewContact, NewTask
from journal.registry import Act
from workflows.ports import FIELD_NOTE, FIELD_VISIT, Order, Receipt, VisitNote, VisitState

BY = "partner:field"
MOST_WORDS = 500
PROMISED = "上门服务:已承诺商户服务人员到店。Field service: the merchant was promised a technician."
SAID = {
    "kept": "服务人员已到店核查。The technician was there.",
    "missed": "服务人员到店,店内无人。The technician came and found nobody there.",
}


@dataclass(frozen=True, slots=True)
class Slot:
    ends: str


@dataclass(frozen=True, slots=True)
class Facts:
    no_shows: int = 0
    result: str | None = None
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    ref: str
    state: Literal["requested", "assigned", "on_site", "done", "cancelled"]
    changed_at: str
    facts: Facts = field(default_factory=Facts)


class FieldService:
    def __init__(self, call: Call, records: Records) -> None:
        self._call = call
        self._records = records

    @activity.defn(name="field.book_visit")
    async def book_visit(self, order: Order) -> Receipt:
        """Have a technician sent to where the terminal is registered."""
        async with heartbeating():
            terminal = await self._records.terminal(order.terminal_sn)
        body = {
            "case_id": order.case_id,
            "task": order.state,
            "terminal_sn": order.terminal_sn,
            "merchant_no": order.merchant_no,
            "address_ref": terminal.deploy_address_ref,
            "place": order.place,
            "note": order.note[:MOST_WORDS],
        }
        return Receipt((await self._call.effect("/visits", body, order.key, Visit)).ref)

    @activity.defn(name="field.call_off_visit")
    async def call_off_visit(self, order: Order) -> Receipt:
        """Call the visit `external_ref` off. One that has begun or ended cannot be, and that is an answer, too."""
        path = f"/visits/{segment(order.external_ref)}/moves"
        try:
            moved = await self._call.effect(path, {"move": "cancel", "reason": "not-needed"}, order.key, Visit)
        except RefusedError as refused:
            if refused.code != "impossible-move":
                raise
            return Receipt(f"too late: {refused.facts.get('state', '')}")
        return Receipt(moved.state)

    @activity.defn(name=FIELD_VISIT)
    async def visit(self, order: Order) -> VisitState:
        """How the visit stands. One that field service knows nothing of has said nothing."""
        ref = order.external_ref
        if not ref:
            booked = await self._call.find(order.key, Visit)
            ref = booked.ref if booked else ""
        visit = await self._call.get(f"/visits/{segment(ref)}", Visit) if ref else None
        return _word(visit) if visit else VisitState("", "")

    @activity.defn(name="field.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the order of `key`; None when it never arrived."""
        found = await self._call.find(order.key, Visit)
        return Receipt(found.ref) if found else None

    @activity.defn(name=FIELD_NOTE)
    async def note(self, note: VisitNote) -> None:
        """A promise becomes a contact task; it ends when the technician was there, or when there is no visit any more.
        The visit stands in the contact log. Doing it again changes nothing."""
        async with heartbeating():
            if await self._records.is_forgotten(note.merchant_no):
                return
            name = f"{note.key}:{note.what}:{note.due or note.at}"
            if note.what == "promised":
                await self._promise(note, Act(BY, name, _now()))
                return
            for task_id in await self._promised(note):
                await self._records.contacting.close_task(
                    task_id, note.merchant_no, note.what, Act(BY, f"{task_id}:{note.what}", _now())
                )
            if note.what in SAID:
                await self._log(note, name)

    async def _promise(self, note: VisitNote, act: Act) -> None:
        task = NewTask(
            task_id=f"PR-{note.key}:{format_time(parse_time(note.due))}",
            kind="promise",
            merchant_no=note.merchant_no,
            due_at=note.due,
            case_id=note.case_id,
            note=PROMISED,
        )
        await self._records.contacting.open_task(task, act)

    async def _promised(self, note: VisitNote) -> list[str]:
        tasks = await self._records.contacting.tasks(note.merchant_no, limit=1000)
        return [task.task_id for task in tasks if task.task_id.startswith(f"PR-{note.key}:")]

    async def _log(self, note: VisitNote, name: str) -> None:
        result = "reached" if note.what == "kept" else "not_reached"
        contact = NewContact(
            contact_id=f"CT-{name}",
            merchant_no=note.merchant_no,
            way="visit",
            direction="out",
            result=result,
            note=SAID[note.what],
            case_id=note.case_id,
        )
        at = format_time(parse_time(note.at)) if note.at else _now()
        await self._records.contacting.log(contact, Act(BY, name, at))


def _word(visit: Visit) -> VisitState:
    """Its last word, as its messages would have said it."""
    slot_ends = visit.facts.slot.ends if visit.facts.slot else ""
    match visit.state:
        case "requested":
            return VisitState("no_show" if visit.facts.no_shows else "", visit.changed_at)
        case "assigned" | "on_site":
            return VisitState("assigned", visit.changed_at, slot_ends=slot_ends)
        case "cancelled":
            return VisitState("cancelled", visit.changed_at)
        case "done":
            return VisitState("done", visit.changed_at, visit.facts.result or "")


def _now() -> str:
    return format_time(now())
