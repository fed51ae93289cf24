"""Leads say what the queue gives to whom and who is away, by the API and on the page; nobody else does."""

from __future__ import annotations

from datetime import timedelta

from domain.business_time import local_date
from tests.desk.house import House
from tests.desk.surfer import Surfer
from tests.desk.test_stuck import reasons
from tests.desk.working import Work


def line(told: dict, name: str) -> dict:
    return next(one for one in told["items"] if one["name"] == name)


async def test_a_lead_sets_what_someone_is_given_and_when_they_are_away(house: House):
    lead, today = house.supervisor1, local_date(house.desk.clock())
    share = {"kinds": ["review_1"], "levels": ["L1", "L2"], "families": ["R"], "most_claims": 3}
    assert (await lead.post("/api/v1/rota/reviewer1", share)).json().items() >= share.items()
    days = {"first_day": today.isoformat(), "last_day": (today + timedelta(days=2)).isoformat()}
    planned = await lead.post("/api/v1/rota/reviewer1/absences", days)
    assert planned.status_code == 201
    told = line((await house.auditor1.get("/api/v1/rota")).json(), "reviewer1")
    assert (told["levels"], told["absences"]) == (["L1", "L2"], [{"number": planned.json()["number"], **days}])
    path = f"/api/v1/rota/reviewer1/absences/{planned.json()['number']}/end"
    assert [(await lead.post(path)).status_code for _ in range(2)] == [200, 404]


async def test_what_cannot_be_meant_is_refused_by_name(house: House):
    for path, body, wrong in (
        ("reviewer1", {"kinds": ["lunch"]}, "kinds.0"),
        ("reviewer1", {"kinds": []}, "kinds"),
        ("reviewer1", {"most_claims": 0}, "most_claims"),
        ("reviewer1/absences", {"first_day": "2026-12-02", "last_day": "2026-12-01"}, "body"),
        ("reviewer1/absences", {"first_day": "soon", "last_day": "2026-12-01"}, "first_day"),
    ):
        answer = await house.supervisor1.post(f"/api/v1/rota/{path}", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, wrong)


async def test_only_leads_keep_it_and_it_has_staff_only(house: House):
    for who in (house.officer1, house.reviewer1, house.auditor1, house.engineer1, house.robot1, house.merchant1):
        assert (await who.post("/api/v1/rota/reviewer1", {})).status_code == 403
    assert (await house.reviewer1.get("/api/v1/rota")).status_code == 403
    for name in ("merchant1", "nobody"):
        assert (await house.supervisor1.post(f"/api/v1/rota/{name}", {})).status_code == 404


async def test_the_page_keeps_the_rota_and_keeps_what_was_mistyped(house: House):
    lead = Surfer(house)
    await lead.log_in("supervisor1")
    page = await lead.page("/console/rota?person=reviewer2")
    told = lead.read(await lead.send(page.form("/rota/reviewer2"), most_claims="two"), 422)
    assert "Not saved" in told.text
    assert dict(told.form("/rota/reviewer2").values)["most_claims"] == "two"
    told = lead.read(await lead.send(told.form("/rota/reviewer2"), families="R", most_claims="2"))
    assert "Set: it counts" in told.text
    assert "0 / 2" in told.text
    today = local_date(house.desk.clock()).isoformat()
    told = lead.read(await lead.send(told.form("/reviewer2/absences"), first_day=today))
    assert "Away today" in told.text
    away = Surfer(house)
    await away.log_in("reviewer2")
    queue = await away.page("/console/queue")
    assert "You are marked away today" in away.read(await away.send(queue.form("/queue/next"))).text
    told = lead.read(await lead.send(told.form("/end")))
    assert "The absence is taken back." in told.text


async def test_a_task_all_of_whose_takers_are_away_is_stuck(work: Work):
    case_id, house = await work.in_review(), work.house
    today = local_date(house.desk.clock())
    (task,) = await house.desk.queue.of_case(case_id)
    takers = [one.name for one in await house.desk.people.all() if set(one.roles) & set(task.roles)]
    numbers = {name: await house.desk.rota.plan_absence(name, today, today, "supervisor:s") for name in takers}
    assert (await reasons(house.engineer1, case_id))["nobody_eligible"]["about"] == "review_1"
    for name, number in numbers.items():
        await house.desk.rota.end_absence(name, number, "supervisor:s")
    assert await reasons(house.engineer1, case_id) == {}
