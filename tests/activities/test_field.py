"""Field service's hand: visits at the real partner, and the promises they make among the merchant's contacts."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from tests.activities.conftest import CASE, SN, M, Stand
from workflows.ports import Order, VisitNote, VisitState

KEY = f"{CASE}:visit:1"
DUE = "2026-11-11T16:00:00.000000+00:00"


def order(key: str = KEY, ref: str = "") -> Order:
    return Order(key, CASE, M, SN, external_ref=ref, state="repair", place="city", note="altered software")


async def booked(stand: Stand) -> str:
    """The reference of a visit that waits to be driven."""
    field = await stand.partner("field")
    assert (await field.put("/behaviour", json={"acts": False})).status_code == 200
    return str((await stand.do("field.book_visit", order())).ref)


async def move(stand: Stand, ref: str, **body: Any) -> None:
    field = await stand.partner("field")
    key = f"{ref}:{body['move']}:{len((await field.get(f'/visits/{ref}/moves')).json())}"
    answer = await field.post(f"/visits/{ref}/moves", json=body, headers={"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text


async def test_a_visit_is_booked_once_and_asked_about(stand: Stand) -> None:
    ref = await booked(stand)
    assert (await stand.do("field.book_visit", order(), attempt=2)).ref == ref
    assert (await stand.do("field.look_up", order())).ref == ref
    assert await stand.do("field.look_up", order("FA-X:visit:1")) is None
    assert (await stand.do("field.visit", order(ref=ref))).outcome == ""
    slot = {"begins": "2026-11-10T01:00:00Z", "ends": "2026-11-10T03:00:00Z"}
    await move(stand, ref, move="assign", technician="T-1", slot=slot)
    told = await stand.do("field.visit", order())
    assert (told.outcome, told.slot_ends) == ("assigned", "2026-11-10T03:00:00Z")
    await move(stand, ref, move="no_show", reason="shop closed")
    assert (await stand.do("field.visit", order(ref=ref))).outcome == "no_show"
    await move(stand, ref, move="assign", technician="T-1")
    await move(stand, ref, move="arrive")
    await move(stand, ref, move="complete", result="done", report={"findings": "software put right"})
    told = await stand.do("field.visit", order(ref=ref))
    assert (told.outcome, told.result) == ("done", "done")


async def test_a_visit_is_called_off_unless_it_has_begun(stand: Stand) -> None:
    ref = await booked(stand)
    assert (await stand.do("field.call_off_visit", order(f"{KEY}:off", ref))).ref == "cancelled"
    assert (await stand.do("field.call_off_visit", order(f"{KEY}:off", ref), attempt=2)).ref == "cancelled"
    again = str((await stand.do("field.book_visit", order(f"{CASE}:visit:2"))).ref)
    await move(stand, again, move="assign", technician="T-1")
    await move(stand, again, move="arrive")
    assert (await stand.do("field.call_off_visit", order(f"{CASE}:visit:2:off", again))).ref == "too late: on_site"


async def test_a_second_open_visit_about_one_terminal_is_refused(stand: Stand) -> None:
    await booked(stand)
    with pytest.raises(ApplicationError) as refused:
        await stand.do("field.book_visit", order("FA-OTHER:visit:1"))
    assert refused.value.details[0] == "already-open"


async def test_what_nobody_knows_of_has_said_nothing(stand: Stand) -> None:
    assert await stand.do("field.visit", order(ref="V-unknown")) == VisitState("", "")


def note(what: Any, due: str = "", at: str = "") -> VisitNote:
    return VisitNote(KEY, CASE, M, what, due, at)


async def test_a_promise_stands_among_the_contact_tasks_until_the_technician_was_there(stand: Stand) -> None:
    contacting = stand.records.contacting
    for _ in range(2):
        await stand.do("field.note", note("promised", DUE))
    (task,) = await contacting.tasks(M)
    assert (task.kind, task.case_id, task.task_id.startswith(f"PR-{KEY}")) == ("promise", CASE, True)
    for _ in range(2):
        await stand.do("field.note", note("kept", at="2026-11-10T02:00:00.000000+00:00"))
    assert await contacting.tasks(M) == ()
    (contact,) = await contacting.contacts(M)
    assert (contact.way, contact.result, contact.actor) == ("visit", "reached", "partner:field")


async def test_a_visit_nobody_was_there_for_is_logged_and_promised_anew(stand: Stand) -> None:
    contacting = stand.records.contacting
    await stand.do("field.note", note("promised", DUE))
    await stand.do("field.note", note("missed", at="2026-11-10T02:00:00.000000+00:00"))
    await stand.do("field.note", note("promised", "2026-11-13T16:00:00.000000+00:00"))
    assert [task.due_at.day for task in await contacting.tasks(M)] == [13]
    assert [contact.result for contact in await contacting.contacts(M)] == ["not_reached"]
    await stand.do("field.note", note("dropped"))
    assert await contacting.tasks(M) == ()
