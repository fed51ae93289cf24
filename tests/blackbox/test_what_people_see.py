"""Who sees what: one sentence everywhere, no tipping-off, and four eyes on every way in."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

from tests.blackbox.desk import BIN, Case, Desk, control, eventually

TELLING = ("J02", "AML", "D25", "反洗钱", "launder", "suspicio", "可疑")


def suspected(desk: Desk) -> Case:
    """A case for suspected money laundering, which the merchant is told of as a routine review; confirmed."""
    terminal = desk.new_terminal()
    body = control(terminal, "J02", 60_000, source="AML")
    placed = desk.post("compliance1", "/controls", body)
    case = Case(desk, placed["case_id"], terminal, 60_000, "merchant1", body, desk.merchant_no)
    desk.cases.append(case)
    case.confirm()
    eventually(lambda: mails(desk, case), lambda told: len(told) >= 2, "the merchant is told")
    eventually(case.see, lambda seen: all(c["in_force"] for c in seen["controls"]), "the control is in force")
    return case


def mails(desk: Desk, case: Case) -> list[dict[str, str]]:
    found: list[dict[str, str]] = desk.partner("notices", "GET", f"/mailbox.json?case_id={case.case_id}")["messages"]
    return found


def routine_review() -> tuple[str, str]:
    """The words of a routine review (Q05) in zh and en, as the policy has them."""
    (folder,) = sorted(Path("policies").glob("20*"))[-1:]
    with (folder / "reasons.csv").open(encoding="utf-8") as file:
        (row,) = (row for row in csv.DictReader(file) if row["code"] == "Q05")
    return row["merchant_zh"], row["merchant_en"]


def test_to_the_merchant_an_aml_case_is_a_routine_review_without_a_code(desk: Desk) -> None:
    case = suspected(desk)
    zh, en = routine_review()

    seen = desk.get("merchant1", case.path)
    assert (seen["reason_code"], seen["tier"]) == (None, None)
    assert (seen["reason"]["text_zh"], seen["reason"]["text_en"]) == (zh, en)
    assert seen["requirements"]["disabled_reason"] == en
    asked = {*seen["requirements"]["currently_due"], *(document["type"] for document in seen["documents"])}
    assert asked == {"D03", "D12"}
    paths = (case.path, f"{case.path}/events", f"/terminals/{case.terminal_sn}", "/cases?limit=200")
    for shown in [*(json.dumps(desk.get("merchant1", path), ensure_ascii=False) for path in paths), *words(desk, case)]:
        assert not [word for word in TELLING if word in shown]
    assert any(zh in told for told in words(desk, case))
    assert case.see()["reason_code"] == "J02"


def words(desk: Desk, case: Case) -> list[str]:
    return [f"{mail['subject']} {mail['text']}" for mail in mails(desk, case)]


def test_the_due_diligence_form_shows_to_no_merchant(desk: Desk) -> None:
    case = suspected(desk)
    filed = case.file("D25", who="compliance1")

    hidden = desk.call("merchant1", "GET", f"{case.path}/documents/{filed['document_id']}")
    assert hidden.status_code == 404
    assert {document["type"] for document in desk.get("merchant1", case.path)["documents"]} <= {"D03"}
    assert "DocumentAdded" not in [event["type"] for event in desk.get("merchant1", f"{case.path}/events")]
    refused = case.upload("D25", b"x", who="merchant1")
    assert refused.status_code == 422
    assert "D25" not in refused.text


def test_a_search_for_the_secret_reason_finds_nothing_for_the_merchant(desk: Desk) -> None:
    for query in ("reason=J02", "q=J02", "tier=L3"):
        found = desk.get("merchant1", f"/cases?{query}&limit=200")["items"]
        assert "J02" not in json.dumps(found)
    assert desk.get("merchant1", "/cases?reason=J02")["items"] == []


def test_the_reviewer_who_decided_first_finds_no_way_to_decide_second(desk: Desk) -> None:
    case = desk.freeze("R02", fen=5_500_000).ready()
    case.approved("reviewer1")
    case.until("in_review_2")

    by_command = case.approve("reviewer1")
    assert (by_command.status_code, by_command.json()["code"]) == (403, "four-eyes")
    queue = desk.get("reviewer1", "/queue?limit=200")["items"]
    assert case.case_id not in {task["case_id"] for task in queue}
    (task,) = (task for task in desk.get("reviewer2", "/queue?limit=200")["items"] if task["case_id"] == case.case_id)
    by_claim = desk.call("reviewer1", "POST", f"/tasks/{task['task_id']}/claim")
    assert (by_claim.status_code, by_claim.json()["code"]) == (403, "excluded")
    rejected = case.ask("reviewer1", "reject", reason_code="R02", reason="改判")
    returned = case.ask("reviewer1", "return_review", reason="退回")
    assert [answer.json()["code"] for answer in (rejected, returned)] == ["four-eyes", "four-eyes"]
    assert "approve" not in desk.get("reviewer1", case.path)["allowed_commands"]
    by_hand = desk.thaw("review", "approve", case.case_id, "--as", "reviewer1", "--reason", "复核", "--json")
    assert by_hand.returncode == 1
    assert "four-eyes" in by_hand.stdout

    by_signal(desk, case, "reviewer1", ["reviewer"])
    refused = eventually(
        case.events, lambda events: any(e["type"] == "CommandRefused" for e in events), "the signal is refused"
    )
    (event,) = (event for event in refused if event["type"] == "CommandRefused")
    assert event["data"]["code"] == "four-eyes"
    assert case.see()["status"] == "in_review_2"

    case.approved("reviewer2")
    case.until("closed_released")


def by_signal(desk: Desk, case: Case, name: str, roles: list[str]) -> None:
    """The same approval as a signal, as an engineer with Temporal's own command could send it."""
    body = {"release_fen": case.fen, "penalty_fen": 0, "claims_fen": 0, "reason": "复核"}
    order = {
        "name": "approve",
        "body": json.dumps(body),
        "command_id": f"by-signal-{case.case_id}",
        "by": {"name": name, "roles": roles, "merchant_no": None},
        "seen": case.see()["version"],
    }
    sent = subprocess.run(
        [BIN / "temporal", "workflow", "signal", "-w", case.case_id, "--name", "ask", "--input", json.dumps(order),
         "--address", desk.stack["temporal_address"], "--codec-endpoint", f"{desk.stack['desk']}/codec"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert sent.returncode == 0, sent.stderr


def test_whoever_placed_the_control_or_filed_evidence_may_not_review(desk: Desk) -> None:
    placed = suspected(desk)
    placed.give("merchant1", "open_appeal", statement="请予解除")
    assert placed.submit()["status"] == "in_review_1"
    document = next(d for d in placed.see()["documents"] if d["type"] == "D12")
    judged = placed.ask(
        "compliance1", "judge_document", document_id=document["document_id"], verdict="accept", reason="一致"
    )
    assert (judged.status_code, judged.json()["code"]) == (403, "four-eyes")


def test_the_workflows_details_are_the_sentence_the_api_tells_for_every_case(desk: Desk) -> None:
    """Runs over whatever cases the tests before have left behind, and one of its own."""
    desk.freeze()
    for case in desk.cases:
        if "finished" in case.see()["waiting_on"]["sentence"]:
            continue
        eventually(
            lambda case=case: (desk.details(case.case_id), case.see()["waiting_on"]["sentence"]),
            lambda both: both[0] == both[1],
            f"the details of {case.case_id} are its sentence",
            seconds=20,
        )


def test_personal_data_is_masked_until_it_is_asked_for_with_a_purpose(desk: Desk) -> None:
    path = f"/merchants/{desk.merchant_no}"
    purpose = {"purpose": "caller_check", "note": "the caller names the account"}
    whole = desk.post("officer1", f"{path}/unmask", purpose)
    for masked in (desk.get("officer1", path), desk.get("auditor1", path)):
        assert whole["legal_representative"]["resident_id"] not in json.dumps(masked)
        assert whole["contacts"][0]["phone"] not in json.dumps(masked)
        assert "*" in masked["settlement_account"]["number"]
    assert desk.call("robot1", "POST", f"{path}/unmask", json=purpose).status_code == 403
