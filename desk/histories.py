"""Cases as their journal tells them: folded, with the rules they were opened under."""

from __future__ import annotations

from dataclasses import dataclass

import policies
from desk import problems
from desk.access import is_merchant_side
from desk.context import Desk
from desk.refusals import refuse
from domain.actors import Actor
from domain.case import Case
from domain.policy import Policy
from domain.stream import Entry
from domain.wire import History
from journal.store import Recorded

EVERY = 1_000_000_000
"""All entries there are."""


@dataclass(frozen=True, slots=True)
class Told:
    """A case, its entries (`recorded` with when each was written down), and its policy."""

    history: History
    recorded: tuple[Recorded, ...]
    entries: tuple[Entry, ...]
    policy: Policy

    @property
    def case(self) -> Case:
        return self.history.case


async def tell(desk: Desk, case_id: str) -> Told | None:
    """The case from its journal; None when there is none. Of a case looked at before only what came since is read."""
    known: Told | None = desk.told.get(case_id)
    if known is not None:
        newer = await desk.journal.history(case_id, known.history.head.position, EVERY)
        if not newer:
            return known
        if newer[0].entry.previous_hash == known.history.head.hash:
            return _keep(desk, case_id, known, newer)
    recorded = await desk.journal.history(case_id, 0, EVERY)
    if not recorded or recorded[0].entry.type != "TerminalFrozen":
        return None
    return _keep(desk, case_id, None, recorded)


def _keep(desk: Desk, case_id: str, known: Told | None, newer: tuple[Recorded, ...]) -> Told:
    """The case continued, remembered for the next look: what is written stays written."""
    entries = tuple(recorded.entry for recorded in newer)
    history = (known.history if known else History()).after(entries)
    policy = policies.load(history.case.policy_version)
    so_far = (known.recorded, known.entries) if known else ((), ())
    told = Told(history, so_far[0] + newer, so_far[1] + entries, policy)
    desk.told.put(case_id, told)
    return told


async def find(desk: Desk, actor: Actor, case_id: str) -> Told:
    """The case for a caller. Raises the 404 problem for none, and 403 for one of another merchant."""
    told = await tell(desk, case_id)
    if told is None:
        raise problems.no_case(case_id)
    if is_merchant_side(actor) and actor.merchant_no != told.case.merchant_no:
        raise problems.refused(refuse("not-your-merchant"))
    return told
