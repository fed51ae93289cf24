"""What people are told, each thing once. Spec: README, 11; timers.csv; transitions.csv, effects."""

import json
import re

import pytest

from domain import commands as c
from domain.case import Case, OwedNotice
from domain.events import MessageRecorded, NoticeSent
from tests.domain.appeals import Appeal, carry_out, carry_out_until, tell
from tests.domain.specification import CASE_ID, MERCHANT, Past, given
from workflows.orders import for_step


def to_merchant(case: Case) -> list[str]:
    return [owed.notice for owed in case.owed if owed.audience == "merchant"]


@pytest.mark.parametrize(
    ("state", "notice"),
    [
        ("terminal_just_frozen", "freeze_notice"),
        ("appeal_reason_confirmed", "reason_confirmed"),
        ("appeal_submitted", "submitted"),
        ("appeal_awaiting_supplement", "supplement_requested"),
        ("appeal_released", "case_closed"),
        ("appeal_rejected", "rejected"),
        ("appeal_withdrawn", "withdrawn"),
        ("appeal_expired", "expired"),
    ],
)
def test_each_turn_of_the_case_is_told_to_the_merchant(state: str, notice: str, request: pytest.FixtureRequest) -> None:
    assert to_merchant(request.getfixturevalue(state).case)[-1] == notice


def test_a_notice_is_owed_until_it_is_sent_and_sent_once(terminal_just_frozen: Past) -> None:
    owed = terminal_just_frozen.case.owed[0]
    sent = c.RecordNotice(owed.key, owed.notice, "sms", "receipt-1", owed.key)
    past = given(terminal_just_frozen).when(sent).then(NoticeSent)
    assert past.case.owed == ()
    assert past.case.version == terminal_just_frozen.case.version
    past.when(sent).then("already-done")


def test_every_notice_has_a_key_of_its_own(appeal_released: Past) -> None:
    keys = [owed.key for owed in appeal_released.case.owed]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith(f"{CASE_ID}:notice:") for key in keys)


def test_a_notice_names_its_deadline(appeal_awaiting_supplement: Past) -> None:
    case = appeal_awaiting_supplement.case
    assert case.owed[-1] == OwedNotice(
        case.owed[-1].key, "supplement_requested", "merchant", (("due", case.dues["supplement"].due),)
    )


def test_the_merchant_is_told_why_and_until_when_they_may_appeal_again(appeal_rejected: Past) -> None:
    facts = dict(appeal_rejected.case.owed[-1].facts)
    assert facts == {"rejected_for": "R01", "due": appeal_rejected.case.dues["reopen"].due}


def test_reviewers_acts_before_a_decision_are_not_told(appeal_awaiting_second_review: Past) -> None:
    before = given(appeal_awaiting_second_review)
    assert to_merchant(before.case)[-1] == "submitted"


def test_what_operations_and_leads_are_told_the_merchant_is_not(appeal_executing: Past) -> None:
    past = given(appeal_executing).when(c.FailStep(1, "insufficient-held")).accepted
    assert [owed.audience for owed in past.case.owed if owed.notice == "execution_failed"] == ["operations"]


def test_a_message_is_kept_with_the_case(appeal_in_draft: Past) -> None:
    given(appeal_in_draft).when(c.PostMessage("merchant", "vault:text-1"), by=MERCHANT).then(
        MessageRecorded("merchant", "vault:text-1")
    )


def test_events_hold_no_number_that_looks_like_a_persons_and_no_money_but_whole_fen(appeal_released: Past) -> None:
    for entry in appeal_released.entries:
        json.loads(entry.data, parse_float=pytest.fail)
        text = re.sub(r'"(sha256|merchant_no)":"[0-9a-f]+"', "", entry.data)
        assert not re.search(r"(?<![\d])\d{15,19}(?![\d])", text), "a card or an identity card"
        assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text), "a telephone"


# --- an AML case ----------------------------------------------------------------------------------------------------


def test_an_aml_case_tells_the_merchant_what_a_routine_review_would() -> None:
    """Same notices, same facts but for the hold's size, and nowhere the reason or the form it needs."""
    secret, routine = Appeal.of("J02"), Appeal.of("R02")
    for path in ("just_frozen", "reason_confirmed", "submitted", "awaiting_first_review", "rejected"):
        told, ordinary = getattr(secret, path)().case, getattr(routine, path)().case
        assert to_merchant(told) == to_merchant(ordinary)
        assert "J02" not in str([owed for owed in told.owed if owed.audience == "merchant"])
        assert "D25" not in str([owed for owed in told.owed if owed.audience == "merchant"])


def test_a_rejection_for_a_secret_reason_is_told_as_the_public_one() -> None:
    facts = dict(Appeal.of("J02").rejected().case.owed[-1].facts)
    assert facts["rejected_for"] == "Q05"


def test_no_refusal_of_a_merchants_command_names_a_secret_reason_or_its_form() -> None:
    appeal = Appeal.of("J02")
    refusals = []
    for path in ("frozen", "reason_confirmed", "draft", "submitted", "awaiting_first_review", "rejected", "withdrawn"):
        past = getattr(appeal, path)()
        for turn in c.PEOPLES.values():
            if "merchant" not in turn.roles or past.case.status not in turn.when:
                continue
            command = {
                c.OpenAppeal: c.OpenAppeal("vault:s"),
                c.Reopen: c.Reopen("vault:s"),
                c.Submit: c.Submit(declaration=True),
                c.Resubmit: c.Resubmit(),
            }.get(turn.command)
            decision = past.when(command, by=MERCHANT).decision if command else ()
            if not isinstance(decision, tuple):
                refusals.append(decision)
    assert len(refusals) > 1
    for refused in refusals:
        assert "J02" not in f"{refused.text.zh} {refused.text.en} {refused.facts}"
        assert "D25" not in f"{refused.text.zh} {refused.text.en} {refused.facts}"


@pytest.mark.parametrize("kept_fen", [0, 590_000])
def test_the_notice_of_a_release_says_what_stays_held(kept_fen: int) -> None:
    appeal = Appeal()
    reviewed = appeal.awaiting_first_review()
    approval = c.Approve(reviewed.case.remaining_fen - kept_fen, 0, 0, "the papers account for it")
    approved = reviewed.when(approval, by=appeal.first).accepted
    past = carry_out_until(approved.when(c.Execute()).accepted, "send_notice")
    assert past.case.release.in_flight is not None
    order = for_step(past.case, past.case.release.in_flight)
    assert (order.remaining_fen, order.public_reason) == (kept_fen, past.case.reason_code)


# --- over a whole case ----------------------------------------------------------------------------------------------


def test_a_case_with_everything_told_owes_nothing() -> None:
    past = carry_out(Appeal().executing())
    assert tell(past).case.owed == ()


def test_asking_twice_owes_two_notices(appeal_awaiting_supplement: Past) -> None:
    past = given(appeal_awaiting_supplement).when(c.Withdraw("x"), by=MERCHANT).accepted
    past = past.when(c.Reopen("vault:s"), by=MERCHANT).accepted
    assert to_merchant(past.case)[-3:] == ["supplement_requested", "withdrawn", "reopened"]
