"""The automatic reviewer: decides what a rule lets it, and leaves the rest to people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Literal

import httpx2
import pytest

from samples.facts import made_up
from tests.desk.house import USERS
from tests.desk.working import PNG, Work
from workers.api import Api
from workers.robot import Robot
from workflows.ports import Verified

_numbers = count(1)


@pytest.fixture
async def robot(work: Work) -> AsyncIterator[Robot]:
    transport = httpx2.ASGITransport(work.house.app, client=("127.0.0.1", 50001))
    headers = {"Authorization": f"Bearer {USERS['robot1']['token']}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
        yield Robot(Api(client))


async def locked_out(work: Work, verdict: Literal["passed", "unsure"]) -> str:
    """A security lock-out (S03, L0) of a new merchant, whose identity card the machine judged so; its id."""
    number, officer = next(_numbers), work.house.officer1
    facts = made_up(number)
    merchant = {
        "merchant_no": f"8473100581{number:05d}", "merchant_type": "company", "name": facts.merchant_name,
        "uscc": facts.uscc, "contacts": [{"name": "李四", "email": "li@example.com"}], "mcc": "5411",
        "legal_representative": {"name": facts.legal_representative, "resident_id": facts.resident_id},
        "settlement_account": {"holder": facts.merchant_name, "number": facts.account_number, "bank": facts.bank},
        "address": facts.premises,
    }  # fmt: skip
    answer = await officer.post("/api/v1/merchants", merchant)
    assert answer.status_code == 201, answer.text
    terminal = {
        "terminal_sn": f"SN-L{number}", "tusn": f"TUSN-L{number}", "terminal_id": f"L{number:07d}", "model": "X990",
        "merchant_no": merchant["merchant_no"], "deploy_address": "上海", "fee_plan": "MER299",
    }  # fmt: skip
    assert (await officer.post("/api/v1/terminals", terminal)).status_code == 201
    control = {
        "terminal_sn": terminal["terminal_sn"], "kind": "txn_block", "reason_code": "S03", "source": "system",
        "external_ref": f"lock-{number}",
    }  # fmt: skip
    case_id = str((await officer.post("/api/v1/controls", control)).json()["case_id"])
    await work.do(officer, case_id, "confirm_reason", reason_code="S03")
    await work.do(officer, case_id, "open_appeal", statement="忘记密码,请核实身份。")
    work.hands.verdicts["D03"] = Verified(verdict)
    filed = await officer.upload(case_id, "D03", PNG, "id.png")
    assert filed.status_code == 201, filed.text
    await work.do(officer, case_id, "submit", declaration=True)
    await work.until(case_id, "in_review_1")
    return case_id


async def test_it_approves_what_a_rule_covers_and_names_the_rule(work: Work, robot: Robot) -> None:
    case_id = await locked_out(work, "passed")
    assert await robot.round() == 1
    (approval,) = (await work.until(case_id, "closed_released"))["approvals"]
    assert (approval["by"], approval["rule"]) == ("robot1", "L0-S03-identity")


async def test_it_hands_back_what_no_rule_covers_and_does_not_try_it_again(work: Work, robot: Robot) -> None:
    case_id = await locked_out(work, "unsure")
    assert await robot.round() == 0
    (task,) = [task for task in await work.house.desk.queue.of_case(case_id) if task.kind == "review_1"]
    assert task.holder is None
    assert {task_id for task_id, _ in robot.left} == {task.task_id}
    assert (await work.view(case_id))["status"] == "in_review_1"
    before = await work.house.desk.journal.read(f"task:{task.task_id}")
    assert await robot.round() == 0
    assert await work.house.desk.journal.read(f"task:{task.task_id}") == before


async def test_it_never_takes_what_a_person_works_on(work: Work, robot: Robot) -> None:
    case_id = await locked_out(work, "passed")
    (task,) = await work.house.desk.queue.of_case(case_id)
    assert (await work.house.reviewer1.post(f"/api/v1/tasks/{task.task_id}/claim")).status_code == 200
    assert await robot.round() == 0
    assert (await work.view(case_id))["status"] == "in_review_1"
