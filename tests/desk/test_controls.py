"""Placing controls: what opens a case, what joins one, and what bad input gets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


async def test_a_control_opens_a_freeze_appeal_without_any_engine(house, control):
    answer = await house.officer1.post("/api/v1/controls", control)
    assert answer.status_code == 201
    told = answer.json()
    assert told["case_kind"] == "freeze_appeal"
    view = (await house.officer1.get(f"/api/v1/cases/{told['case_id']}")).json()
    assert view["status"] == "opened"
    assert view["version"] == 1
    assert view["tier"] == "L2"
    assert view["money"] == {
        "held_fen": 8_642_000, "released_fen": 0, "penalty_fen": 0, "claims_fen": 0, "remaining_fen": 8_642_000,
    }  # fmt: skip
    assert view["controls"][0]["control_id"] == told["control_id"]
    assert view["controls"][0]["placed_by"] == "officer1"
    assert view["waiting_on"]["who"] == "officer"
    assert view["links"]["temporal_ui"].endswith(told["case_id"])
    assert "confirm_reason" in view["allowed_commands"]


async def test_a_repeat_of_source_and_external_ref_gives_the_same_ids(house, control):
    first = await house.officer1.post("/api/v1/controls", control)
    again = await house.robot1.post("/api/v1/controls", control | {"held_amount_fen": 1})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


async def test_a_further_control_joins_the_open_case_and_stands_at_once(house, case_id, control):
    block = control | {"kind": "txn_block", "held_amount_fen": 0, "external_ref": "risk-2"}
    answer = await house.robot1.post("/api/v1/controls", block)
    assert answer.status_code == 201
    assert answer.json()["case_id"] == case_id
    terminal = (await house.officer1.get(f"/api/v1/terminals/{control['terminal_sn']}")).json()
    assert len(terminal["controls"]) == 2
    assert terminal["may_transact"] is False
    assert await house.desk.inbox.has_pending(case_id)


async def test_many_controls_at_once_open_one_case(house, control):
    answers = await asyncio.gather(
        *(house.robot1.post("/api/v1/controls", control | {"external_ref": f"r-{n}"}) for n in range(4))
    )
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["case_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"terminal_sn": "SN-NONE"}, "terminal_sn"),
        ({"reason_code": "R99"}, "reason_code"),
        ({"reason_code": "nonsense"}, "reason_code"),
        ({"held_amount_fen": 0}, "held_amount_fen"),
        ({"held_amount_fen": -5}, "held_amount_fen"),
        ({"held_amount_fen": 86.42}, "held_amount_fen"),
        ({"held_amount_fen": "8642000"}, "held_amount_fen"),
        ({"held_amount_fen": True}, "held_amount_fen"),
        ({"held_amount_fen": 2**60}, "held_amount_fen"),
        ({"held_amount_fen": None}, "held_amount_fen"),
        ({"kind": "txn_block"}, "held_amount_fen"),
        ({"kind": "suspension"}, "kind"),
        ({"kind": "network_block"}, "kind"),
        ({"kind": "freeze"}, "kind"),
        ({"source": "merchant"}, "source"),
        ({"scope": ["all", "debit"]}, "scope"),
        ({"scope": ["cash"]}, "scope"),
        ({"surprise": 1}, "surprise"),
        ({"transactions": [{"ref": "t1"}]}, "transactions"),
    ],
)
async def test_bad_input_is_refused_by_field_and_opens_nothing(house, control, change: dict[str, Any], field: str):
    answer = await house.officer1.post("/api/v1/controls", control | change)
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert told["type"] == "urn:thaw:invalid"
    assert any(error["field"].startswith(field) and error["detail"] for error in told["errors"])
    assert await house.events() == 0


@pytest.mark.parametrize("field", ["terminal_sn", "kind", "reason_code", "source"])
async def test_a_missing_field_is_named(house, control, field: str):
    del control[field]
    answer = await house.officer1.post("/api/v1/controls", control)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_reason_of_another_kind_of_case_is_refused(house, control):
    answer = await house.officer1.post("/api/v1/controls", control | {"reason_code": "A01", "source": "system"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:thaw:refused:reason-not-for-kind")
    assert await house.events() == 0


@pytest.mark.parametrize("who", ["merchant1", "agent1", "reviewer1", "supervisor1", "auditor1", "engineer1"])
async def test_only_officers_compliance_and_robots_place_controls(house, control, who: str):
    answer = await getattr(house, who).post("/api/v1/controls", control)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:thaw:refused:role-not-allowed")
    assert await house.events() == 0


async def test_broken_json_is_told_after_who_asks(house):
    broken = {"content": b'{"terminal_sn": ', "headers": {"Content-Type": "application/json"}}
    assert (await house.client.post("/api/v1/controls", **broken)).status_code == 401
    for who, status in (("merchant1", 403), ("officer1", 422)):
        caller = getattr(house, who)
        headers = {**caller.headers, "Content-Type": "application/json"}
        answer = await house.client.post("/api/v1/controls", content=broken["content"], headers=headers)
        assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == "body"


@pytest.mark.parametrize(
    "content", [b'{"detail": "\\u0000"}', b'{"detail": "\\ud800"}', b"[" * 100_000, b"\xff", b"NaN"]
)
async def test_text_that_is_no_proper_json_is_refused(house, content: bytes):
    headers = {**house.officer1.headers, "Content-Type": "application/json"}
    answer = await house.client.post("/api/v1/controls", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:thaw:invalid"


async def test_cases_that_no_control_opens_are_not_served_yet(house):
    answer = await house.merchant1.post("/api/v1/cases", {"kind": "unbind", "merchant_no": "898310058120001"})
    assert answer.status_code == 422
    assert "not served yet" in answer.json()["detail"]
