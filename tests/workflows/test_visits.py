"""Field service in the procedure: a visit is booked once under its key, heard of or asked about, and called off when
nobody needs it any more."""

from __future__ import annotations

from tests.workflows.hands import refusing
from tests.workflows.world import MERCHANT, OFFICER, REVIEWER_1, REVIEWER_2, Appeal, Desk, days, minutes
from workflows.ports import VisitState


async def sent(desk: Desk) -> Appeal:
    """An attacked terminal: a technician is asked for."""
    appeal = await desk.open("S02", kind="txn_block", held_fen=0)
    await appeal.confirm()
    assert await appeal.give(OFFICER, "dispatch_field", note="altered software") == "FieldServiceRequested"
    return appeal


async def booked(desk: Desk) -> Appeal:
    appeal = await sent(desk)
    await appeal.until_event("FieldVisitBooked")
    return appeal


async def says(appeal: Appeal, outcome: str, *, ref: str = "", n: int = 1, **more: str) -> str:
    """Field service's word on the `n`-th visit, as its signed message brings it."""
    at = (await appeal.desk.now()).isoformat()
    return await appeal.give(
        OFFICER, "answer_visit", step_key=f"{appeal.case_id}:visit:{n}", outcome=outcome,
        message_ref=ref or f"{outcome}:{n}", happened_at=at, visit_ref=f"V-{n}", **more,
    )  # fmt: skip


async def test_a_visit_is_booked_and_what_was_found_opens_the_draft(desk: Desk) -> None:
    appeal = await booked(desk)
    order = desk.hands.order_of("field.book_visit")
    assert (order.key, order.state, order.place) == (f"{appeal.case_id}:visit:1", "repair", "city")
    assert await says(appeal, "assigned") == "FieldVisitAnswered"
    assert await says(appeal, "done", result="done") == "FieldVisitAnswered, FieldServiceDone"
    case = await appeal.quiet()
    assert case.status == "draft"
    assert [what for what, _ in desk.hands.visit_notes] == ["promised", "kept"]
    told = [notice.notice for notice in desk.hands.notices.values()]
    assert told[-2:] == ["visit_arranged", "visit_done"]
    assert desk.hands.tried("field.book_visit") == [order.key]


async def test_a_case_with_a_visit_goes_to_its_end_with_the_visits_ticket_on_the_repair_report(desk: Desk) -> None:
    appeal = await booked(desk)
    await says(appeal, "done", result="done")
    await appeal.file_all()
    await appeal.submit()
    await appeal.until("in_review_1")
    await appeal.until(lambda case: case.controls[0].in_force)
    assert next(order for order in desk.hands.verified if order.doc_type == "D23").ticket == "V-1"
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await appeal.until("pre_release_actions")
    await appeal.give(MERCHANT, "reset_credentials")
    await appeal.until("closed_released")


async def test_where_no_message_comes_field_service_is_asked(desk: Desk) -> None:
    appeal = await booked(desk)
    key = f"{appeal.case_id}:visit:1"
    desk.hands.visits[key] = VisitState("assigned", (await desk.now()).isoformat())
    await desk.sleep(minutes(4 * 60 + 1))
    await appeal.until_event("FieldVisitAnswered")
    desk.hands.visits[key] = VisitState("done", (await desk.now()).isoformat(), "beyond_repair")
    await desk.sleep(minutes(4 * 60 + 1))
    await appeal.until("draft")
    (found,) = await appeal.bodies("FieldServiceDone")
    assert found["result"] == "beyond_repair"


async def test_a_visit_that_was_cancelled_is_booked_anew_when_an_officer_says_so(desk: Desk) -> None:
    appeal = await booked(desk)
    await says(appeal, "no_show")
    await says(appeal, "cancelled")
    assert (await appeal.case()).status == "awaiting_field"
    assert await appeal.give(OFFICER, "dispatch_field", note="mornings") == "FieldServiceRequested"
    await appeal.until_event("FieldVisitBooked", times=2)
    assert [key[-1] for key in desk.hands.tried("field.book_visit")] == ["1", "2"]


async def test_what_an_officer_records_calls_the_visit_off(desk: Desk) -> None:
    appeal = await booked(desk)
    assert await appeal.give(OFFICER, "field_done", note="seen by our own people") == "FieldServiceDone"
    await appeal.until_event("FieldVisitCalledOff")
    assert desk.hands.order_of("field.call_off_visit").external_ref == f"ref:{appeal.case_id}:visit:1"
    assert (await appeal.case()).status == "draft"


async def test_an_officer_need_not_wait_for_field_service(desk: Desk) -> None:
    desk.hands.away.add("field")
    appeal = await sent(desk)
    await appeal.until_event("FieldVisitOrdered")
    assert await appeal.give(OFFICER, "field_done", note="seen") == "FieldServiceDone"
    desk.hands.away.clear()
    await desk.sleep(minutes(5))
    await appeal.until_event("FieldVisitCalledOff")
    (off,) = await appeal.bodies("FieldVisitCalledOff")
    assert off["answer"] == "never booked"
    assert "field.book_visit" not in desk.hands.did()


async def test_field_service_may_be_away_for_three_days_and_is_asked_once(desk: Desk) -> None:
    desk.hands.away.add("field")
    appeal = await sent(desk)
    await desk.sleep(days(3))
    assert (await appeal.case()).status == "awaiting_field"
    desk.hands.away.clear()
    await desk.sleep(minutes(61))
    await appeal.until_event("FieldVisitBooked")
    assert desk.hands.did().count("field.book_visit") == 1


async def test_a_refused_order_is_told_to_operations_and_tried_every_hour(desk: Desk) -> None:
    desk.hands.next("field.book_visit", refusing("already-open"))
    appeal = await sent(desk)
    await appeal.until_event("DiscrepancyFound")
    assert "field service refuses to book a visit" in await appeal.details()
    await desk.sleep(minutes(61))
    await appeal.until_event("FieldVisitBooked")
    await appeal.until_event("DiscrepancyResolved")


async def test_a_refused_order_that_nobody_needs_any_more_is_given_up(desk: Desk) -> None:
    desk.hands.next("field.book_visit", refusing("already-open"))
    appeal = await sent(desk)
    await appeal.until_event("DiscrepancyFound")
    assert await appeal.give(OFFICER, "field_done", note="seen") == "FieldServiceDone"
    await appeal.until_event("DiscrepancyResolved")
    assert (await appeal.case()).refused == ()


async def test_field_service_that_comes_too_late_is_told_to_the_lead(desk: Desk) -> None:
    appeal = await booked(desk)
    await desk.sleep(days(3))
    await appeal.until_event("FieldVisitLate", times=2)
    await appeal.quiet()
    told = [(notice.notice, notice.audience) for notice in desk.hands.notices.values()]
    assert told.count(("visit_late", "lead")) == 2
