"""Document verification: read by the machine, waited for while it is away, and by a person when it stays away."""

from __future__ import annotations

from datetime import timedelta

from tests.workflows.hands import refusing
from tests.workflows.world import REVIEWER_1, REVIEWER_2, Desk, minutes
from workflows import ports


async def test_documents_are_read_once_each_and_the_case_goes_to_review(desk: Desk) -> None:
    appeal = await desk.open()
    case = await appeal.in_review()
    read = desk.hands.tried(ports.DOCUMENTS_VERIFY)
    assert len(read) == len(set(read)) == 4
    assert {document.standing for document in case.evidence.documents} == {"passed"}
    assert (await appeal.types()).count("ChecksPassed") == 1


async def test_a_doubt_of_the_machine_is_for_the_reviewer_to_judge(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.verdicts["D06"] = ports.Verified("unsure")
    await appeal.in_review()
    assert await appeal.approve(REVIEWER_1) == "refused: document-unverified"
    (doubtful,) = [doc for doc in (await appeal.case()).evidence.documents if doc.standing == "unsure"]
    judged = {"document_id": doubtful.document_id, "verdict": "accept", "reason": "readable enough"}
    assert await appeal.give(REVIEWER_1, "judge_document", **judged) == "DocumentJudged"
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"


async def test_with_verification_away_the_case_waits_and_resumes_by_itself(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.away.add("documents")
    await appeal.draft()
    await appeal.file_all()
    await appeal.submit()
    await desk.sleep(minutes(1))
    case = await appeal.until("pending_check")
    assert "promise" not in case.dues  # the promise to the merchant stands still
    await desk.sleep(minutes(90))
    desk.hands.away.clear()
    await desk.sleep(minutes(3))
    await appeal.until("in_review_1")
    types = await appeal.types()
    assert types.index("CheckDeferred") < types.index("CheckResumed") < types.index("ChecksPassed")
    await appeal.quiet()
    assert "check_delayed" in [notice.notice for notice in desk.hands.notices.values()]


async def test_after_a_business_day_without_verification_a_person_judges_every_document(desk: Desk) -> None:
    appeal = await desk.open("S01")  # one document
    desk.hands.away.add("documents")
    await appeal.draft()
    await appeal.file_all()
    await appeal.submit()
    await desk.sleep(timedelta(hours=25))
    case = await appeal.until("in_review_1")
    assert (await appeal.types()).count("ManualCheck") == 1
    assert {document.standing for document in case.evidence.documents} == {"unsure"}
    desk.hands.away.clear()
    await desk.sleep(minutes(10))
    assert (await appeal.quiet()).status == "in_review_1"
    assert "CheckResumed" not in await appeal.types()
    for document in case.evidence.documents:
        judged = {"document_id": document.document_id, "verdict": "accept", "reason": "seen"}
        assert await appeal.give(REVIEWER_1, "judge_document", **judged) == "DocumentJudged"
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"


async def test_a_reading_that_is_refused_for_good_waits_for_a_person_too(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next(ports.DOCUMENTS_VERIFY, *[refusing("broken") for _ in range(40)])
    await appeal.draft()
    await appeal.file_all()
    await appeal.submit()
    await appeal.until("pending_check")
    await desk.sleep(timedelta(hours=25))
    await appeal.until("in_review_1")
