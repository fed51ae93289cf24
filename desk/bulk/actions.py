"""The bulk actions there are, who may ask for each, and what each needs. None of them decides a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import get_args

from desk import problems
from desk.access import allow
from desk.context import Desk
from domain.actors import Actor
from journal.bulk import Action, BulkAction

ACTIONS: tuple[Action, ...] = get_args(Action)

LEADS = ("supervisor", "compliance_head")
STEERERS = (*LEADS, "engineer")
LOOKERS = (*STEERERS, "auditor")
ROLES: Mapping[Action, tuple[str, ...]] = {
    "hand_over": STEERERS,
    "put_off": STEERERS,
    "note": LEADS,
    "resend": LEADS,
    "wake": STEERERS,
}
OF_TASKS: frozenset[Action] = frozenset({"hand_over", "put_off"})
"""What is done to each open task of a case; the others are done to the case."""
KEPT_FOR = timedelta(hours=8)
"""How long a task that was handed over waits for the person who got it; then anyone may take it."""
MOST_ITEMS = 500


def may_do(actor: Actor, action: Action) -> bool:
    """Whether the caller's roles let them ask for this."""
    return actor.has(*ROLES[action])


def allow_action(actor: Actor, action: Action) -> None:
    """Raises the 403 problem for a caller who may not ask for this."""
    allow(actor, f"bulk {action}", *ROLES[action])


async def find_bulk(desk: Desk, bulk_id: str) -> BulkAction:
    """A bulk action. Raises the 404 problem."""
    bulk = await desk.bulk.find(bulk_id)
    if bulk is None:
        raise problems.not_found(f"没有批量操作 {bulk_id}。", f"There is no bulk action {bulk_id}.")
    return bulk
