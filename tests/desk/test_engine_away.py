"""With the engine away: cases and commands are taken all the same, told so, and delivered in order later."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import httpx2

from desk.delivery import message_of
from domain.actors import Actor
from tests.desk.house import House, opened, prepared
from tests.desk.surfer import Surfer
from tests.desk.working import PNG, Work, open_work
from workflows.messages import CommandOrder

ROBOT = Actor("robot1", ("robot",))


async def test_a_command_is_stored_and_told_where_to_ask(house: House, case_id: str):
    answer = await house.officer1.command(case_id, "confirm_reason", reason_code="R01")
    assert answer.status_code == 202
    told = answer.json()
    assert told["status_url"] == f"/api/v1/commands/{told['command_id']}"
    assert (await house.officer1.get(told["status_url"])).json()["state"] == "pending"
    later = await house.merchant1.command(case_id, "open_appeal", statement="后来的")
    assert later.status_code == 202  # it waits behind the first one, whatever the status is now
    assert (await house.officer1.get(f"/api/v1/cases/{case_id}")).json()["commands_pending"] is True
    ahead = await house.merchant1.command(case_id, "extend_evidence", version=3)
    assert ahead.status_code == 202  # whoever knows what waits may name the version it leads to
    stale = await house.officer1.command(case_id, "confirm_reason", reason_code="R01", version=0)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale-version")
    assert (await house.officer1.get("/api/v1/commands/none")).status_code == 404
    assert (await house.merchant1.get(told["status_url"])).status_code == 403


async def test_storing_takes_no_longer_than_a_few_seconds(house: House, case_id: str):
    begun = time.monotonic()
    assert (await house.officer1.command(case_id, "confirm_reason", reason_code="R01")).status_code == 202
    assert time.monotonic() - begun < 10


async def test_what_was_stored_is_delivered_in_order_once_the_engine_is_there(database: str, tmp_path: Path, control):
    config = await prepared(database, tmp_path)
    async with opened(config) as house:
        case_id = (await house.officer1.post("/api/v1/controls", control)).json()["case_id"]
        first = (await house.officer1.command(case_id, "confirm_reason", reason_code="R01", version=1)).json()
        second = (await house.merchant1.command(case_id, "open_appeal", statement="x", version=1)).json()
        third = (await house.merchant1.upload(case_id, "D06", PNG, "a.png")).json()
    async with open_work(config, tmp_path) as work:
        for _ in range(200):
            states = [(await work.house.officer1.get(sent["status_url"])).json() for sent in (first, second, third)]
            if all(state["state"] != "pending" for state in states):
                break
            await asyncio.sleep(0.05)
        assert states[0]["state"] == "done"
        assert states[0]["answer"]["events"] == ["ReasonConfirmed"]
        assert states[1]["state"] == "refused"
        assert states[1]["refusal"]["code"] == "stale-version"
        events = (await work.house.auditor1.get(f"/api/v1/cases/{case_id}/events")).json()
        (refusal,) = (e["data"] for e in events if e["type"] == "CommandRefused")
        assert (refusal["code"], refusal["author"]) == ("stale-version", "merchant:merchant1")
        await _is_told(work)
        assert third["state"] == "stored"
        filed = next(e for e in events if e["type"] == "DocumentAdded")
        assert filed["data"]["document"]["document_id"] == third["document_id"]


async def _is_told(work: Work) -> None:
    """The merchant whose command was refused gets a notice, and sees in their own list why, until they say so."""
    for _ in range(200):
        if "command_refused" in [notice.notice for notice in work.hands.notices.values()]:
            break
        await asyncio.sleep(0.05)
    told = next(notice for notice in work.hands.notices.values() if notice.notice == "command_refused")
    assert (told.audience, told.facts) == ("merchant", {"command": "open_appeal"})
    merchant, officer = Surfer(work.house), Surfer(work.house, language="zh")
    await merchant.log_in("merchant1")
    await officer.log_in("officer1")
    assert "refused when delivered: 1" in (await merchant.page("/portal/cases")).text
    page = await merchant.page("/portal/commands")
    assert "Open the appeal refused The case has changed (it is at version 2, you saw 1)" in page.text
    assert "Upload a document" in page.text
    await merchant.send(page.form("/seen"))
    assert "refused when delivered" not in (await merchant.page("/portal/cases")).text
    assert "The case has changed" in (await merchant.page("/portal/commands")).text  # seen, and still there
    theirs = (await officer.page("/console/commands")).text
    assert "已办理" in theirs
    assert "案件已变更" not in theirs


async def test_a_control_whose_case_closed_meanwhile_opens_a_case_of_its_own(work: Work):
    case_id = await work.case()
    house = work.house
    terminal_sn = (await work.view(case_id))["terminal_sn"]
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, case_id, "withdraw", reason="mistake")
    late = f"C-late-{case_id}"
    control = {
        "control_id": late, "kind": "txn_block", "reason_code": "R02", "held_fen": 0, "scope": ["all"],
        "source": "risk", "external_ref": late, "placed_by": "robot1", "placed_at": house.desk.now(),
        "terminal_sn": terminal_sn,
    }  # fmt: skip
    message = message_of(CommandOrder("add_control", json.dumps({"control": control}), late, ROBOT))
    await house.desk.inbox.put(message.command_id, case_id, message.name, message.body, message.actor)
    for _ in range(200):
        settled = (await house.officer1.get(f"/api/v1/commands/{late}")).json()
        if settled["state"] != "pending":
            break
        await asyncio.sleep(0.05)
    new_case = await work.view(settled["moved"]["case_id"])
    assert new_case["status"] == "opened"
    assert new_case["controls"][0]["control_id"] == late


async def test_readiness_names_what_is_missing(house: House):
    answer: httpx2.Response = await house.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "missing": ["engine", "workers"], "partners": {}}
    assert (await house.client.get("/healthz")).status_code == 200
    metrics = (await house.client.get("/metrics")).text
    assert "thaw_http_requests_total" in metrics
    assert "thaw_commands_pending" in metrics


async def test_a_desk_with_everything_is_ready(work):
    answer = await work.house.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": [], "partners": {}})
