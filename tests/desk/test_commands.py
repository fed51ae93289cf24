"""Commands given to cases at work: the order of refusals, versions, four eyes, claims, idempotency."""

from __future__ import annotations

import asyncio

import pytest

from desk.commands import give
from desk.histories import tell
from desk.problems import Problem
from domain.actors import Actor
from domain.one_time import one_time_key, one_time_password
from tests.desk.working import PNG, Work

pytestmark = pytest.mark.timeout(300)


async def test_a_case_goes_from_the_control_to_closed_books(work: Work):
    case_id = await work.in_review(reason="R01", held_fen=8_642_000)
    view = await work.view(case_id)
    assert view["tier"] == "L2"
    assert view["requirements"]["pending_verification"] == []
    whole = {"release_fen": 8_642_000, "penalty_fen": 0, "claims_fen": 0, "reason": "slips match"}
    first = await work.do(work.house.reviewer1, case_id, "approve", **whole)
    assert first["status"] == "in_review_2"
    assert first["events"] == ["FirstApproval"]
    second = await work.do(work.house.reviewer2, case_id, "approve", **whole)
    assert second["status"] == "approved"
    await work.until(case_id, "executing")
    await _bank_says(work, case_id, "confirmed", "bank-1")
    closed = await work.until(case_id, "closed_released")
    assert closed["money"]["released_fen"] == 8_642_000
    assert closed["money"]["remaining_fen"] == 0
    assert [(a["by"], a["level"], a["valid"]) for a in closed["approvals"]] == [
        ("reviewer1", 1, True), ("reviewer2", 2, True),
    ]  # fmt: skip
    assert closed["requirements"]["disabled_reason"] is None
    again = await _bank_says(work, case_id, "confirmed", "bank-1")
    assert again == "duplicate"
    assert await _bank_says(work, case_id, "bounced", "bank-1") == "discrepancy"


async def _bank_says(work: Work, case_id: str, outcome: str, message_ref: str) -> str:
    from tests.desk.test_hooks import signed  # noqa: PLC0415

    for _ in range(200):
        events = (await work.house.auditor1.get(f"/api/v1/cases/{case_id}/events")).json()
        steps = [s for e in events if e["type"] == "ExecutionStarted" for s in e["data"]["steps"]]
        key = next((s["key"] for s in steps if s["name"] == "pay_out"), None)
        sent = any(e["type"] == "StepDone" and e["data"]["answer"] == f"ref:{key}" for e in events)
        if key and sent:
            body = {"message_ref": f"{case_id}-{message_ref}", "case_id": case_id, "step_key": key, "outcome": outcome,
                    "occurred_at": "2026-11-02T10:00:00+08:00"}  # fmt: skip
            answer = await signed(work.house, "bank", body)
            assert answer.status_code == 200, answer.text
            return str(answer.json()["state"])
        await asyncio.sleep(0.05)
    raise AssertionError("no payout was sent")


async def test_confirming_right_after_the_control_is_answered_at_once(work: Work):
    case_id = await work.case()
    answer = await work.house.officer1.command(case_id, "confirm_reason", reason_code="R02", note="checked")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"version": 2, "status": "reason_confirmed", "events": ["ReasonConfirmed"]}


async def test_the_first_of_two_decisions_on_one_version_stands(work: Work):
    case_id = await work.in_review(reason="R01", held_fen=8_642_000)
    version = (await work.view(case_id))["version"]
    amounts = {"release_fen": 8_642_000, "penalty_fen": 0, "claims_fen": 0}
    approve = await work.house.reviewer1.command(case_id, "approve", version=version, reason="fine", **amounts)
    reject = await work.house.reviewer2.command(
        case_id, "reject", version=version, reason_code="R01", reason="no proof"
    )
    assert approve.status_code == 200
    assert (reject.status_code, reject.json()["type"]) == (409, "urn:thaw:refused:stale-version")
    again = await work.house.reviewer1.command(case_id, "approve", reason="fine", **amounts)
    assert (again.status_code, again.json()["type"]) == (403, "urn:thaw:refused:four-eyes")


