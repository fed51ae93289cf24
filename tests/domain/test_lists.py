"""What the lists show: a case's row, its tasks, its controls, and what a caller may do. Spec: api.md; README, 3."""

from typing import Any

import pytest

from domain import commands as c
from domain.actors import Actor
from domain.business_time import parse_time
from domain.case import Case, Status
from domain.listing import allowed_commands, changes, control_rows, summary, tasks
from domain.text import Text
from tests.domain.appeals import HELD, Appeal, a_control, approve, carry_out, tell
from tests.domain.specification import (
    AUDITOR,
    COMPLIANCE,
    ENGINEER,
    MERCHANT,
    OFFICER,
    OTHER_MERCHANT,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    ROBOT,
    SUPERVISOR,
    Past,
    given,
)


def tasks_of(case: Case) -> list[dict[str, Any]]:
    return tasks(case, POLICY, case.since)


def test_the_row_of_a_case_shows_what_people_sort_by(appeal_awaiting_first_review: Past) -> None:
    row = summary(appeal_awaiting_first_review.case, POLICY)
    assert row["status"] == "in_review_1"
    assert row["tier"] == "L2"
    assert row["held_fen"] == HELD
    assert (row["open"], row["live"]) == (True, True)
    assert row["due_at"] == appeal_awaiting_first_review.case.dues["review"].due
    assert (row["reason_code"], row["public_reason_code"]) == ("R01", "R01")


def test_the_row_of_an_aml_case_has_the_public_reason_beside_the_real_one() -> None:
    row = summary(Appeal.of("J02").frozen().case, POLICY)
    assert (row["reason_code"], row["public_reason_code"]) == ("J02", "Q05")


def test_a_closed_case_is_live_while_it_is_watched_and_not_afterwards(appeal_released: Past) -> None:
    past = tell(given(appeal_released))
    assert (summary(past.case, POLICY)["open"], summary(past.case, POLICY)["live"]) == (False, True)
    past = past.when_due("monitoring").accepted
    assert summary(past.case, POLICY)["live"] is False


def test_only_what_may_have_changed_in_a_row_is_written_again() -> None:
    before = summary(Appeal.of("R01").frozen().case, POLICY)
    assert changes({}, before) == before
    assert changes(before, before) == changes(before, before | {"version": 9}) == {}
    waiting = {name: before[name] for name in ("due_at", "waiting_on", "waiting_since", "sentence_zh", "sentence_en")}
    assert changes(before, before | {"sentence_en": "Waiting."}) == waiting | {"sentence_en": "Waiting."}
    assert changes(before, before | {"tier": "L3"}) == before | {"tier": "L3"}


# --- tasks ----------------------------------------------------------------------------------------------------------


def test_a_review_is_a_task_for_the_roles_of_its_tier(appeal_awaiting_first_review: Past) -> None:
    (task,) = tasks_of(appeal_awaiting_first_review.case)
    assert (task["kind"], task["level"], task["roles"]) == ("review_1", "L2", ["reviewer", "supervisor"])
    assert task["excluded"] == ["merchant1", "risk-desk"]
    assert task["due_at"] == appeal_awaiting_first_review.case.dues["review"].due


def test_the_second_review_excludes_everyone_who_took_part(appeal_awaiting_second_review: Past) -> None:
    (task,) = tasks_of(appeal_awaiting_second_review.case)
    assert task["kind"] == "review_2"
    assert task["excluded"] == ["merchant1", "officer1", "reviewer1", "risk-desk"]


def test_the_queue_ranks_by_due_time_less_what_tier_and_amount_are_worth(appeal_awaiting_first_review: Past) -> None:
    (task,) = tasks_of(appeal_awaiting_first_review.case)
    worth = task["priority"]["tier_boost_minutes"] + task["priority"]["amount_boost_minutes"]
    assert task["priority"]["tier_boost_minutes"] == 120
    assert task["priority"]["amount_boost_minutes"] == 120
    assert (parse_time(task["due_at"]) - parse_time(task["rank_at"])).total_seconds() == worth * 60


def test_a_reassigned_review_is_a_task_of_its_own(appeal_awaiting_first_review: Past) -> None:
    before = tasks_of(appeal_awaiting_first_review.case)[0]["task_id"]
    past = given(appeal_awaiting_first_review).when_due("review").accepted
    assert tasks_of(past.case)[0]["task_id"] != before


