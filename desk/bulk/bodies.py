"""What callers send to foresee or confirm a bulk action."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from desk.bodies import Body, Code, Id, MerchantNo, Recorded, TerminalSn
from desk.bulk.actions import MOST_ITEMS
from domain.case import Status
from domain.money import MOST_FEN
from domain.policy import Tier
from journal.bulk import Action


class CaseFilter(Body):
    """As the case list is narrowed."""

    kind: Id | None = None
    status: Status | None = None
    open: StrictBool | None = None
    reason: Code | None = None
    tier: Tier | None = None
    assignee: Id | None = None
    merchant_no: MerchantNo | None = None
    terminal_sn: TerminalSn | None = None
    due_before: AwareDatetime | None = None
    q: Annotated[str, Field(max_length=100)] | None = None


class QueueFilter(Body):
    """As the queue is narrowed, out of what the caller may take."""

    tier: Tier | None = None
    kind: Id | None = None
    due_before: AwareDatetime | None = None
    amount_from: Annotated[StrictInt, Field(ge=0, le=MOST_FEN)] | None = None
    put_off: StrictBool = False


class BulkBody(Body):
    """`dry_run` foresees what would be done to one of `cases`, `filter`, `queue` or the work `of` someone. Without it
    that is done at once, or, with `bulk_id`, what a dry run foresaw; then a `reason` is needed.

    `hand_over` gives open tasks `to` someone, or back to the queue where nobody is named; `put_off` needs `minutes`;
    `note` needs `text`, an internal note; `resend` sends notices that bounced once more; `wake` has workflows read
    their journals anew.
    """

    dry_run: StrictBool
    bulk_id: Id | None = None
    reason: Recorded | None = None
    action: Action | None = None
    to: Id | None = None
    minutes: Annotated[StrictInt, Field(ge=5, le=3 * 24 * 60)] | None = None
    text: Recorded | None = None
    cases: Annotated[list[Id], Field(min_length=1, max_length=MOST_ITEMS)] | None = None
    filter: CaseFilter | None = None
    queue: QueueFilter | None = None
    of: Id | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.bulk_id is not None and (self.dry_run or self.action is not None or self._ways()):
            raise PydanticCustomError("bulk_confirms", "With bulk_id give only dry_run: false and the reason")
        if self.bulk_id is None and (self.action is None or len(self._ways()) != 1):
            raise PydanticCustomError("bulk_choice", "Give an action and one of cases, filter, queue, of")
        if not self.dry_run and self.reason is None:
            raise PydanticCustomError("bulk_reason", "Give the reason: it is journaled")
        if self.action == "put_off" and self.minutes is None:
            raise PydanticCustomError("bulk_minutes", "Say for how many minutes the tasks are put off")
        if self.action == "note" and self.text is None:
            raise PydanticCustomError("bulk_text", "Give the text of the note")
        return self

    def _ways(self) -> list[str]:
        return [name for name in ("cases", "filter", "queue", "of") if getattr(self, name) is not None]

    def fields(self) -> dict[str, Any]:
        """What the action itself needs, of what was sent."""
        needs = {"hand_over": ("to", "of"), "put_off": ("minutes",), "note": ("text",)}
        return {name: getattr(self, name) for name in needs.get(self.action or "", ())}

    def chosen(self) -> dict[str, Any]:
        """How the cases were picked, as it is kept."""
        picked: dict[str, Any] = self.model_dump(mode="json", include={"filter", "queue", "of"}, exclude_none=True)
        return picked | ({"cases": len(self.cases)} if self.cases is not None else {})
