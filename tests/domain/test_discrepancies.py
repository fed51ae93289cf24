"""Effects a partner refuses that must come about: journaled once, told to operations, shown until put right."""

import pytest

from domain import commands as c
from domain.case import Status
from domain.events import DiscrepancyFound, DiscrepancyResolved, StepDone, StepStarted
from domain.waiting import waiting_on
from tests.domain.appeals import Appeal, carry_out_until
from tests.domain.specification import POLICY, Past, given, like

UNDO = "FA-20261102-TESTCASE:step:1:undo"
REVERSAL = c.ReportRefusal("cancel_reservation", UNDO, "no-such-reservation")
BLOCK = c.ReportRefusal("block", "FA-20261102-TESTCASE:control:C1:block", "terminal-retired")


def sentence(past: Past) -> str:
    return waiting_on(past.case, POLICY).in_full.en


@pytest.fixture(scope="module")
def reversal_refused() -> Past:
    """The ledger release was refused, and the ledger does not take the reservation back either."""
    past = carry_out_until(Appeal.of("R01").executing(), "ledger_release")
    past = past.when(c.FailStep(past.case.release.in_flight.n, "insufficient-held")).accepted
    return (
        past.now(Status.COMPENSATING)
        .when(REVERSAL)
        .then(DiscrepancyFound("cancel_reservation", "", UNDO, "decided", "no-such-reservation"))
    )


def test_a_refused_reversal_is_journaled_once_and_told_to_operations(reversal_refused: Past) -> None:
    reversal_refused.when(REVERSAL).then("already-done")
    owed = reversal_refused.case.owed[-1]
    assert (owed.notice, owed.audience) == ("effect_refused", "operations")
    assert dict(owed.facts) == {"effect": "cancel_reservation", "code": "no-such-reservation"}


def test_a_refused_reversal_is_what_the_case_waits_for(reversal_refused: Past) -> None:
    waiting = waiting_on(reversal_refused.case, POLICY)
    assert (waiting.who, waiting.besides) == ("operations", None)
    assert "put right why the ledger refuses to cancel the reservation" in waiting.sentence.en


def test_it_is_over_when_the_effect_takes_place(reversal_refused: Past) -> None:
    past = given(reversal_refused).when(c.SettleRefusal(UNDO)).then(DiscrepancyResolved("cancel_reservation", UNDO))
    assert past.case.refused == ()
    assert waiting_on(past.case, POLICY).who == "desk"
    past.when(c.SettleRefusal(UNDO)).then("already-done")


def test_a_refused_block_is_told_besides_what_the_case_waits_for(appeal_in_draft: Past) -> None:
    past = given(appeal_in_draft).when(BLOCK).then(DiscrepancyFound)
    assert waiting_on(past.case, POLICY).who == "merchant"
    besides = "Besides, for operations to put right: terminal management refuses to block the terminal."
    assert sentence(past).endswith(besides)
    assert "terminal management" not in waiting_on(past.case, POLICY).sentence.en  # merchants read this one
    assert sentence(past.when(c.SettleRefusal(BLOCK.step_key)).accepted) == sentence(given(appeal_in_draft))


def test_a_step_refused_after_the_pivot_is_over_with_the_step_itself() -> None:
    past = carry_out_until(Appeal.of("R01").executing(), "report_status")
    step = past.case.release.in_flight
    past = past.when(c.FailStep(step.n, "no-such-merchant")).then(DiscrepancyFound)
    past.when(c.FailStep(step.n, "no-such-merchant")).then("already-done")
    assert waiting_on(past.case, POLICY).who == "operations"
    past = past.when(c.FinishStep(step.n, "sent")).then(
        StepDone, like(DiscrepancyResolved, source="report_status"), StepStarted
    )
    assert past.case.refused == ()