def test_a_case_with_a_penalty_has_a_second_review_that_somebody_may_take() -> None:
    past = Appeal().awaiting_first_review().when(approve(2_000_000, 1_000_000), by=REVIEWER_1).accepted
    (task,) = tasks_of(past.case)
    assert task["roles"] == ["reviewer", "supervisor"]


def test_a_hold_due_for_justification_is_a_task_also_when_the_case_is_closed(appeal_rejected: Past) -> None:
    past = given(appeal_rejected).when_due("hold:C1").accepted
    (task,) = tasks_of(past.case)
    assert (task["kind"], task["level"], task["excluded"]) == ("hold_rejustify", "L2", ["risk-desk"])
    assert tasks_of(past.when(c.Rejustify("goes on"), by=OFFICER).accepted.case) == []


def test_a_checked_account_is_a_task_for_one_person_and_then_for_another() -> None:
    past = carry_out(Appeal().executing(), "bounced")
    past = past.when(c.NewAccount("vault:account-2"), by=MERCHANT).accepted
    assert tasks_of(past.case) == []
    past = past.when(c.RecordAccountCheck(matches=True, finding=Text("同名。", "Same."))).accepted
    (first,) = tasks_of(past.case)
    assert (first["kind"], first["level"]) == ("account_check", "L2")
    past = past.when(c.ApproveAccount("theirs"), by=REVIEWER_3).accepted
    (second,) = tasks_of(past.case)
    assert second["task_id"] != first["task_id"]
    assert {"reviewer3", "reviewer1"} <= set(second["excluded"])


# --- controls -------------------------------------------------------------------------------------------------------


def test_a_terminals_page_shows_each_control_and_whether_it_blocks() -> None:
    past = Appeal(a_control(kind="txn_block", held_fen=0, scope=("debit", "qr"))).frozen()
    (row,) = control_rows(past.case)
    assert (row["blocking"], row["state"], row["scope"], row["held_fen"]) == (True, "on", ["debit", "qr"], 0)


def test_a_released_control_shows_as_lifted(appeal_released: Past) -> None:
    (row,) = control_rows(appeal_released.case)
    assert (row["state"], row["held_fen"]) == ("lifted", 0)


# --- allowed commands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "actor", "commands"),
    [
        ("terminal_frozen", OFFICER, {"confirm_reason", "withdraw"}),
        ("appeal_reason_confirmed", MERCHANT, {"open_appeal", "extend_evidence", "withdraw"}),
        ("appeal_in_draft", MERCHANT, {"extend_evidence", "submit", "withdraw"}),
        ("appeal_awaiting_supplement", MERCHANT, {"resubmit", "withdraw"}),
        (
            "appeal_awaiting_first_review",
            REVIEWER_1,
            {"judge_document", "waive", "request_supplement", "approve", "reject"},
        ),
        ("appeal_awaiting_second_review", REVIEWER_2, {"approve", "reject", "return_review"}),
        ("appeal_awaiting_second_review", REVIEWER_1, set()),
        ("appeal_awaiting_second_review", COMPLIANCE, {"place_legal_hold"}),
        ("appeal_rejected", MERCHANT, {"reopen"}),
        ("appeal_released", MERCHANT, set()),
        ("appeal_awaiting_first_review", AUDITOR, set()),
        ("appeal_awaiting_first_review", ENGINEER, set()),
        ("appeal_in_draft", OTHER_MERCHANT, set()),
    ],
)
def test_a_caller_is_offered_what_they_may_do_now(
    state: str, actor: Actor, commands: set[str], request: pytest.FixtureRequest
) -> None:
    offered = set(allowed_commands(request.getfixturevalue(state).case, actor, POLICY))
    assert offered - {"place_legal_hold"} == commands - {"place_legal_hold"}


def test_the_robot_is_offered_only_what_its_tier_allows(appeal_awaiting_first_review: Past) -> None:
    assert allowed_commands(appeal_awaiting_first_review.case, ROBOT, POLICY) == []
    lock_out = Appeal.of("S03", kind="txn_block", held_fen=0).checked()
    assert allowed_commands(lock_out.case, ROBOT, POLICY) == ["approve"]


def test_the_signature_is_offered_until_it_is_given() -> None:
    past = carry_out(Appeal.of("R03").executing()).now(Status.POST_ACTIONS)
    assert allowed_commands(past.case, MERCHANT, POLICY) == ["sign_agreement"]
    assert allowed_commands(past.case, SUPERVISOR, POLICY) == []
