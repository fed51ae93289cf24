"""A case's turns by the console alone: orders of a court, withdrawals, visits, and what comes after the release."""

from __future__ import annotations

import asyncio

from domain.one_time import one_time_key, one_time_password
from journal.parties import subject_of
from samples.facts import PaperFacts
from samples.papers import render
from tests.desk.console_work import as_, in_review, until
from tests.desk.test_hooks import signed
from tests.desk.working import PNG, Work
from tests.workflows.hands import refusing
from workflows.ports import AgreementState


async def judged(work: Work, case_id: str) -> None:
    """Every document of the case accepted."""
    for document in (await work.view(case_id))["documents"]:
        fields = {"document_id": document["document_id"], "verdict": "accept", "reason": "ok"}
        await work.do(work.house.supervisor1, case_id, "judge_document", **fields)


async def bank_says(work: Work, case_id: str, outcome: str, **more: str) -> None:
    """The bank's signed word on the case's payout, once it has gone out."""
    for _ in range(200):
        told = (await work.house.auditor1.get(f"/api/v1/cases/{case_id}/events")).json()
        steps = [step for event in told for step in event["data"].get("steps", ()) if step["name"] == "pay_out"]
        done = {event["data"]["n"] for event in told if event["type"] == "StepDone"}
        if steps and steps[-1]["n"] in done:
            body = {"message_ref": f"{case_id}-{outcome}", "case_id": case_id, "step_key": steps[-1]["key"],
                    "outcome": outcome, "occurred_at": "2026-11-23T10:00:00+08:00", **more}  # fmt: skip
            answer = await signed(work.house, "bank", body)
            assert answer.status_code == 200, answer.text
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no payout was sent")


async def test_an_order_of_a_court_is_entered_and_lifted(work):
    case_id = await in_review(work)
    compliance = await as_(work.house, "compliance1")
    here = f"/console/cases/{case_id}"
    page = await compliance.page(here)
    await compliance.upload(page.form("/documents"), render("D01", PaperFacts(), form="pdf"), "o.pdf", type="D24")
    page = await compliance.page(here)
    order = next(d["document_id"] for d in (await work.view(case_id))["documents"] if d["type"] == "D24")
    form = page.form("/commands/place_legal_hold")
    assert dict(form.values)["amount_fen"] == "10000.00"
    court = {
        "authority__kind": "court",
        "authority__name": "上海市徐汇区人民法院",
        "authority__instrument_no": "执保7号",
    }
    entered = {"reason_code": "J01", "amount_fen": "4,000.00", "document_id": order, **court}
    page = compliance.read(await compliance.send(form, **entered))
    assert "The legal hold is placed." in page.text
    assert "Legal hold" in page.text
    assert "上海市徐汇区人民法院 (court) · 执保7号" in page.text
    page = await until(compliance, here, "Control in force")
    other = {**court, "authority__name": "上海市浦东新区人民法院"}
    answer = await compliance.send(page.form("/commands/lift_legal_hold"), document_id=order, **other)
    assert "上海市徐汇区人民法院 issued this order" in compliance.read(answer, 409).text
    merchant = await as_(work.house, "merchant1")
    assert "Paused by a legal order" in (await merchant.page(f"/portal/cases/{case_id}")).text
    for _ in range(100):
        page = await compliance.page(here)
        answer = await compliance.send(page.form("/commands/lift_legal_hold"), document_id=order, **court)
        if answer.status_code == 200:
            break
        await asyncio.sleep(0.1)
    assert "The legal hold is lifted." in compliance.read(answer).text


async def test_a_merchant_withdraws_and_comes_back(work):
    case_id = await in_review(work)
    merchant = await as_(work.house, "merchant1")
    theirs = f"/portal/cases/{case_id}"
    page = await merchant.page(theirs)
    page = merchant.read(await merchant.send(page.form("/commands/withdraw"), reason="先补材料"))
    assert "You withdrew" in page.text
    page = merchant.read(await merchant.send(page.form("/commands/reopen"), statement="材料齐了,请再审。"))
    assert "The case is reopened." in page.text


async def test_field_service_is_sent_and_reported(work, officer):
    case_id = await work.case(reason="R06", held_fen=500_000, source="system")
    here = f"/console/cases/{case_id}"
    page = await officer.page(here)
    page = officer.read(await officer.send(page.form("/commands/confirm_reason")))
    page = officer.read(await officer.send(page.form("/commands/dispatch_field"), note="请核对序列号"))
    page = officer.read(await officer.send(page.form("/commands/field_done"), note="一致"))
    page = officer.read(await officer.send(page.form("/commands/extend_evidence")))
    assert "The evidence period is extended." in page.text
    assert not page.has_form("/commands/extend_evidence")


