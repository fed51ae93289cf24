"""Document verification and the notice gateway are away from Friday 18:00 to Monday 17:00: cases wait for them or go on
without, nothing is lost or done twice, and merchants hear everything in its order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tests.workflows.test_outage import FRIDAY, DeskOn
from tests.workflows.world import REVIEWER_1, Desk

CASES = 3


async def over_the_weekend(desk: Desk) -> None:
    for _ in range(71):
        await desk.sleep(timedelta(hours=1))


async def test_three_days_without_document_verification_hold_up_only_the_reading(desk_on: DeskOn) -> None:
    async with desk_on(FRIDAY) as desk:
        desk.hands.held.add("documents")
        appeals = [await desk.open("S03", kind="txn_block", held_fen=0) for _ in range(CASES)]
        for appeal in appeals:
            await appeal.draft()
            await appeal.file_all()
            await appeal.submit()
        await over_the_weekend(desk)
        assert {(await appeal.case()).status for appeal in appeals} == {"pending_check"}

        desk.hands.held.clear()
        await desk.sleep(timedelta(minutes=59))

        for appeal in appeals:
            await appeal.until("in_review_1")
            assert (await appeal.types()).count("ChecksPassed") == 1
            assert "ManualCheck" not in await appeal.types()
        assert Counter(order.document_id for order in desk.hands.verified).most_common(1)[0][1] == 1


async def test_three_days_without_the_notice_gateway_hold_up_nothing_and_merchants_hear_all_in_order(
    desk_on: DeskOn,
) -> None:
    async with desk_on(FRIDAY) as desk:
        desk.hands.held.add("notices")
        appeals = [await desk.open("S03", kind="txn_block", held_fen=0) for _ in range(CASES)]
        for appeal in appeals:
            await appeal.in_review()
            assert await appeal.approve(REVIEWER_1) == "FirstApproval"
            await appeal.under_way("send_notice")
        await over_the_weekend(desk)

        desk.hands.held.clear()
        await desk.sleep(timedelta(hours=3))

        for appeal in appeals:
            await appeal.until("closed_released")
            await appeal.until(lambda case: not case.owed)
            sent = await appeal.bodies("NoticeSent")
            told = [body["notice"] for body in sent]
            assert told[:3] == ["freeze_notice", "reason_confirmed", "submitted"]
            assert told[-1] == "case_closed"
            assert len({body["key"] for body in sent}) == len(sent)
        assert desk.hands.did().count("notices.send_notice") == CASES
