"""A case as a merchant meets it: what is theirs to do now, in which order, what is being looked at, and what may be
done besides."""

from __future__ import annotations

from dataclasses import dataclass

from desk.console.casefacts import CasePage, gather
from desk.console.checklist import Wanted
from desk.console.forms import Attempt
from desk.console.turns import CommandForm
from desk.console.visits import Visit
from domain.case import CLOSED, Status

DUE = frozenset({"missing", "asked", "failed"})
"""The states of a requirement that the merchant has to act on."""
ALWAYS = frozenset({"withdraw", "extend_evidence", "reopen"})
"""Commands that a merchant may give but nobody waits for."""
CLOSING = frozenset({"submit", "resubmit"})
"""Commands that come after the papers."""


@dataclass(frozen=True, slots=True)
class Affair:
    """A case in the merchant's words."""

    page: CasePage

    @property
    def next(self) -> str:
        """What happens next, by its key in the words: a case that may not be reopened, or of which something stays
        held, says so instead of what its status alone would."""
        view = self.page.view
        status, held = str(view["status"]), view["money"]["remaining_fen"]
        if status == Status.CLOSED_RELEASED and held:
            return "closed_in_part"
        if status in CLOSED and "reopen" not in view["allowed_commands"]:
            return Status.CLOSED_RELEASED
        return status

    @property
    def due(self) -> list[Wanted]:
        """Papers to be sent now."""
        return [line for line in self.page.wanted if line.state in DUE and line.upload]

    @property
    def sent(self) -> list[Wanted]:
        """Papers that are there, being looked at or settled."""
        return [line for line in self.page.wanted if line not in self.due and line.state != "later"]

    @property
    def later(self) -> list[Wanted]:
        """What will probably be asked for once the reason is confirmed."""
        return [line for line in self.page.wanted if line.state == "later"]

    @property
    def asked(self) -> list[CommandForm]:
        """What the merchant is to do besides sending papers; what closes a round comes last."""
        waited_for = [form for form in self.page.forms if form.name not in ALWAYS]
        return sorted(waited_for, key=lambda form: form.name in CLOSING)

    @property
    def first(self) -> list[CommandForm]:
        """What comes before the papers."""
        return [form for form in self.asked if form.name not in CLOSING]

    @property
    def last(self) -> list[CommandForm]:
        """What comes after the papers."""
        return [form for form in self.asked if form.name in CLOSING]

    @property
    def others(self) -> list[CommandForm]:
        """What may be done although nobody waits for it."""
        return [form for form in self.page.forms if form.name in ALWAYS]

    @property
    def is_turn(self) -> bool:
        """Whether it waits for the merchant."""
        return bool(self.due or self.asked)


async def affair_of(visit: Visit, case_id: str, attempt: Attempt | None = None, seen: int | None = None) -> Affair:
    """The case for a merchant's visit. Raises the problem of one they may not see."""
    return Affair(await gather(visit, case_id, attempt, seen))
