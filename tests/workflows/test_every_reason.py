"""A reason of each family goes through the procedure to its end (all of them by the rules alone:
`tests/domain/test_every_reason.py`): freed with its papers, after field service or the merchant's own act, by an
authority's instrument, or never."""

from __future__ import annotations

import pytest

from tests.workflows.world import COMPLIANCE, MERCHANT, REVIEWER_1, REVIEWER_2, SUPERVISOR, Appeal, Desk


async def decided(appeal: Appeal) -> None:
    """Both decisions, by whom the tier asks for."""
    at_l3 = (await appeal.case()).reason_code in {"R10", "J01"}
    first, second = (SUPERVISOR, COMPLIANCE) if at_l3 else (REVIEWER_1, REVIEWER_2)
    assert await appeal.approve(first) == "FirstApproval"
    if (await appeal.case()).status == "in_review_2":
        assert await appeal.approve(second) == "SecondApproval"


@pytest.mark.parametrize(
    ("reason", "kind", "held_fen"),
    [
        ("R05", "settlement_hold", 100_000),  # evidence
        ("R08", "txn_block", 0),  # rectification
        ("S01", "txn_block", 0),  # the log-in is reset first
        ("R04", "settlement_hold", 100_000),  # the agreement is signed anew afterwards; D25 is the desk's own
        ("R10", "txn_block", 0),  # by the police's instrument
        ("J01", "judicial_freeze", 100_000),  # by the court's
    ],
)
async def test_a_terminal_is_freed_as_its_reason_asks(desk: Desk, reason: str, kind: str, held_fen: int) -> None:
    appeal = await desk.open(reason, kind=kind, held_fen=held_fen)
    await appeal.in_review()
    await decided(appeal)
    if reason == "S01":
        await appeal.until("pre_release_actions")
        await appeal.give(MERCHANT, "reset_credentials")
    if held_fen:
        await appeal.until_sent()
        await appeal.bank_says()
    if reason == "R04":
        await appeal.until("post_actions")
        await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
    case = await appeal.until("closed_released")
    assert not case.standing_controls
    assert case.remaining_fen == 0
    assert {order.doc_type for order in desk.hands.verified} == {one_of[0] for one_of in case.evidence.requirements}


@pytest.mark.parametrize("reason", ["R07", "R09", "F01"])
async def test_what_is_never_freed_is_rejected_and_stays_on(desk: Desk, reason: str) -> None:
    appeal = await desk.open(reason, kind="txn_block", held_fen=0)
    await appeal.in_review()
    assert await appeal.approve(SUPERVISOR) == "refused: not-releasable"
    rejection = {"reason_code": reason, "reason": "it stands"}
    await appeal.give(SUPERVISOR, "reject", **rejection)
    await appeal.give(COMPLIANCE, "reject", **rejection)
    case = await appeal.until("closed_rejected")
    assert case.standing_controls
    assert "terminals.unblock_terminal" not in desk.hands.did()
