"""Cases that nothing moves are listed with why, since when, and what mends it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from desk.context import Desk
from journal.circuits import Circuit
from tests.desk.house import House, written
from tests.desk.surfer import Surfer
from tests.desk.working import Work


async def reasons(who, case_id: str) -> dict[str, dict[str, Any]]:
    told = (await who.get("/api/v1/operations/stuck")).json()
    return {one["why"]: one for one in told["items"] if one["case_id"] == case_id}


def later(desk: Desk, by: timedelta) -> None:
    """The lists as they are looked at `by` later."""
    desk.stuck._clock = lambda: desk.clock() + by


async def test_a_case_whose_workflow_was_never_started_is_listed_after_a_while(house: House, case_id: str):
    assert await reasons(house.engineer1, case_id) == {}
    later(house.desk, timedelta(minutes=6))
    told = (await house.engineer1.get("/api/v1/operations/stuck")).json()
    assert told["engine"] is True  # there was nothing to ask it
    (one,) = told["items"]
    assert (one["case_id"], one["why"], one["wakeable"]) == (case_id, "unstarted", True)
    assert one["links"]["temporal_ui"].endswith(case_id)
    woken = await house.engineer1.post(f"/api/v1/operations/cases/{case_id}/wake")
    assert (woken.status_code, woken.json()["reached"]) == (200, False)  # the engine is away


@pytest.mark.parametrize("who", ["officer1", "reviewer1", "robot1", "merchant1"])
async def test_it_is_for_leads_auditors_and_engineers(house: House, case_id: str, who: str):
    assert (await getattr(house, who).get("/api/v1/operations/stuck")).status_code == 403
    assert (await getattr(house, who).post(f"/api/v1/operations/cases/{case_id}/wake")).status_code == 403
    assert (await house.auditor1.post(f"/api/v1/operations/cases/{case_id}/wake")).status_code == 403


async def test_a_review_that_is_no_task_is_listed_and_entered_anew(work: Work):
    case_id, house = await work.in_review(), work.house
    await written(house.desk, b"delete from journal.tasks where case_id = %s", case_id)
    try:
        later(house.desk, timedelta(minutes=6))
        found = (await reasons(house.supervisor1, case_id))["no_task"]
        assert (found["about"], found["remedy"]) == ("in_review_1", "enter")
        run = found["links"]["temporal_ui"].removesuffix("/history").rpartition("/")[2]
        assert run == await house.desk.engine.run_of(case_id)
        entered = await house.engineer1.post(f"/api/v1/operations/cases/{case_id}/tasks")
        assert entered.json() == {"case_id": case_id, "entered": True}
        assert "no_task" not in await reasons(house.supervisor1, case_id)
        assert [task.kind for task in await house.desk.queue.of_case(case_id)] == ["review_1"]
    finally:
        house.desk.stuck._clock = house.desk.clock


async def test_a_task_that_nobody_may_take_and_one_held_by_someone_shut_out_are_listed(work: Work):
    case_id, house = await work.in_review(), work.house
    (task,) = await house.desk.queue.of_case(case_id)
    assert await reasons(house.engineer1, case_id) == {}
    await written(
        house.desk,
        b"update journal.tasks set excluded = array(select name from journal.users) where case_id = %s",
        case_id,
    )
    found = (await reasons(house.engineer1, case_id))["nobody_eligible"]
    assert (found["about"], found["able"], found["remedy"]) == ("review_1", [], None)
    await written(
        house.desk,
        b"insert into journal.users (name, display_name, roles, password_hash, created_at, disabled_at)"
        b" values ('leaver', 'leaver', '{reviewer}', '-', now(), now()) on conflict do nothing",
    )
    await written(
        house.desk,
        b"insert into journal.claims (task_id, holder, claimed_at, expires_at)"
        b" values (%s, 'leaver', now(), now() + interval '10 minutes')",
        task.task_id,
    )
    found = (await reasons(house.engineer1, case_id))["inactive_holder"]
    assert (found["about"], found["task_id"], found["remedy"]) == ("leaver", task.task_id, "free")
    freed = await house.engineer1.post(f"/api/v1/operations/tasks/{task.task_id}/free", {"reason": "left"})
    assert freed.json()["freed"]
    assert "inactive_holder" not in await reasons(house.engineer1, case_id)


async def test_a_task_that_the_rota_gives_to_nobody_is_handed_to_someone_whom_four_eyes_let(work: Work):
    case_id, house = await work.in_review(), work.house
    (task,) = await house.desk.queue.of_case(case_id)
    everyone = [one["name"] for one in (await house.supervisor1.get("/api/v1/rota")).json()["items"]]
    nothing = {"kinds": ["hold_rejustify"], "levels": None, "families": None, "most_claims": None}
    try:
        for name in everyone:
            await house.supervisor1.post(f"/api/v1/rota/{name}", nothing)
        found = (await reasons(house.engineer1, case_id))["nobody_eligible"]
        assert found["remedy"] == "hand_over"
        assert {"reviewer1", "reviewer2"} <= set(found["able"])
        assert not {"officer1", "auditor1"} & set(found["able"])
        refused = await house.supervisor1.post(
            f"/api/v1/operations/tasks/{task.task_id}/hand-over", {"to": "officer1", "reason": "nobody else"}
        )
        assert refused.status_code == 403
        surfer = Surfer(house)
        await surfer.log_in("supervisor1")
        page = await surfer.page("/console/operations")
        form = next(f for f in page.forms if f.action.endswith(f"/{case_id}/hand_over"))
        answer = await surfer.send(form, to="reviewer2")
        assert "The task is with the person you chose." in answer.text
        holder = await house.desk.queue.holder(task.task_id)
        assert holder is not None
        assert holder.holder == "reviewer2"
    finally:
        for name in everyone:
            await house.supervisor1.post(f"/api/v1/rota/{name}", dict.fromkeys(nothing))


async def test_a_deadline_that_passed_without_effect_is_a_lost_timer(work: Work):
    """The desk's clock runs ahead here, the engine's does not: as if the engine had lost the timer."""
    case_id, desk = await work.case(), work.house.desk
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R02")
    true = desk.clock
    assert await reasons(work.house.compliance1, case_id) == {}
    desk.clock = desk.stuck._clock = lambda: true() + timedelta(days=60)
    try:
        found = (await reasons(work.house.compliance1, case_id))["lost_timer"]
    finally:
        desk.clock = desk.stuck._clock = true
    assert found["wakeable"]
    assert found["about"]


async def test_a_call_that_is_tried_again_and_again_is_listed_with_its_attempts(work: Work):
    case_id, other, house = await work.in_review(), await work.in_review(), work.house
    work.hands.away.add("ledger")
    for one in (case_id, other):
        await work.do(house.reviewer1, one, "approve", release_fen=1_000_000, reason="fine")
    found: dict[str, dict[str, Any]] = {}
    for _ in range(100):
        found = await reasons(house.engineer1, case_id)
        if "retrying" in found and "retrying" in await reasons(house.engineer1, other):
            break
        await asyncio.sleep(0.2)
    assert found["retrying"]["attempts"] >= 3
    assert found["retrying"]["about"].startswith("ledger.")
    work.hands.forget()
    tried = await house.engineer1.post(f"/api/v1/operations/cases/{other}/try-now")
    assert (tried.status_code, tried.json()["reached"]) == (200, True)
    told = Circuit("ledger", "open", work.house.desk.clock(), "ConnectError", 1, None, None, work.house.desk.clock())
    await work.house.desk.circuits.note(told)
    asked = await house.engineer1.post("/api/v1/operations/partners/ledger/try")
    assert (asked.status_code, asked.json()) == (200, {"partner": "ledger", "reached": True})
    for _ in range(100):
        found = await reasons(house.engineer1, case_id)
        if not found:
            break
        await asyncio.sleep(0.2)
    assert found == {}  # it went on by itself


async def test_the_page_wakes_a_case(work: Work):
    case_id = await work.in_review()
    surfer = Surfer(work.house)
    await surfer.log_in("engineer1")
    page = await surfer.page("/console/operations")
    assert "Operations" in page.text
    secret = dict(page.form("/logout").values)["csrf"]
    answer = await surfer.post(f"/console/operations/cases/{case_id}/wake", {"csrf": secret}, follow=True)
    assert "Woken: its workflow reads its journal anew." in answer.text
