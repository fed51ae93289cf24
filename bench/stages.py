"""Cases in every stage a live one can be in, told without the engine: waiting for people, for a machine, for a partner
in the middle of a release, for time that has run out or has yet to, stopped by an order, closed but still watched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from bench.stories import APPROVAL, MERCHANT, OFFICER_2, REVIEWER_1, REVIEWER_2, Append, Story, tell
from domain import commands as c
from domain.actors import Actor
from domain.events import FiledDocument, SupplementItem
from domain.text import Text

COMPLIANCE = Actor("compliance1", ("compliance_head",))

OPENED, CONFIRMED, DRAFT, REVIEW_1, REVIEW_2, CLOSED = range(1, 7)
"""The stages of `bench.stories.tell`."""


def _submitted(story: Story) -> None:
    story.give(c.Submit(declaration=True), MERCHANT)


def _pending_check(story: Story) -> None:
    _submitted(story)
    story.give(c.DeferChecks())


def _awaiting_supplement(story: Story) -> None:
    item = SupplementItem("D06", Text("看不清", "cannot be read"))
    story.give(c.RequestSupplement((item,)), REVIEWER_1)


def _suspended(story: Story) -> None:
    order = FiledDocument(f"{story.case_id}:D24", "D24", f"{24:064x}", "image/png")
    story.give(c.AddDocument(order), OFFICER_2)
    story.give(c.PlaceLegalHold("J01", 1_000_000, order.document_id), COMPLIANCE)


def _approved(story: Story) -> None:
    story.give(APPROVAL, REVIEWER_2)


def _executing(story: Story) -> None:
    _approved(story)
    story.give(c.Execute())


def _until_step(name: str) -> Callable[[Story], None]:
    """A release whose step `name` was started, and nobody knows more."""

    def told(story: Story) -> None:
        _executing(story)
        while (flying := story.case.release.in_flight) is not None and flying.name != name:
            story.give(c.FinishStep(flying.n, f"ref:{flying.planned.key}"))

    return told


def _unknown(story: Story) -> None:
    _until_step("ledger_release")(story)
    flying = story.case.release.in_flight
    assert flying is not None
    story.give(c.LoseStep(flying.n, "timeout"))


def _compensating(story: Story) -> None:
    _until_step("ledger_release")(story)
    flying = story.case.release.in_flight
    assert flying is not None
    story.give(c.FailStep(flying.n, "insufficient-held"))


def _sent(story: Story) -> None:
    """The money is on its way, and the bank has not spoken."""
    _until_step("nothing")(story)


def _bounced(story: Story) -> None:
    _sent(story)
    paid = next(step for step in story.case.release.steps if step.name == "pay_out")
    story.give(c.AnswerPayout(paid.planned.key, "bounced", f"{story.case_id}:message", "account_closed"))


def _as_told(_: Story) -> None:
    """The stage itself."""


Told = tuple[int, Callable[[Story], None], timedelta]
"""Which stage of the whole case, what happens after it, and how long ago the case was opened."""

NOW, LONG_AGO = timedelta(), timedelta(days=40)

STAGES: Mapping[str, Told] = {
    "opened": (OPENED, _as_told, NOW),
    "reason confirmed": (CONFIRMED, _as_told, NOW),
    "draft": (DRAFT, _as_told, NOW),
    "submitted": (DRAFT, _submitted, NOW),
    "pending check": (DRAFT, _pending_check, NOW),
    "in the first review": (REVIEW_1, _as_told, NOW),
    "awaiting a supplement": (REVIEW_1, _awaiting_supplement, NOW),
    "suspended by an order": (REVIEW_1, _suspended, NOW),
    "in the second review": (REVIEW_2, _as_told, NOW),
    "approved": (REVIEW_2, _approved, NOW),
    "reserving": (REVIEW_2, _executing, NOW),
    "releasing": (REVIEW_2, _until_step("ledger_release"), NOW),
    "paying out": (REVIEW_2, _until_step("pay_out"), NOW),
    "telling the merchant": (REVIEW_2, _until_step("send_notice"), NOW),
    "no answer to a step": (REVIEW_2, _unknown, NOW),
    "reversing": (REVIEW_2, _compensating, NOW),
    "waiting for the bank": (REVIEW_2, _sent, NOW),
    "payout returned": (REVIEW_2, _bounced, NOW),
    "closed and watched": (CLOSED, _as_told, NOW),
    "opened, overdue": (OPENED, _as_told, LONG_AGO),
    "reason confirmed, overdue": (CONFIRMED, _as_told, LONG_AGO),
    "draft, overdue": (DRAFT, _as_told, LONG_AGO),
    "in the first review, overdue": (REVIEW_1, _as_told, LONG_AGO),
    "in the second review, overdue": (REVIEW_2, _as_told, LONG_AGO),
    "closed and watched, overdue": (CLOSED, _as_told, LONG_AGO),
}


def until(case_id: str, stage: str, *, later: timedelta = NOW) -> Story:
    """A case that has come to a stage of `STAGES`; opened `later` than others of the stage."""
    stages, then, ago = STAGES[stage]
    began = datetime.now(UTC) - ago - timedelta(hours=1) + later
    for number, story in enumerate(tell(case_id, began), 1):
        if number == stages:
            then(story)
            return story
    raise ValueError(f"a story has no stage {stages}")


def appends(case_id: str, stage: str) -> list[Append]:
    """What such a case appends."""
    return until(case_id, stage).appends