async def test_refusals_come_in_the_order_of_the_contract(work: Work):
    case_id = await work.case()
    path = f"/api/v1/cases/{case_id}/commands"
    assert (await work.house.nobody.post(f"{path}/approve", {"nonsense": 1})).status_code == 401
    assert (
        await work.house.merchant1.post("/api/v1/cases/FA-NONE/commands/approve", {"nonsense": 1})
    ).status_code == 403
    assert (
        await work.house.reviewer1.post("/api/v1/cases/FA-NONE/commands/approve", {"nonsense": 1})
    ).status_code == 404
    wrong = await work.house.reviewer1.post(f"{path}/approve", {"version": "1", "release_fen": -1, "nonsense": 1})
    assert wrong.status_code == 422
    assert {error["field"] for error in wrong.json()["errors"]} == {"version", "release_fen", "reason", "nonsense"}
    body = {"release_fen": 1, "penalty_fen": 0, "claims_fen": 0, "reason": "x"}
    stale = await work.house.reviewer1.post(f"{path}/approve", {**body, "version": 99})
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:thaw:refused:stale-version")
    status = await work.house.reviewer1.post(f"{path}/approve", {**body, "version": 1})
    assert (status.status_code, status.json()["type"]) == (409, "urn:thaw:refused:wrong-status")
    assert (await work.house.officer1.post(f"{path}/unfreeze", {"version": 1})).status_code == 404
    assert (await work.house.officer1.post(f"{path}/add_document", {"version": 1})).status_code == 404


async def test_unknown_codes_in_commands_are_named(work: Work):
    case_id = await work.case()
    answer = await work.house.officer1.command(case_id, "confirm_reason", reason_code="R99")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason_code")


async def test_a_key_gives_the_same_answer_again_and_takes_no_other_body(work: Work):
    case_id = await work.case()
    path, body = f"/api/v1/cases/{case_id}/commands/confirm_reason", {"version": 1, "reason_code": "R02", "note": ""}
    key = f"key-{case_id}"
    first, twin = await asyncio.gather(*(work.house.officer1.post(path, body, key=key) for _ in range(2)))
    again = await work.house.officer1.post(path, body, key=key)
    assert {first.status_code, twin.status_code, again.status_code} == {200}
    assert first.json() == twin.json() == again.json()
    other = await work.house.officer1.post(path, body | {"note": "other"}, key=key)
    assert (other.status_code, other.json()["type"]) == (409, "urn:thaw:refused:idempotency-key-reused")


async def test_a_claim_keeps_others_from_deciding(work: Work):
    case_id = await work.in_review()
    tasks = (await work.house.reviewer1.get("/api/v1/queue?limit=200")).json()["items"]
    task = next(task for task in tasks if task["case_id"] == case_id)
    assert (await work.house.reviewer1.post(f"/api/v1/tasks/{task['task_id']}/claim")).status_code == 200
    body = {"release_fen": 1_000_000, "penalty_fen": 0, "claims_fen": 0, "reason": "fine"}
    refused = await work.house.reviewer2.command(case_id, "approve", **body)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:thaw:refused:claimed-by-another")
    assert (await work.house.reviewer1.post(f"/api/v1/tasks/{task['task_id']}/release")).status_code == 200
    assert (await work.house.reviewer2.command(case_id, "approve", **body)).status_code == 200


async def test_a_decision_that_came_too_late_leaves_the_next_task_to_others(work: Work):
    """Somebody decides between our look at the case and our claim: the claim is then on the second review."""
    case_id = await work.in_review()
    desk = work.house.desk
    seen = await tell(desk, case_id)
    assert seen is not None
    held = {"release_fen": 999_900, "penalty_fen": 100, "claims_fen": 0, "reason": "a penalty needs two"}
    assert (await work.house.reviewer1.command(case_id, "approve", **held)).status_code == 200
    late = {"reason_code": "R02", "reason": "nothing is proved"}
    with pytest.raises(Problem) as refused:
        await give(
            desk, Actor("reviewer2", ("reviewer",)), seen, "reject", late,
            seen=seen.case.version, command_id=f"late-{case_id}",
        )  # fmt: skip
    assert refused.value.more["code"] == "stale-version"
    (task,) = await desk.queue.of_case(case_id)
    assert (task.kind, task.holder) == ("review_2", None)


async def test_deciding_unclaimed_work_claims_it(work: Work):
    case_id = await work.in_review()
    body = {"items": [{"doc_type": "D06", "reason": "看不清,请重拍"}]}
    held = {"release_fen": 999_900, "penalty_fen": 100, "claims_fen": 0, "reason": "a penalty needs two"}
    assert (await work.house.reviewer1.command(case_id, "approve", **held)).status_code == 200
    tasks = await work.house.desk.queue.of_case(case_id)
    assert tasks[0].kind == "review_2"
    other = await work.in_review()
    assert (await work.house.reviewer1.command(other, "request_supplement", **body)).json()["status"] == (
        "awaiting_supplement"
    )
    view = await work.view(other, work.house.merchant1)
    assert view["requirements"]["currently_due"] == ["D06"]
    assert view["requirements"]["errors"][0]["reason_zh"] == "看不清,请重拍"


