"""The life of a submission as a table: what the network may say to it, and what follows for its notice."""

from pathlib import Path
from typing import Any, Final, cast

from partners.kit import Connection, Course, Courses, Partner, Queries, Refusal, plan
from partners.network.forms import Decision, NetworkBehaviour, Submission, SubmissionRequest

SQL = Queries(Path(__file__).with_name("queries.sql"))

SUBMISSIONS: Final = Courses(
    "submission",
    "NS",
    {
        "chase": {"pending": "pending"},
        "approve": {"pending": "approved"},
        "reject": {"pending": "rejected"},
        "ask": {"pending": "info_requested"},
    },
)
CONTRARY: Final = {"approved": "rejected", "rejected": "approved", "info_requested": "approved"}
"""What would contradict each outcome that is told."""

REJECTIONS: Final = 3
"""A first submission and two more may be rejected; then the network takes no further one."""


async def submit(connection: Connection, partner: Partner, key: str, body: SubmissionRequest) -> Course:
    """Take a submission on; the decision comes later.

    Refusals: 404 `no-such-notice`; 409 `block-lifted`, `already-open` while another is pending, `no-more-submissions`.
    """
    notice = await (await connection.execute(SQL["lock_notice"], {"notice_id": body.notice_id})).fetchone()
    if notice is None:
        raise Refusal(404, "no-such-notice", "The network has no notice of this number.")
    if notice["lifted_at"] is not None:
        raise Refusal(409, "block-lifted", "This block was lifted already.")
    counted = await (await connection.execute(SQL["rejections_of"], {"notice_id": body.notice_id})).fetchone()
    if counted is not None and counted["rejected"] >= REJECTIONS:
        raise Refusal(409, "no-more-submissions", f"{REJECTIONS} submissions were rejected; the block stays.")
    course = await SUBMISSIONS.begin(connection, key, body.case_id, "pending", body, subjects=[body.notice_id])
    behaviour = cast("NetworkBehaviour", partner.behaviour)
    if behaviour.acts:
        await plan(connection, course, behaviour.decides, behaviour.after_seconds, _decision(behaviour))
    return course


async def chase(connection: Connection, course: Course) -> Course:
    """Ask after a submission; it changes nothing but is noted. Refusal 409 `impossible-move` once it is decided."""
    return await SUBMISSIONS.go(connection, course, "chase", {"chased": course.facts.get("chased", 0) + 1})


async def decide(connection: Connection, partner: Partner, course: Course, decision: Decision) -> Course:
    """Say yes, no, or what is missing, and tell the desk; yes lifts the block. Refusal 409 `impossible-move`."""
    facts = decision.model_dump(mode="json", exclude={"move"}, exclude_none=True)
    moved = await SUBMISSIONS.go(connection, course, decision.move, facts)
    if moved.state == "approved":
        await connection.execute(SQL["lift_notice"], {"notice_id": moved.asked["notice_id"]})
    await partner.callbacks.put(
        connection, case_id=moved.case_id, step_key=moved.key, outcome=moved.state, contrary=CONTRARY[moved.state],
        occurred_at=moved.changed_at, submission_ref=moved.ref, notice_id=moved.asked["notice_id"], **facts,
    )  # fmt: skip
    return moved


def _decision(behaviour: NetworkBehaviour) -> dict[str, Any]:
    if behaviour.decides == "approve":
        return {"move": "approve", "instructions": {"penalty_fen": behaviour.penalty_fen}}
    return {"move": behaviour.decides, "reason": "the plan does not show how it will not happen again"}


def shown(course: Course) -> Submission:
    return Submission.model_validate(SUBMISSIONS.shown(course))
