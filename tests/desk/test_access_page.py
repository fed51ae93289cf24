"""People see where they are logged in and end it; leads end others' sessions, let them try again, or shut them out."""

from __future__ import annotations

import pytest

from tests.desk.house import House
from tests.desk.surfer import Surfer


async def test_someone_ends_a_log_in_they_left_open_elsewhere(house: House):
    here, there = Surfer(house), Surfer(house)
    await there.log_in("reviewer1")
    await here.log_in("reviewer1")
    page = await here.page("/console/access")
    assert "This one" in page.text
    number = next(
        one.number for one in await house.desk.sessions.of("reviewer1") if page.has_form(f"/{one.number}/end")
    )
    assert "The session is ended." in here.read(await here.send(page.form(f"/access/{number}/end"))).text
    assert (await there.get("/console/queue", follow=False)).status_code == 303  # to the log-in
    assert (await here.get("/console/queue")).status_code == 200


async def test_all_other_log_ins_end_at_once_and_a_merchant_has_the_same_page(house: House):
    here, others = Surfer(house), [Surfer(house) for _ in range(2)]
    for surfer in (*others, here):
        await surfer.log_in("merchant1")
    page = await here.page("/portal/access")
    assert "Denied tries" not in page.text
    await here.send(page.form("/access/0/end"))
    assert len(await house.desk.sessions.of("merchant1")) == 1
    assert (await here.get("/portal/cases")).status_code == 200


async def test_a_lead_ends_sessions_lets_try_again_and_shuts_out(house: House):
    lead, leaver = Surfer(house), Surfer(house)
    await lead.log_in("supervisor1")
    await leaver.log_in("reviewer1")
    page = await lead.page("/console/access?user=reviewer1")
    await lead.send(page.form("/users/reviewer1/end"))
    assert await house.desk.sessions.of("reviewer1") == ()
    await lead.send(page.form("/users/reviewer1/unlock"))
    told = lead.read(await lead.send(page.form("/users/reviewer1/disable")))
    assert "They are shut out." in told.text
    answer = await leaver.post("/login", {"name": "reviewer1", "password": "password of reviewer1"})
    assert answer.status_code == 401
    assert (await house.reviewer1.get("/api/v1/queue")).status_code == 401


async def test_leads_and_auditors_see_who_was_denied(house: House, case_id: str):
    assert (await house.auditor1.command(case_id, "approve", release_fen=0, reason="x")).status_code == 403
    for who in ("auditor1", "compliance1"):
        surfer = Surfer(house)
        await surfer.log_in(who)
        page = await surfer.page("/console/access")
        assert (
            f"auditor:auditor1 role-not-allowed POST /api/v1/cases/{{case_id}}/commands/approve {case_id}" in page.text
        )
    told = (await house.auditor1.get("/api/v1/access/denials")).json()
    assert told["items"][0]["why"] == "role-not-allowed"
    assert (await house.auditor1.get("/api/v1/access/denials?day=2020-01-01")).json()["items"] == []
    assert (await house.auditor1.get("/api/v1/access/denials?day=yesterday")).status_code == 422


@pytest.mark.parametrize("who", ["officer1", "reviewer1", "auditor1", "engineer1", "robot1", "merchant1"])
async def test_nobody_else_reaches_into_the_access_of_others(house: House, who: str):
    caller = getattr(house, who)
    for deed in ("sessions/end", "unlock", "disable"):
        assert (await caller.post(f"/api/v1/access/users/reviewer2/{deed}")).status_code == 403
    if who != "auditor1":
        assert (await caller.get("/api/v1/access/denials")).status_code == 403
        assert (await caller.get("/api/v1/access/users/reviewer2/sessions")).status_code == 403


async def test_one_cannot_shut_oneself_out_nor_anyone_twice(house: House):
    own = await house.supervisor1.post("/api/v1/access/users/supervisor1/disable")
    assert (own.status_code, own.json()["code"]) == (409, "not-oneself")
    path = "/api/v1/access/users/officer1/disable"
    assert (await house.supervisor1.post(path)).status_code == 200
    again = await house.supervisor1.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "shut-out-already")
    assert (await house.supervisor1.post("/api/v1/access/users/nobody/disable")).status_code == 404


async def test_the_api_tells_and_ends_ones_own_sessions(house: House):
    _, session = await house.desk.sessions.open("officer1")
    listed = (await house.officer1.get("/api/v1/access/sessions")).json()["items"]
    assert [one["number"] for one in listed] == [session.number]
    assert (await house.reviewer1.post(f"/api/v1/access/sessions/{session.number}/end")).status_code == 404
    assert (await house.officer1.post(f"/api/v1/access/sessions/{session.number}/end")).status_code == 200
    assert (await house.officer1.get("/api/v1/access/sessions")).json()["items"] == []
