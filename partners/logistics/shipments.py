"""The life of a shipment as a table, and what each of its moves leaves behind."""

from typing import Any, Final, cast

from partners.kit import Connection, Course, Courses, Partner, plan
from partners.logistics.forms import MoveRequest, Shipment, ShipmentBehaviour

TO_MERCHANT: Final = Courses(
    "shipment",
    "S",
    {
        "dispatch": {"booked": "under_way"},
        "deliver": {"under_way": "delivered"},
        "send_back": {"under_way": "sent_back"},
        "lose": {"under_way": "lost"},
        "cancel": {"booked": "cancelled"},
    },
)
FROM_MERCHANT: Final = Courses("shipment", "S", {**TO_MERCHANT.moves, "inspect": {"delivered": "inspected"}})
"""What comes back is looked at; until then its devices are still under way."""

OUTCOMES: Final = {"under_way": "dispatched"}
"""How the desk is told of a state, where the words differ."""
CONTRARY: Final = {
    "dispatched": "cancelled", "delivered": "lost", "sent_back": "delivered", "lost": "delivered",
    "cancelled": "dispatched", "inspected": "lost",
}  # fmt: skip
"""What would contradict each outcome that is told."""


async def make(connection: Connection, partner: Partner, course: Course, wanted: MoveRequest) -> Course:
    """Make a move, tell the desk, and plan the next one if the stand-in acts by itself.

    Refusal 409 `impossible-move`.
    """
    facts = wanted.model_dump(mode="json", exclude={"move"}, exclude_none=True)
    moved = await table_of(course.asked["direction"]).go(connection, course, wanted.move, facts)
    outcome = OUTCOMES.get(moved.state, moved.state)
    await partner.callbacks.put(
        connection, case_id=moved.case_id, step_key=moved.key, outcome=outcome, contrary=CONTRARY[outcome],
        occurred_at=moved.changed_at, shipment_ref=moved.ref, **facts,
    )  # fmt: skip
    await plan_next(connection, partner, moved)
    return moved


async def plan_next(connection: Connection, partner: Partner, course: Course) -> None:
    """What the stand-in will do next with the shipment, unless it waits to be driven."""
    behaviour = cast("ShipmentBehaviour", partner.behaviour)
    match course.state:
        case "booked":
            details: dict[str, Any] = {"move": "dispatch", "waybill": f"WB{course.ref[2:12]}"}
        case "under_way":
            details = {"move": behaviour.end}
        case "delivered" if course.open:
            found = {"condition": behaviour.condition, "damage_fen": behaviour.damage_fen}
            details = {"move": "inspect", "inspection": found}
        case _:
            return
    if behaviour.acts:
        await plan(connection, course, str(details["move"]), behaviour.after_seconds, details)


def table_of(direction: str) -> Courses:
    """The courses of a direction; their moves differ."""
    return TO_MERCHANT if direction == "to_merchant" else FROM_MERCHANT


def shown(course: Course) -> Shipment:
    return Shipment.model_validate(table_of(course.asked["direction"]).shown(course))
