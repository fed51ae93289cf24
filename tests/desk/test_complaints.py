"""A merchant complains; someone who had no part in the case answers in time; the merchant may say it is not enough."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from journal.privacy import OvertakenError
from tests.desk.gateway import Gateway, open_gateway
from tests.desk.house import MERCHANT_NO, Config, House, opened, problem, written
from tests.desk.surfer import Surfer
from tests.desk.working import Work

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with open_gateway() as gateway:
        yield gateway


@pytest.fixture
async def house(config: Config, gateway: Gateway) -> AsyncIterator[House]:
    async with opened(replace(config, notices_url=gateway.url), clock=lambda: NOW) as house:
        yield house


async def complain(house: House, case_id: str, **more: str) -> dict[str, str]:
    body = {"kind": "complaint", "about_case_id": case_id, "statement": "三天没有人回复", **more}
    answer = await house.merchant1.post("/api/v1/cases", body)
    assert answer.status_code == 201, answer.text
    told: dict[str, str] = answer.json()
    return told


async def types_of(house: House, complaint_id: str) -> list[str]:
    async with house.desk.pool.connection() as connection:
        asked = "select type from journal.events where stream = %s order by position"
        rows = await (await connection.execute(asked, (f"complaint:{complaint_id}",))).fetchall()
    return [row[0] for row in rows]


async def test_there_is_no_complaint_without_a_hold(house: House, case_id: str, monkeypatch: pytest.MonkeyPatch):
    """Cut off between the two, there is neither; the same complaint sent again is taken with its hold."""
    body = {"kind": "complaint", "about_case_id": case_id, "statement": "三天没有人回复"}
    set_hold = house.desk.privacy.set_hold

    async def cut_off(*_: Any, **__: Any) -> None:
        raise OvertakenError("cut off")

    monkeypatch.setattr(house.desk.privacy, "set_hold", cut_off)
    with suppress(OvertakenError):
        assert (await house.merchant1.post("/api/v1/cases", body, key="once")).status_code >= 500
    assert (await house.merchant1.get("/api/v1/complaints")).json() == []

    monkeypatch.setattr(house.desk.privacy, "set_hold", set_hold)
    told = await house.merchant1.post("/api/v1/cases", body, key="once")
    assert told.status_code == 201, told.text
    [hold] = (await house.desk.privacy.holding(MERCHANT_NO)).holds
    assert hold.reference == told.json()["complaint_id"]


async def test_it_is_due_fifteen_days_later_and_extended_to_sixty_at_most(house: House, gateway: Gateway, case_id: str):
    told = await complain(house, case_id)
    path = f"/api/v1/complaints/{told['complaint_id']}"
    assert told["due_at"].startswith("2026-03-17")

    late = {"until": "2026-05-02T10:00:00+08:00", "reason": "等待外部核实"}
    assert problem(await house.compliance1.post(f"{path}/extend", late))["type"].endswith("complaint-extension")
    assert (await house.supervisor1.post(f"{path}/extend", late)).status_code == 403
    given = await house.compliance1.post(f"{path}/extend", {**late, "until": "2026-05-01T10:00:00+08:00"})

    assert given.json()["due_at"].startswith("2026-05-01")
    assert "等待外部核实" in (await gateway.letter())["text"]
    seen = (await house.merchant1.get(path)).json()
    assert (seen["extended_for"], seen["overdue"]) == ("等待外部核实", False)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_overdue_one_stands_on_the_operations_page_until_it_is_answered(
    house: House, gateway: Gateway, case_id: str, language: str
):
    told = await complain(house, case_id)
    lead = Surfer(house, language=language)
    await lead.log_in("compliance1")
    link = f"/console/complaints/{told['complaint_id']}"
    assert link not in (await lead.page("/console/operations")).links
    earlier = b"update journal.complaints set due_at = opened_at - interval '1 day' where case_id = %s"
    await written(house.desk, earlier, case_id)

    page = await lead.page("/console/operations")
    assert link in page.links
    assert {"zh": "逾期未答复的投诉", "en": "Complaints whose answer is overdue"}[language] in page.text
    await lead.send((await lead.page(link)).form("/complaint_answer"), outcome="upheld", answer="热线已加派人手")
    assert link not in (await lead.page("/console/operations")).links


async def test_who_had_a_part_in_the_case_does_not_answer(house: House, gateway: Gateway, control: dict[str, Any]):
    opened_by_head = await house.compliance1.post("/api/v1/controls", control)
    case_id = opened_by_head.json()["case_id"]
    told = await complain(house, case_id)
    path = f"/api/v1/complaints/{told['complaint_id']}"
    answer = {"outcome": "partly", "answer": "我们本应更早回复，抱歉。"}

    refused = await house.compliance1.post(f"{path}/answer", answer)
    done = await house.supervisor1.post(f"{path}/answer", answer)

    assert problem(refused)["type"].endswith("complaint-own-case")
    assert done.json()["status"] == "answered"
    letter = await gateway.letter()
    assert f"/portal/cases/{case_id}" in letter["text"]
    assert "我们本应更早回复" not in letter["text"]
    seen = (await house.merchant1.get(path)).json()
    assert (seen["answer"], seen["answered_by"]) == (answer["answer"], None)
    assert problem(await house.supervisor1.post(f"{path}/answer", answer))["type"].endswith("complaint-answered")
    assert await types_of(house, told["complaint_id"]) == ["ComplaintRegistered", "ComplaintAnswered"]


async def test_while_one_is_looked_into_another_is_refused_and_nothing_of_the_merchant_is_erased(
    house: House, case_id: str
):
    told = await complain(house, case_id)
    again = {"kind": "complaint", "about_case_id": case_id, "statement": "还是没有回复"}

    refused = await house.merchant1.post("/api/v1/cases", again)
    holding = await house.desk.privacy.holding(MERCHANT_NO)

    assert problem(refused)["type"].endswith("complaint-open")
    assert [(hold.basis, hold.reference) for hold in holding.holds] == [("dispute", told["complaint_id"])]


async def test_a_letter_that_reaches_nobody_is_for_a_person(house: House, gateway: Gateway, case_id: str):
    told = await complain(house, case_id)
    details = await house.desk.registry.merchant_details(MERCHANT_NO)
    gateway.refuses |= {one for each in details.contacts for one in (each.email, each.phone) if one}

    await house.compliance1.post(
        f"/api/v1/complaints/{told['complaint_id']}/answer", {"outcome": "upheld", "answer": "已改正"}
    )
    for work in tuple(house.desk.work):
        await work

    (task,) = await house.desk.contacting.tasks(MERCHANT_NO)
    assert (task.kind, task.case_id) == ("undelivered", case_id)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_it_goes_from_the_portal_to_the_console_and_back(
    house: House, gateway: Gateway, case_id: str, language: str
):
    merchant, head = Surfer(house, language=language), Surfer(house, language=language)
    await merchant.log_in("merchant1")
    await head.log_in("compliance1")
    page = await merchant.page(f"/portal/cases/{case_id}")
    taken = merchant.read(await merchant.send(page.form("/complaint"), statement="没有人接电话"))
    listed = await head.page("/console/complaints")
    link = next(link for link in listed.links if "/complaints/CP-" in link)
    form = (await head.page(link)).form("/complaint_answer")

    empty = head.read(await head.send(form, answer=" "), 422)
    done = head.read(await head.send(form, outcome="upheld", answer="热线已加派人手"))
    answered = await merchant.page(f"/portal/cases/{case_id}")
    further = merchant.read(await merchant.send(answered.form("/dissatisfied"), statement="仍然没人接"))

    assert not taken.has_form("/complaint")
    assert {"zh": "请填写", "en": "Fill this in"}[language] in empty.text
    assert {"zh": "投诉已答复", "en": "The complaint is answered"}[language] in done.text
    assert "热线已加派人手" in answered.text
    assert "12363" in further.text
    assert "仍然没人接" in (await head.page(link)).text


async def test_a_complaint_is_its_merchants_alone(house: House, case_id: str):
    told = await complain(house, case_id)
    path = f"/api/v1/complaints/{told['complaint_id']}"

    assert (await house.robot1.get(path)).status_code == 403
    assert (await house.merchant1.post(f"{path}/answer", {"outcome": "upheld", "answer": "x"})).status_code == 403
    early = await house.merchant1.post(f"{path}/dissatisfied", {"statement": "x"})
    assert problem(early)["type"].endswith("complaint-not-answered")
    assert (await house.merchant1.get(f"{path}x")).status_code == 404


async def test_the_answer_that_upholds_a_complaint_reopens_its_closed_case_in_one_step(work: Work):
    house = work.house
    case_id = await work.case()
    told = await complain(house, case_id)
    path = f"/api/v1/complaints/{told['complaint_id']}/answer"
    answer = {"outcome": "upheld", "answer": "重新审核", "reopen_case": True}
    refused = await house.supervisor1.post(path, {**answer, "outcome": "not_upheld"})
    still_open = await house.supervisor1.post(path, answer)
    assert (refused.status_code, problem(still_open)["type"]) == (422, "urn:thaw:refused:wrong-status")
    assert (await house.merchant1.get(path.removesuffix("/answer"))).json()["status"] == "investigating"

    await work.do(house.merchant1, case_id, "withdraw", reason="等不及了")
    assert (await house.supervisor1.post(path, answer, key="answered")).json()["status"] == "answered"
    case = await work.until(case_id, "opened")
    assert (case["tier"], case["waiting_on"]["who"]) == ("L3", "officer")
    events = (await house.auditor1.get(f"/api/v1/cases/{case_id}/events")).json()
    (reopened,) = [event for event in events if event["type"] == "CaseReopened"]
    assert (reopened["actor"], reopened["data"]["complaint_id"]) == ("supervisor:supervisor1", told["complaint_id"])


async def test_a_complaint_is_handed_over_as_a_file_whose_hash_is_journaled(house: House, gateway: Gateway, case_id):
    told = await complain(house, case_id)
    path = f"/api/v1/complaints/{told['complaint_id']}"
    for caller in (house.officer1, house.merchant1):
        assert (await caller.post(f"{path}/hand-over", {"to": "12363"})).status_code == 403
    sent = await house.supervisor1.post(f"{path}/hand-over", {"to": "12363", "reference": "PBC-2026-77"})
    file = sent.json()
    assert (file["format"], file["complaint"]["statement"]) == ("thaw.complaint/1", "三天没有人回复")
    assert file["case"]["case_id"] == case_id
    assert [one["type"] for one in file["record"]] == ["ComplaintRegistered"]
    (over,) = (await house.auditor1.get(path)).json()["handed_over"]
    assert (over["to"], over["reference"]) == ("12363", "PBC-2026-77")
    assert over["sha256"] == hashlib.sha256(sent.content).hexdigest()
    assert "handed_over" not in (await house.merchant1.get(path)).json()
    looks = [entry.data for entry in await house.desk.journal.read(f"looks:{MERCHANT_NO}")]
    assert any(told["complaint_id"] in data for data in looks)


async def test_the_console_hands_it_over_and_says_to_whom_it_went(house: House, gateway: Gateway, case_id):
    told = await complain(house, case_id)
    head = Surfer(house, language="en")
    await head.log_in("supervisor1")
    page = await head.page(f"/console/complaints/{told['complaint_id']}")
    assert not any(name == "reopen_case" for name, _ in page.form("/complaint_answer").values), "its case is open"
    got = await head.send(page.form("/complaint_hand_over"), to="court", reference="(2026) 7")
    assert got.headers["content-disposition"].endswith(f'{told["complaint_id"]}.json"')
    page = await head.page(f"/console/complaints/{told['complaint_id']}")
    assert "a court · (2026) 7" in page.text
    assert hashlib.sha256(got.content).hexdigest() in page.text
