"""The small moves folding is made of: entering a stage, running and ending deadlines, changing one control."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from domain.case import Case, Control, Review, Status
from domain.controls import wanted
from domain.deadlines import STAGE_BOUND
from domain.events import Due, PlacedControl, SupplementItem


def named(dues: Iterable[Due]) -> Mapping[str, Due]:
    return {due.name: due for due in dues}


def running(case: Case, dues: Iterable[Due]) -> Case:
    """The case with `dues` running besides the others; one of the same name is replaced."""
    new = named(dues)
    return replace(case, dues={**case.dues, **new}) if new else case


def ended(case: Case, name: str) -> Case:
    """The case without the deadline `name`."""
    if name not in case.dues:
        return case
    return replace(case, dues={kept: due for kept, due in case.dues.items() if kept != name})


def enter(case: Case, status: Status, dues: Iterable[Due] = (), **changes: Any) -> Case:
    """The case in another stage: deadlines bound to the old stage end, the given ones run."""
    kept = {name: due for name, due in case.dues.items() if name.partition(":")[0] not in STAGE_BOUND}
    return replace(case, status=status, dues={**kept, **named(dues)}, **changes)


def closed(case: Case, status: Status, dues: Iterable[Due], at: str) -> Case:
    """The case closed: only what is watched afterwards and the holds' own deadlines go on."""
    holds = {name: due for name, due in case.dues.items() if name.startswith("hold:")}
    bare = replace(case, dues=holds, sla_runs=paused(case, at), closed_at=at)
    return enter(bare, status, dues)


def paused(case: Case, at: str) -> tuple[tuple[str, str | None], ...]:
    """The promised time standing still from `at`."""
    return tuple((begin, end or at) for begin, end in case.sla_runs)


def halted(case: Case, at: str) -> Case:
    """The case with its promise standing still from `at`: someone else is waited for."""
    return replace(ended(case, "promise"), sla_runs=paused(case, at))


def resumed(case: Case, at: str) -> tuple[tuple[str, str | None], ...]:
    """The promised time running from `at` (on, when it runs already)."""
    if any(end is None for _, end in case.sla_runs):
        return case.sla_runs
    return (*case.sla_runs, (at, None))


def control_of(placed: PlacedControl) -> Control:
    """A control just placed, nothing of it in force yet."""
    return Control(placed, wanted(placed), placed.held_fen)


def with_control(case: Case, control_id: str, change: Callable[[Control], Control]) -> Case:
    changed = tuple(change(c) if c.control_id == control_id else c for c in case.controls)
    return replace(case, controls=changed)


def with_document(case: Case, document_id: str, **changes: Any) -> Case:
    documents = tuple(
        replace(doc, **changes) if doc.document_id == document_id else doc for doc in case.evidence.documents
    )
    return replace(case, evidence=replace(case.evidence, documents=documents))


def handled(case: Case, name: str) -> Case:
    """The case with `name` among those who handled it."""
    return replace(case, review=replace(case.review, handled=case.review.handled | {name}))


def ask_anew(case: Case, items: tuple[SupplementItem, ...]) -> Case:
    """The case with documents of the items' types to be replaced; a type not required so far becomes required."""
    types = {item.doc_type for item in items}
    documents = tuple(
        replace(doc, asked_anew=True) if doc.doc_type in types else doc for doc in case.evidence.documents
    )
    required = {code for requirement in case.evidence.requirements for code in requirement}
    added = tuple((code,) for code in sorted(types - required))
    evidence = replace(
        case.evidence, documents=documents, asked=items, requirements=(*case.evidence.requirements, *added)
    )
    return replace(case, evidence=evidence)


def undecided(review: Review) -> Review:
    """The review with both decisions void; who took which part stays known."""
    return replace(review, first=None, second=None, rejection_by=None, rejection=None, overdue=0)
