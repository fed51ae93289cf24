"""Whole cases, from the freeze to their ends, by what people and partners can do from outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from samples.numbers import account_number_of, with_wrong_check_digit
from samples.papers import render
from samples.portfolio import merchants
from tests.blackbox.desk import Case, Desk, eventually

SLIPS = (2_980_000, 2_450_000, 1_862_000, 1_350_000)
HOTEL, PHARMACY = "898420158120007", "898330258120012"


def sales_of(case_fen: tuple[int, ...]) -> list[dict[str, object]]:
    """The sales risk control questions."""
    return [
        {
            "ref": f"T{n}",
            "amount_fen": fen,
            "at": f"2026-11-02T1{n}:05:00+08:00",
            "last4": f"48{n}1",
            "terminal_id": "31000001",
        }
        for n, fen in enumerate(case_fen, 1)
    ]


def test_scenario_1_four_slips_two_reviewers_full_release_and_the_banks_second_word_is_ignored(desk: Desk) -> None:
    case = desk.freeze("R01", fen=sum(SLIPS), transactions=sales_of(SLIPS))
    assert case.fen == 8_642_000
    repeat = desk.call("robot1", "POST", "/controls", json=case.control)
    assert (repeat.status_code, repeat.json()["case_id"]) == (200, case.case_id)
    case.open()
    facts = merchants()[case.merchant_no].papers(terminal_sn=case.terminal_sn)
    for doc_type in ("D01", "D03"):
        assert case.upload(doc_type, render(doc_type, facts, form="pdf"), "paper.pdf").status_code == 201
    for n, fen in enumerate(SLIPS):
        said = replace(facts, amount_fen=fen, transaction_ref=f"2026{case.case_id[-8:]}S{n}", items=(("商品", fen),))
        assert case.upload("D06", render("D06", said)).status_code == 201
        assert case.upload("D07", render("D07", said, form="pdf"), "invoice.pdf").status_code == 201
    seen = case.submit()
    assert seen["status"] == "in_review_1", seen["requirements"]["errors"]
    assert {d["state"] for d in seen["documents"] if d["type"] in {"D01", "D03"}} == {"passed"}
    case.judge("reviewer1")

    case.approved("reviewer1")
    assert case.see()["status"] == "in_review_2"
    assert case.see()["tier"] == "L2"
    case.approved("reviewer2")

    done = case.until("closed_released")
    assert done["money"] == {
        "held_fen": 8_642_000, "released_fen": 8_642_000, "penalty_fen": 0, "claims_fen": 0, "remaining_fen": 0
    }  # fmt: skip
    case.is_settled_once()
    word = next(event for event in case.events() if event["type"] == "PayoutAnswered")
    before = case.postings()
    heard = desk.callback("bank", {**word["data"], "case_id": case.case_id, "occurred_at": word["occurred_at"]})
    assert (heard.status_code, heard.json()["state"]) == (200, "duplicate")
    eventually(case.types, lambda types: "CallbackIgnored" in types, "the second word is journaled")
    assert case.postings() == before
    assert case.see()["status"] == "closed_released"


def test_scenario_3_of_two_decisions_at_once_one_counts_and_its_author_may_not_decide_again(desk: Desk) -> None:
    case = desk.freeze("R02", fen=6_000_000).ready()
    version = case.see()["version"]
    with ThreadPoolExecutor(2) as both:
        approval = both.submit(case.approve, "reviewer1", version=version)
        fields = {"reason_code": "R02", "reason": "材料不足", "version": version}
        rejection = both.submit(case.ask, "reviewer2", "reject", **fields)

    ends = {
        "reviewer1": desk.end("reviewer1", approval.result()),
        "reviewer2": desk.end("reviewer2", rejection.result()),
    }
    assert sorted(status for status, _ in ends.values()) == [200, 409], ends
    (winner,) = (who for who, (status, _) in ends.items() if status == 200)
    (lost,) = (answer for status, answer in ends.values() if status == 409)
    assert lost["code"] in {"stale-version", "claimed-by-another"}
    assert case.until("in_review_2")["version"] == version + 1
    assert {"FirstApproval", "RejectProposed"} & set(case.types())

    again = case.approve(winner)
    assert (again.status_code, again.json()["code"]) == (403, "four-eyes")
    assert again.json()["type"] == "urn:thaw:refused:four-eyes"

    if winner == "reviewer1":
        case.approved("reviewer3")
    else:
        case.give("reviewer3", "reject", reason_code="R02", reason="材料不足")
    case.until("closed_released" if winner == "reviewer1" else "closed_rejected")
    case.adds_up()


def test_a_paper_the_machine_refuses_then_three_rounds_no_fourth_and_a_release(desk: Desk) -> None:
    case = desk.freeze("R01", fen=320_000)
    case.open()
    facts = merchants()[case.merchant_no].papers()
    wrong = replace(facts, uscc=with_wrong_check_digit(facts.uscc))
    assert case.upload("D01", render("D01", wrong)).status_code == 201
    seen = case.submit()
    assert seen["status"] == "awaiting_supplement"
    (error,) = seen["requirements"]["errors"]
    assert error["requirement"] == "D01"
    assert "check digit" in error["reason_en"]
    assert "校验位" in error["reason_zh"]
    assert seen["rounds"] == 0

    supplied(case, "D01")
    for round_, doc_type in enumerate(("D06", "D07", "D06"), 1):
        case.give("reviewer1", "request_supplement", items=[{"doc_type": doc_type, "reason": "不清晰"}])
        refused = case.upload("D03", render("D03", facts))
        assert (refused.status_code, refused.json()["code"]) == (409, "not-asked-for")
        assert supplied(case, doc_type)["rounds"] == round_
    fourth = case.ask("reviewer1", "request_supplement", items=[{"doc_type": "D07", "reason": "不清晰"}])
    assert (fourth.status_code, fourth.json()["code"]) == (409, "rounds-exhausted")

    case.judge("reviewer1")
    case.approved("reviewer1")
    case.until("closed_released")
    case.is_settled_once()


def supplied(case: Case, doc_type: str) -> dict[str, object]:
    """The merchant files what was sent back, resubmits, and the machine is content."""
    case.file(doc_type)
    case.give(case.owner, "resubmit")
    return case.until("in_review_1")


def test_three_rounds_may_end_in_a_rejection_that_keeps_the_control(desk: Desk, appeal: Case) -> None:
    for _ in range(3):
        appeal.give("reviewer1", "request_supplement", items=[{"doc_type": "D08", "reason": "期间不足三个月"}])
        supplied(appeal, "D08")
    appeal.give("reviewer1", "reject", reason_code="R02", reason="三次补件仍不足")

    seen = appeal.until("closed_rejected")
    assert [control["state"] for control in seen["controls"]] == ["on"]
    assert seen["money"]["remaining_fen"] == appeal.fen
    appeal.adds_up()


def test_a_payout_to_a_closed_account_asks_for_another_and_two_people_approve_it(desk: Desk) -> None:
    case = desk.freeze("R02", fen=90_000, owner=desk.log_in_for(HOTEL), merchant_no=HOTEL).ready()
    held_at = merchants()[HOTEL].body()["settlement_account"]
    account = {"holder": held_at["holder"], "bank": held_at["bank"]}
    desk.partner("bank", "PUT", f"/accounts/{held_at['number']}", {**account, "state": "closed"})
    case.approved("reviewer1")

    seen = case.until("post_actions")
    assert seen["payout"]["state"] == "account_needed"
    assert seen["waiting_on"]["who"] == "merchant"
    assert desk.get("officer1", f"/terminals/{case.terminal_sn}")["may_transact"] is True
    suspense = desk.partner("ledger", "GET", f"/merchants/{HOTEL}/balances")["balances"]["refund_suspense"]
    assert suspense >= 90_000

    case.give(case.owner, "new_account", settlement_account={**account, "number": account_number_of(77)})
    eventually(case.see, lambda seen: seen["payout"]["state"] == "account_checked", "the account is checked")
    case.give("reviewer2", "approve_account", reason="同名")
    same = case.ask("reviewer2", "approve_account", reason="同名")
    assert (same.status_code, same.json()["code"]) == (403, "four-eyes")
    case.give("reviewer3", "approve_account", reason="同名")

    case.until("closed_released")
    kinds = [posting["kind"] for posting in case.postings()]
    assert kinds == ["hold", "release", "payout", "payout_bounced", "payout_resent", "payout_confirmed"]
    case.adds_up()


def test_a_partner_that_is_away_in_the_middle_of_a_release_is_waited_for(desk: Desk) -> None:
    case = desk.freeze("R02", fen=50_000, owner=desk.log_in_for(PHARMACY), merchant_no=PHARMACY)
    block = {**case.control, "kind": "txn_block", "held_amount_fen": 0, "external_ref": f"{case.terminal_sn}-block"}
    assert desk.post("robot1", "/controls", block)["case_id"] == case.case_id
    eventually(lambda: terminal_of(desk, case)["may_transact"], lambda may: not may, "the terminal is blocked")
    case.ready()
    with desk.fault("terminals", outage=True):
        case.approved("reviewer1")
        seen = eventually(
            case.see, lambda seen: "terminal management" in seen["waiting_on"]["sentence"], "it waits for the partner"
        )
        assert (seen["status"], seen["waiting_on"]["who"]) == ("executing", "partner")
        assert seen["money"]["released_fen"] == 50_000

    case.until("closed_released")
    assert terminal_of(desk, case)["may_transact"] is True
    case.is_settled_once()


def terminal_of(desk: Desk, case: Case) -> dict[str, object]:
    """The terminal as terminal management has it."""
    found: dict[str, object] = desk.partner("terminals", "GET", f"/terminals/{case.terminal_sn}")
    return found


def test_answers_that_are_lost_are_asked_for_and_nothing_is_done_twice(desk: Desk, appeal: Case) -> None:
    with desk.fault("ledger", lose_answers=2), desk.fault("bank", lose_answers=1, duplicate_callbacks=1):
        appeal.approved("reviewer1")
        appeal.until("closed_released")

    assert "StepUnknown" in appeal.types()
    appeal.is_settled_once()


def test_verification_that_is_away_holds_the_case_and_goes_on_when_it_is_back(desk: Desk) -> None:
    case = desk.freeze()
    case.open()
    with desk.fault("documents", outage=True):
        case.file("D06")
        case.file("D08")
        case.give(case.owner, "submit", declaration=True)
        seen = case.until("pending_check")
        assert "document verification" in seen["waiting_on"]["sentence"]

    assert case.until("in_review_1")["documents"][0]["state"] == "unsure"
