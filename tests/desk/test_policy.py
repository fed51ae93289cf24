"""The policy's levers over HTTP: seen, moved with four eyes, told beside the field, and in force for new cases only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import policies
from domain.business_time import SHANGHAI
from tests.desk.house import House, opened, prepared, problem
from tests.desk.surfer import Surfer
from workers.stack.postgres import Postgres

EVIDENCE = "timers.evidence_bd"
NEWEST = policies.newest()


@pytest.fixture(scope="module")
async def house(_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One desk for all: each test moves a lever of its own."""
    async with opened(await prepared(_server.create_database("levers"), tmp_path_factory.mktemp("levers"))) as house:
        yield house


@pytest.fixture
def today(house: House) -> str:
    return house.desk.clock().astimezone(SHANGHAI).date().isoformat()


async def proposed(house: House, today: str, who: str = "supervisor1", **more: Any) -> dict[str, Any]:
    body = {"lever": EVIDENCE, "old": 10, "new": 12, "reason": "slow couriers", "effective": today, **more}
    answer = await getattr(house, who).post("/api/v1/policy/changes", body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def confirmed(house: House, change: dict[str, Any], who: str = "compliance1") -> dict[str, Any]:
    answer = await getattr(house, who).post(f"/api/v1/policy/changes/{change['change_id']}/confirm")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def standing(house: House, key: str = EVIDENCE) -> dict[str, Any]:
    told = (await house.engineer1.get("/api/v1/policy")).json()
    return next(one for one in told["levers"] if one["key"] == key)


async def test_a_lever_says_where_it_stands_where_that_comes_from_and_how_far_it_goes(house: House) -> None:
    told = (await house.auditor1.get("/api/v1/policy")).json()
    assert (told["version"], told["base"], told["proposals"]) == (NEWEST, NEWEST, [])
    assert {one["group"] for one in told["levers"]} == {
        "merchant", "review", "promise", "holds", "robot", "queue", "release",
    }  # fmt: skip
    one = await standing(house, "tiers.l2_from_fen")
    assert (one["value"], one["shipped"], one["unit"], one["moved_by"]) == (5_000_000, 5_000_000, "fen", None)
    assert (await standing(house, "timers.quiet_from"))["value"] == "21:00"
    assert (await standing(house, "timers.evidence_reminders_bd"))["value"] == [3, 1]


async def test_a_case_opened_after_the_change_comes_under_it_and_one_opened_before_keeps_its_rule(
    house: House, today: str, case_id: str, control: dict[str, Any]
) -> None:
    change = await proposed(house, today)
    assert (await standing(house))["value"] == 10, "nothing moves on one person's word"
    told = await confirmed(house, change)
    assert (told["number"], told["version"]) == (1, f"{NEWEST}+1(timers.evidence_bd=12)")
    assert (await standing(house))["moved_by"] == change["change_id"]
    terminal = {
        "terminal_sn": "SN-77", "tusn": "T-77", "terminal_id": "00000077", "model": "X990",
        "merchant_no": "898310058120001", "deploy_address": "上海", "fee_plan": "MER299",
    }  # fmt: skip
    assert (await house.officer1.post("/api/v1/terminals", terminal)).status_code == 201
    placed = {**control, "terminal_sn": "SN-77", "external_ref": "risk-2"}
    async with opened(house.config) as another_desk:  # which was told nothing
        answer = await another_desk.officer1.post("/api/v1/controls", placed)
    new = (await house.officer1.get(f"/api/v1/cases/{answer.json()['case_id']}")).json()
    old = (await house.officer1.get(f"/api/v1/cases/{case_id}")).json()
    assert (new["policy_version"], old["policy_version"]) == (told["version"], NEWEST)


async def test_who_proposed_may_not_confirm_and_others_may_only_look(house: House, today: str) -> None:
    change = await proposed(house, today, "compliance1", lever="timers.reopen_days", old=30, new=45)
    path = f"/api/v1/policy/changes/{change['change_id']}/confirm"
    assert problem(await house.compliance1.post(path))["code"] == "own-proposal"
    for who in (house.engineer1, house.auditor1, house.reviewer1):
        assert problem(await who.post(path))["code"] == "role-not-allowed"
    assert (await house.reviewer1.get("/api/v1/policy")).status_code == 403
    assert (await confirmed(house, change, "supervisor1"))["settled_by"] == "supervisor:supervisor1"


async def test_a_value_out_of_bounds_is_told_at_its_field_with_the_bounds(house: House, today: str) -> None:
    body = {"lever": "timers.supplement_bd", "old": 5, "new": 99, "reason": "why not", "effective": "2020-01-01"}
    answer = await house.supervisor1.post("/api/v1/policy/changes", body)
    told = {error["field"]: error["detail"] for error in problem(answer)["errors"]}
    assert (answer.status_code, told["new"]) == (422, "It must be from 2 to 15")
    assert told["effective"].startswith(f"It must be from {today} to ")
    sound = {**body, "new": 6, "effective": today}
    for field, value in (("lever", "timers.none"), ("reason", ""), ("effective", "x")):
        answer = await house.supervisor1.post("/api/v1/policy/changes", {**sound, field: value})
        assert [error["field"] for error in problem(answer)["errors"]] == [field]


async def test_a_proposal_made_on_what_moved_meanwhile_is_refused_with_what_it_stands_at_now(
    house: House, today: str
) -> None:
    own = {"lever": "timers.monitoring_days", "old": 30}
    early, late = await proposed(house, today, **own, new=40), await proposed(house, today, **own, new=50)
    await confirmed(house, late)
    answer = await house.compliance1.post(f"/api/v1/policy/changes/{early['change_id']}/confirm")
    assert (answer.status_code, problem(answer)["code"]) == (409, "policy-moved")
    assert problem(answer)["facts"]["now"] == "50"
    body = {**own, "new": 60, "reason": "again", "effective": today}
    assert problem(await house.supervisor1.post("/api/v1/policy/changes", body))["code"] == "policy-moved"


async def test_history_tells_who_when_and_why_and_a_repeat_changes_nothing(house: House, today: str) -> None:
    body = {"lever": "timers.quiet_from", "old": "21:00", "new": "22:00", "reason": "later shops", "effective": today}
    first = await house.supervisor1.post("/api/v1/policy/changes", body, key="k1")
    again = await house.supervisor1.post("/api/v1/policy/changes", body, key="k1")
    assert first.json() == again.json()
    change_id = first.json()["change_id"]
    dropped = await house.compliance1.post(f"/api/v1/policy/changes/{change_id}/drop", {"reason": "not before spring"})
    assert dropped.status_code == 200
    one = (await house.auditor1.get("/api/v1/policy/history")).json()["items"][0]
    assert (one["state"], one["reason"], one["dropped_for"]) == ("dropped", "later shops", "not before spring")
    assert (one["proposed_by"], one["settled_by"]) == ("supervisor:supervisor1", "compliance_head:compliance1")
    assert (one["old"], one["new"]) == ("21:00", "22:00")
    assert (await house.compliance1.post("/api/v1/policy/changes/PC-NONE/confirm")).status_code == 404


async def test_a_preview_counts_the_open_cases_a_rule_is_about(house: House, control: dict[str, Any]) -> None:
    await house.officer1.post("/api/v1/controls", control)

    async def preview(**asked: str) -> tuple[int, int, int]:
        told = (await house.engineer1.get("/api/v1/policy/preview", params=asked)).json()
        return told["open"], told["concerned"], told["lately"]

    open_, concerned, lately = await preview(lever=EVIDENCE)
    assert open_ == concerned == lately >= 1
    assert (await preview(lever="timers.review_1_bd"))[1] == 0
    assert (await preview(lever="tiers.l2_from_fen", new="9000000"))[1] == open_, "86,420 yuan are between old and new"
    assert (await preview(lever="tiers.l2_from_fen", new="6000000"))[1] == 0


# --- the console's page ---------------------------------------------------------------------------------------------


async def surfing(house: House, name: str) -> Surfer:
    surfer = Surfer(house)
    await surfer.log_in(name)
    return surfer


async def test_a_change_is_proposed_on_the_page_confirmed_by_another_and_told_in_the_history(house: House) -> None:
    lead, head = await surfing(house, "supervisor1"), await surfing(house, "compliance1")
    here = "/console/policy/levers/queue.tier_boost_minutes.L3"
    form = (await lead.page(here)).form(here)
    page = lead.read(await lead.send(form, new="300", reason="L3 waits too long"))
    assert "Proposed. It waits for a second person." in page.text
    assert "You proposed it; someone else must confirm it." in page.text
    change_id = [one.action for one in page.forms if one.action.endswith("/drop")][-1].split("/")[-2]
    confirming = (await head.page("/console/policy")).form(f"{change_id}/confirm")
    page = head.read(await head.send(confirming))
    assert "Confirmed. New cases come under it from its day on." in page.text
    assert "240 minutes → 300 minutes" in page.text
    head.language = "zh"
    assert "240 分钟 → 300 分钟" in (await head.page("/console/policy")).text


async def test_what_cannot_be_is_told_beside_its_field_and_what_was_typed_stays(house: House, today: str) -> None:
    lead = await surfing(house, "supervisor1")
    here = "/console/policy/levers/tiers.l2_from_fen"
    form = (await lead.page(here)).form(here)
    page = lead.read(await lead.send(form, new="fifty", reason="too many pairs"), 422)
    assert "Give an amount in yuan, such as 50000 or 50000.00" in page.text
    page = lead.read(await lead.send(form, new="2000000000", reason="too many pairs"), 422)
    assert "It must be from ¥0.00 to ¥1,000,000.00" in page.text
    again = page.form(here)
    assert {"2000000000", "too many pairs", today} <= {value for _, value in again.values}
    again.values.append(("look", "yes"))
    page = lead.read(await lead.send(again, new="90000"))
    assert "hold an amount between the old and the new one" in page.text
    assert ("new", "90000") in page.form(here).values


async def test_a_form_from_before_another_change_is_told_what_it_stands_at_now(house: House, today: str) -> None:
    lead = await surfing(house, "supervisor1")
    here = "/console/policy/levers/timers.step_alert_days"
    form = (await lead.page(here)).form(here)
    await confirmed(house, await proposed(house, today, lever="timers.step_alert_days", old=3, new=4))
    page = lead.read(await lead.send(form, new="5", reason="fewer alarms"), 409)
    assert "timers.step_alert_days is no longer 3 but 4" in page.text
    assert "It stands at 4 days" in page.text
    page = lead.read(await lead.send(page.form(here)))
    assert "Proposed. It waits for a second person." in page.text


async def test_engineers_look_and_merchants_do_not(house: House) -> None:
    engineer = await surfing(house, "engineer1")
    page = await engineer.page("/console/policy")
    assert not page.has_form("/drop")
    assert not any("/policy/levers/" in link for link in page.links)
    assert (await engineer.get("/console/policy/levers/timers.evidence_bd")).status_code == 403
    merchant = await surfing(house, "merchant1")
    assert (await merchant.get("/console/policy")).status_code == 403
