"""What a case waits for, in one sentence. Spec: api.md, waiting_on; README, 11."""

from datetime import date

import pytest

from domain import commands as c
from domain.case import Status
from domain.text import Text
from domain.waiting import waiting_on
from tests.domain.appeals import Appeal, carry_out, carry_out_until, enforce, finish, tell
from tests.domain.specification import MERCHANT, POLICY, REVIEWER_3, Past, given


def sentence(past: Past) -> str:
    return waiting_on(past.case, POLICY).sentence.en


SENTENCES = [
    ("terminal_frozen", "officer", "an officer since 2026-11-02 10:00: confirm the reason for the freeze"),
    (
        "appeal_reason_confirmed",
        "merchant",
        "the merchant since 2026-11-02 10:15 until end of 2026-11-16: open the appeal",
    ),
    ("appeal_in_draft", "merchant", "2026-11-02 10:20 until end of 2026-11-16: upload D01, D03, D06, D07 and submit"),
    ("appeal_with_documents", "merchant", "since 2026-11-02 10:20 until end of 2026-11-16: submit the appeal"),
    ("appeal_submitted", "desk", "the desk since 2026-11-02 10:45 until 2026-11-02 10:55: check the documents"),
    ("appeal_awaiting_first_review", "reviewer", "2026-11-02 10:50 until 2026-11-05 10:50: make the first decision"),
    ("appeal_awaiting_second_review", "reviewer", "until 2026-11-03 11:05: make the second decision (four eyes)"),
    ("appeal_awaiting_supplement", "merchant", "since 2026-11-02 11:05 until end of 2026-11-09: provide D06 anew"),
    ("appeal_approved", "desk", "the desk since 2026-11-02 11:10 until 2026-11-09 11:10: start the release"),
    ("appeal_executing", "partner", "the ledger since 2026-11-02 11:15 until 2026-11-02 12:15: complete reserve"),
    ("appeal_rejected", "merchant", "until 2026-12-02 11:10: the case is closed; it may be reopened until then"),
]


@pytest.mark.parametrize(("state", "who", "en"), SENTENCES)
def test_the_sentence_says_on_whom_since_when_until_when_and_what_unblocks_it(
    state: str, who: str, en: str, request: pytest.FixtureRequest
) -> None:
    past = request.getfixturevalue(state)
    assert waiting_on(past.case, POLICY).who == who
    assert sentence(past).startswith("Waiting for ")
    assert sentence(past).endswith(f"{en}.")


@pytest.mark.parametrize(
    "state",
    ["terminal_frozen", "appeal_in_draft", "appeal_awaiting_supplement", "appeal_executing", "appeal_released"],
)
def test_the_chinese_sentence_says_the_same_times(state: str, request: pytest.FixtureRequest) -> None:
    waiting = waiting_on(request.getfixturevalue(state).case, POLICY)
    times = [word for word in waiting.sentence.en.replace(":", " ").split() if word.startswith("2026-")]
    assert all(day in waiting.sentence.zh for day in times)
    assert waiting.sentence.zh.endswith("。")


def test_while_verification_is_away_it_waits_for_that_partner(appeal_submitted: Past) -> None:
    past = given(appeal_submitted).when(c.DeferChecks()).accepted
    assert "Waiting for document verification" in sentence(past)
    assert waiting_on(past.case, POLICY).who == "partner"


def test_a_release_names_the_partner_whose_answer_is_missing(appeal_executing: Past) -> None:
    past = carry_out_until(given(appeal_executing), "pay_out")
    assert sentence(past).endswith("complete pay out.")
    assert "the bank" in sentence(past)
    past = past.when(c.LoseStep(past.case.release.in_flight.n, "timeout")).accepted
    assert sentence(past).endswith("say what became of pay out.")
    past = finish(carry_out_until(past, "send_notice"))
    assert "Waiting for the bank" in sentence(past)
    assert sentence(past).endswith("confirm the payout.")


def test_a_failed_release_waits_for_the_desk_to_reverse_it(appeal_executing: Past) -> None:
    past = finish(given(appeal_executing)).when(c.FailStep(2, "no")).accepted.now(Status.COMPENSATING)
    assert sentence(past).endswith("reverse the steps already done.")


def test_a_new_account_is_waited_for_step_by_step() -> None:
    past = carry_out(Appeal().executing(), "bounced")
    assert sentence(past).endswith("name another account in the same name.")
    past = past.when(c.NewAccount("vault:account-2"), by=MERCHANT).accepted
    assert sentence(past).endswith("check the new account.")
    past = past.when(c.RecordAccountCheck(matches=True, finding=Text("同名。", "Same."))).accepted
    assert sentence(past).endswith("approve the new payout account (four eyes).")
    assert waiting_on(past.when(c.ApproveAccount("x"), by=REVIEWER_3).accepted.case, POLICY).who == "reviewer"


def test_actions_before_and_after_the_release_are_named() -> None:
    before = Appeal.of("S01").approved().when(c.Execute()).accepted
    assert sentence(before).endswith("do before the release: reset_credentials.")
    after = carry_out(Appeal.of("R03").executing())
    after = after.when(c.OrderAgreement()).accepted
    issued = c.IssueAgreement(1, "A-1", "5e" * 32, "vault:link", "2026-11-17T02:00:00.000000+00:00")
    after = after.when(issued).accepted
    assert sentence(after).endswith("do after the release: sign_agreement.")
    late = after.when_due("post_action").accepted
    assert waiting_on(late.case, POLICY).until == late.case.dues["post_action_lapse"].due


def test_a_watched_case_waits_for_the_watch_and_a_finished_one_for_nothing(appeal_released: Past) -> None:
    assert sentence(appeal_released).endswith("the case is closed; the terminal is watched.")
    past = tell(given(appeal_released)).when_due("monitoring").accepted
    assert sentence(past).startswith("Closed since 2026-11-02")
    assert sentence(past).endswith("; nothing is waited for.")
    assert waiting_on(past.case, POLICY).who == "nobody"


def test_the_sentence_of_an_aml_case_never_asks_for_what_merchants_are_not_told_of() -> None:
    for past in (
        Appeal.of("J02").draft(),
        Appeal.of("J02").awaiting_first_review(),
        enforce(Appeal.of("J02").frozen()),
    ):
        words = waiting_on(past.case, POLICY)
        assert "D25" not in words.sentence.en + words.sentence.zh
        assert "J02" not in words.sentence.en + words.sentence.zh


def test_what_is_due_at_midnight_is_waited_for_until_the_end_of_the_day_before(appeal_in_draft: Past) -> None:
    case = appeal_in_draft.case
    last = date.fromisoformat(case.dues["evidence"].due[:10])  # 24:00 in Shanghai is 16:00 UTC
    sentence = waiting_on(case, POLICY).sentence
    assert f",至 {last} 24:00:" in sentence.zh
    assert f" until end of {last}: " in sentence.en
