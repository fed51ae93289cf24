"""kill -9 in the middle of a release, and an engine that stands still: nothing lost, nothing doubled.

Shown from the ledger (each posting once, books in balance) and from the journal (each step once, chains whole).
"""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from samples.papers import render
from samples.portfolio import merchants
from tests.blackbox.desk import Case, Desk, control, eventually

VICTIMS = [
    "worker-cases",
    "desk",
    "postgres",
    "temporal",
    pytest.param("worker-hands", marks=pytest.mark.chaos),
    pytest.param("relay", marks=pytest.mark.chaos),
    pytest.param("ledger", marks=pytest.mark.chaos),
]


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_release_survives_the_death_of_any_process(desk: Desk, appeal: Case, victim: str) -> None:
    with desk.fault("ledger", latency_ms=600):
        appeal.approved("reviewer1")
        eventually(appeal.types, lambda types: "StepDone" in types, "the first step is done")
        pid = desk.kill(victim)

    desk.all_running()
    assert desk.processes()[victim]["pid"] != pid
    appeal.until("closed_released")
    appeal.is_settled_once()
    books = desk.partner("ledger", "GET", "/trial-balance")
    assert books["difference_fen"] == 0
    verified = desk.thaw("journal", "verify", "--json")
    assert json.loads(verified.stdout)["sound"] is True
    sent = desk.partner("notices", "GET", f"/mailbox.json?case_id={appeal.case_id}&limit=500")["messages"]
    assert {message["copies"] for message in sent} == {1}
    closed = eventually(appeal.types, lambda types: "NoticeSent" in types[types.index("CaseClosed") :], "told")
    assert closed.count("CaseClosed") == 1


def test_while_the_engine_stands_still_commands_and_controls_are_taken_and_delivered_later_in_order(desk: Desk) -> None:
    case = desk.freeze()
    case.confirm()
    case.file("D06")
    desk.signal("temporal", signal.SIGSTOP)
    try:
        version = case.see()["version"]
        first = case.ask("merchant1", "open_appeal", statement="请予解除", version=version)
        assert first.status_code == 202, first.text
        upload = case.upload("D08", _statement(case))
        assert upload.status_code == 202, upload.text
        submitted = case.ask("merchant1", "submit", declaration=True, version=version)
        assert submitted.status_code == 202, submitted.text
        stored = [answer.json() for answer in (first, upload, submitted)]
        assert all(desk.get("merchant1", _own(told["status_url"]))["state"] == "pending" for told in stored)
        assert case.see()["status"] == "reason_confirmed"
        body = control(desk.new_terminal(), "R02", 70_000)
        taken = desk.call("robot1", "POST", "/controls", json=body)
        assert taken.status_code == 201, taken.text
    finally:
        desk.signal("temporal", signal.SIGCONT)

    ends = [_outcome(desk, told["status_url"]) for told in stored]
    done = [end["state"] for end in ends]
    assert done[:2] == ["done", "done"]
    types = case.types()
    assert types.index("AppealOpened") < _last(types, "DocumentAdded")
    if done[2] == "done":
        assert _last(types, "DocumentAdded") < types.index("CaseSubmitted")
    else:  # its version was one that earlier commands had passed: refused, journaled, and told to its author
        assert ends[2]["refusal"]["code"] == "stale-version"
        assert "CommandRefused" in types
        case.give("merchant1", "submit", declaration=True)
    case.until("in_review_1")
    other = desk.get("officer1", f"/cases/{taken.json()['case_id']}")
    assert other["status"] == "opened"
    eventually(
        lambda: desk.get("officer1", f"/cases/{taken.json()['case_id']}")["controls"][0]["in_force"], bool, "held"
    )


def _statement(case: Case) -> bytes:
    return render("D08", merchants()[case.merchant_no].papers(transaction_ref=case.case_id))


def _outcome(desk: Desk, status_url: str) -> dict[str, Any]:
    """What became of a stored command."""
    return eventually(lambda: desk.get("merchant1", _own(status_url)), _settled, "the command is delivered")


def _last(types: list[str], name: str) -> int:
    return len(types) - 1 - types[::-1].index(name)


def _own(status_url: str) -> str:
    return status_url.removeprefix("/api/v1")


def _settled(told: dict[str, object]) -> bool:
    return told["state"] != "pending"