async def test_the_one_time_password_is_checked_and_not_guessed(work: Work):
    case_id = await work.case(reason="S01", held_fen=0, source="system")
    house = work.house
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="S01")
    early = await house.merchant1.command(case_id, "reset_credentials", otp="123456")
    assert (early.status_code, early.json()["code"]) == (409, "wrong-status")
    await work.do(house.merchant1, case_id, "open_appeal", statement="请核实")
    assert (await house.merchant1.upload(case_id, "D03", PNG, "id.png")).status_code == 201
    await work.do(house.merchant1, case_id, "submit", declaration=True)
    await work.until(case_id, "in_review_1")
    await work.do(house.reviewer1, case_id, "approve", release_fen=0, penalty_fen=0, claims_fen=0, reason="fine")
    await work.until(case_id, "pre_release_actions")
    right = one_time_password(one_time_key(house.config.payload_key), case_id)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    refused = [await house.merchant1.command(case_id, "reset_credentials", otp=wrong) for _ in range(6)]
    assert [answer.status_code for answer in refused] == [409] * 5 + [429]
    assert refused[0].json()["code"] == "otp-wrong"
    await house.desk.tries.forgive(f"otp:{case_id}")
    done = await work.do(house.merchant1, case_id, "reset_credentials", otp=right)
    assert done["events"][0] == "ActionDone"


async def test_words_of_merchants_lie_in_the_vault(work: Work):
    case_id = await work.case()
    house = work.house
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, case_id, "open_appeal", statement="我叫陈融,电话13800000001")
    posted = await house.merchant1.post(f"/api/v1/cases/{case_id}/messages", {"audience": "merchant", "text": "急用款"})
    assert posted.status_code == 201, posted.text
    inside = await house.officer1.post(f"/api/v1/cases/{case_id}/messages", {"audience": "internal", "text": "存疑"})
    assert inside.status_code == 201
    events = (await house.auditor1.get(f"/api/v1/cases/{case_id}/events")).text
    assert "13800000001" not in events
    assert "急用款" not in events
    read = (await house.merchant1.get(f"/api/v1/cases/{case_id}/messages")).json()
    assert [message["text"] for message in read] == ["急用款"]
    assert len((await house.reviewer1.get(f"/api/v1/cases/{case_id}/messages")).json()) == 2
    forbidden = await house.merchant1.post(f"/api/v1/cases/{case_id}/messages", {"audience": "internal", "text": "x"})
    assert forbidden.status_code == 403


async def test_a_further_control_is_taken_up_by_the_case(work: Work):
    case_id = await work.case()
    view = await work.view(case_id)
    more = {"terminal_sn": view["terminal_sn"], "kind": "txn_block", "reason_code": "R02", "held_amount_fen": 0,
            "source": "risk", "external_ref": f"{case_id}-more"}  # fmt: skip
    answer = await work.house.robot1.post("/api/v1/controls", more)
    assert (answer.status_code, answer.json()["case_id"]) == (201, case_id)
    view = await work.view(case_id)
    assert len(view["controls"]) == 2
    assert view["version"] == 2


async def test_a_changed_account_voids_what_was_approved_on_the_old_one(work: Work):
    house = work.house
    merchant = {
        "merchant_no": "898310058129999", "merchant_type": "sole_trader", "name": "小店", "uscc": "92440300MA5G8TNR4K",
        "legal_representative": {"name": "李小", "resident_id": "440301199003074514"},
        "contacts": [{"name": "李小", "phone": "13900000002", "language": "zh"}],
        "settlement_account": {"holder": "李小", "number": "6222000011112222", "bank": "建设银行"},
        "mcc": "5411", "address": "深圳市南山区",
    }  # fmt: skip
    assert (await house.officer1.post("/api/v1/merchants", merchant)).status_code == 201
    case_id = await work.case(merchant_no=merchant["merchant_no"])
    merchant["settlement_account"]["number"] = "6222000011113333"
    answer = await house.officer1.post("/api/v1/merchants", merchant)
    assert answer.status_code == 200
    for _ in range(100):
        events = (await house.auditor1.get(f"/api/v1/cases/{case_id}/events")).json()
        if any(event["type"] == "PartyChanged" for event in events):
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError("the case was not told")
    assert "6222000011113333" not in str(events)
    shown = (await house.auditor1.get(f"/api/v1/merchants/{merchant['merchant_no']}")).json()
    assert shown["settlement_account"]["number"].endswith("3333")
    assert shown["legal_representative"]["resident_id"] == "440***********4514"
