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


@dataclass(frozen=True, slots=True)
class Told:
    """A case, its entries, and its policy."""

    history: History
    entries: tuple[Entry, ...]
    policy: Policy

    @property
    def case(self) -> Case:
        return self.history.case


async def tell(desk: Desk, case_id: str) -> Told | None:
    """The case from its journal; None when there is none."""
    entries = await desk.journal.read(case_id)
    if not entries or entries[0].type != "TerminalFrozen":
        return None
    history = History().after(entries)
    return Told(history, entries, policies.load(history.case.policy_version))


async def find(desk: Desk, actor: Actor, case_id: str) -> Told:
    """The case for a caller. Raises the 404 problem for none, and 403 for one of another merchant."""
    told = await tell(desk, case_id)
    if told is None:
        raise problems.no_case(case_id)
    if is_merchant_side(actor) and actor.merchant_no != told.case.merchant_no:
        raise problems.refused(refuse("not-your-merchant"))
    return told