async def test_a_log_in_is_reset_by_the_one_time_password(work):
    case_id = await work.case(reason="S01", held_fen=0, kind="txn_block", source="system")
    house = work.house
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="S01")
    await work.do(house.merchant1, case_id, "open_appeal", statement="手机丢失")
    assert (await house.merchant1.upload(case_id, "D03", PNG, "id.png")).status_code == 201
    await work.do(house.merchant1, case_id, "submit", declaration=True)
    await work.until(case_id, "in_review_1")
    await judged(work, case_id)
    amounts = {"release_fen": 0, "penalty_fen": 0, "claims_fen": 0}
    await work.do(house.supervisor1, case_id, "approve", **amounts, reason="ok")
    await work.until(case_id, "pre_release_actions")
    merchant = await as_(house, "merchant1")
    page = await merchant.page(f"/portal/cases/{case_id}")
    page = merchant.read(await merchant.send(page.form("/commands/reset_credentials"), otp="000000"), 409)
    assert "one-time password is wrong" in page.text
    otp = one_time_password(one_time_key(house.config.payload_key), case_id)
    page = merchant.read(await merchant.send(page.form("/commands/reset_credentials"), otp=otp))
    assert "The log-in is reset." in page.text


async def test_a_returned_payout_is_sent_to_another_account(work):
    house = work.house
    case_id = await work.in_review(reason="R03", held_fen=700_000)
    await judged(work, case_id)
    amounts = {"release_fen": 700_000, "penalty_fen": 0, "claims_fen": 0}
    for reviewer in (house.supervisor1, house.reviewer1):
        await work.do(reviewer, case_id, "approve", **amounts, reason="ok")
    await bank_says(work, case_id, "bounced", reason="account_closed")
    await work.until(case_id, "post_actions")
    merchant = await as_(house, "merchant1")
    theirs = f"/portal/cases/{case_id}"
    page = await until(merchant, theirs, "another account is needed")
    account = {"holder": "上海融雪贸易有限公司", "number": "6222021001116245710", "bank": "中国银行"}
    page = merchant.read(await merchant.send(page.form("/commands/new_account"), **account))
    assert "6222021001116245710" not in page.text
    page = await until(merchant, theirs, "the new account awaits approval")
    page = merchant.read(await merchant.send(page.form("/commands/sign_agreement"), signature_ref="ESIGN-1"))
    assert "The signature of the agreement is recorded." in page.text
    for name in ("supervisor1", "reviewer1"):
        reviewer = await as_(house, name)
        page = await until(reviewer, f"/console/cases/{case_id}", "the new account awaits approval")
        page = reviewer.read(await reviewer.send(page.form("/commands/approve_account"), reason="同名"))
        assert "The new account is approved." in page.text


async def test_the_portal_leads_to_the_page_on_which_the_agreement_is_signed(work: Work):
    house = work.house
    case_id = await work.in_review(reason="R03", held_fen=0)
    key = f"{case_id}:agreement:1"
    link = await house.desk.vault.put(subject_of("898310058120001"), "link", {"url": "https://sign.example/s/1"})
    work.hands.agreements[key] = AgreementState("", "", "5e" * 32, "2027-01-10T02:00:00.000000+00:00", link)
    await judged(work, case_id)
    amounts = {"release_fen": 0, "penalty_fen": 0, "claims_fen": 0}
    for reviewer in (house.supervisor1, house.reviewer1):
        await work.do(reviewer, case_id, "approve", **amounts, reason="ok")
    merchant = await as_(house, "merchant1")
    theirs = f"/portal/cases/{case_id}"
    page = await until(merchant, theirs, "Open the signing page")
    assert page.form("/commands/sign_agreement")
    led = await merchant.get(f"{theirs}/agreement", follow=False)
    assert (led.status_code, led.headers["location"]) == (303, "https://sign.example/s/1")
    told = await house.merchant1.get(f"/api/v1/cases/{case_id}/agreement")
    assert told.json()["sign_url"] == "https://sign.example/s/1"
    assert (await house.officer1.get(f"/api/v1/cases/{case_id}/agreement")).status_code == 403
    said = {"message_ref": f"{key}-s", "case_id": case_id, "step_key": key, "outcome": "signed",
            "signature_ref": "SIG-1", "occurred_at": "2026-11-23T10:00:00+08:00"}  # fmt: skip
    assert (await signed(house, "contracts", said)).json()["state"] == "accepted"
    await work.until(case_id, "closed_released")
    assert (await signed(house, "contracts", said)).json()["state"] == "duplicate"
    other = said | {"message_ref": f"{key}-d", "outcome": "declined"}
    assert (await signed(house, "contracts", other)).json()["state"] == "discrepancy"
    assert (await house.merchant1.get(f"/api/v1/cases/{case_id}/agreement")).status_code == 404


async def test_what_a_partner_refuses_stands_on_the_page_of_those_who_work_on_the_case(work: Work):
    work.hands.next("terminals.block", refusing("terminal-retired"))
    case_id = await work.case(held_fen=0)
    officer = await as_(work.house, "officer1")
    page = await until(officer, f"/console/cases/{case_id}", "refused with terminal-retired")
    assert "Besides, for operations to put right: terminal management refuses to block the terminal." in page.text
    (shown,) = (await work.view(case_id))["discrepancies"]
    assert (shown["effect"], shown["code"]) == ("block", "terminal-retired")
    chinese = await as_(work.house, "officer1", "zh")
    assert "另有待运营处理:终端管理系统拒绝“锁定终端”" in (await chinese.page(f"/console/cases/{case_id}")).text
    merchant = await as_(work.house, "merchant1")
    assert "terminal management" not in (await merchant.page(f"/portal/cases/{case_id}")).text
    assert (await work.view(case_id, work.house.merchant1))["discrepancies"] == []
