"""The life of a visit as a table, and what each of its moves leaves behind."""

from typing import Any, Final, cast

from partners.field.forms import MoveRequest, Visit, VisitBehaviour
from partners.kit import Connection, Course, Courses, Partner, Refusal, plan

VISITS: Final = Courses(
    "visit",
    "V",
    {
        "assign": {"requested": "assigned"},
        "arrive": {"assigned": "on_site"},
        "complete": {"on_site": "done"},
        "no_show": {"assigned": "requested"},
        "cancel": {"requested": "cancelled", "assigned": "cancelled"},
    },
)
NO_SHOWS: Final = 2
"""The last of so many cancels the visit."""

CONTRARY: Final = {"done": "cancelled", "cancelled": "done", "assigned": "cancelled", "no_show": "done"}
"""What would contradict each outcome that is told."""


async def make(connection: Connection, partner: Partner, course: Course, wanted: MoveRequest) -> Course:
    """Make a move, tell the desk, and plan the next one if the stand-in acts by itself.

    Refusals 409: `impossible-move`; `same-terminal` when a terminal is said to be swapped for itself.
    """
    facts: dict[str, Any] = wanted.model_dump(mode="json", exclude={"move"}, exclude_none=True)
    move, outcome = str(wanted.move), None
    if wanted.move == "no_show" and course.state == "assigned":
        facts["no_shows"] = course.facts.get("no_shows", 0) + 1
        move, outcome = ("cancel", None) if facts["no_shows"] >= NO_SHOWS else ("no_show", "no_show")
    if wanted.report and wanted.report.new_sn == course.asked["terminal_sn"]:
        raise Refusal(409, "same-terminal", "A terminal cannot be swapped for itself.")
    moved = await VISITS.go(connection, course, move, facts)
    if moved.state != "on_site":
        outcome = outcome or moved.state
        more = {name: moved.facts[name] for name in ("result", "technician", "no_shows", "slot") if name in moved.facts}
        await partner.callbacks.put(
            connection, case_id=moved.case_id, step_key=moved.key, outcome=outcome, contrary=CONTRARY[outcome],
            occurred_at=moved.changed_at, visit_ref=moved.ref, **more,
        )  # fmt: skip
    await plan_next(connection, partner, moved)
    return moved


async def plan_next(connection: Connection, partner: Partner, course: Course) -> None:
    """What the stand-in will do next with the visit, unless it waits to be driven."""
    behaviour = cast("VisitBehaviour", partner.behaviour)
    match course.state:
        case "requested":
            details: dict[str, Any] = {"move": "assign", "technician": "T-0001"}
        case "assigned" if behaviour.result == "no_show":
            details = {"move": "no_show", "reason": "nobody was there"}
        case "assigned":
            details = {"move": "arrive"}
        case "on_site":
            report: dict[str, Any] = {"findings": "looked at and put right", "test_passed": True, "location_ok": True}
            if behaviour.result == "swapped":
                report["new_sn"] = f"{course.asked['terminal_sn']}-N"
            details = {"move": "complete", "result": behaviour.result, "report": report}
        case _:
            return
    if behaviour.acts:
        await plan(connection, course, str(details["move"]), behaviour.after_seconds, details)


def shown(course: Course) -> Visit:
    return Visit.model_validate(VISITS.shown(course))
