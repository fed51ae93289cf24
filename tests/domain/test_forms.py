"""An event that got another shape is read in every form it ever had. No shipped event has needed that yet, so the way
is shown on forms that only these tests know: `CaseWithdrawn` is taken to have changed twice."""

from dataclasses import replace
from typing import Any

import pytest

from domain.events import CaseWithdrawn
from domain.forms import Body, Forms
from domain.stream import canonical
from domain.wire import EVENTS, FORMS, UnknownEventError, body_of, decode, encode
from tests.domain.specification import Past


def renamed(body: Body) -> Body:
    """In form 1 the reason was called `why`."""
    return {"reason": body.pop("why"), **body}


def told(body: Body) -> Body:
    """In form 2 a reason had a code before it."""
    return {**body, "reason": body["reason"].partition(": ")[2]}


CHANGED = Forms({("CaseWithdrawn", 1): renamed, ("CaseWithdrawn", 2): told})


@pytest.fixture
def withdrawn(appeal_withdrawn: Past) -> dict[str, Any]:
    """How a withdrawal is written in each form: all three mean the same."""
    entry = next(entry for entry in appeal_withdrawn.entries if entry.type == "CaseWithdrawn")
    newest = body_of(entry)
    second = {**newest, "reason": f"W1: {newest['reason']}"}
    first = {**{name: value for name, value in second.items() if name != "reason"}, "why": second["reason"]}
    return {"entry": entry, 1: first, 2: second, 3: newest}


@pytest.mark.parametrize("form", [1, 2, 3])
def test_a_body_of_any_form_is_the_same_event(withdrawn: dict[Any, Any], form: int) -> None:
    event = decode("CaseWithdrawn", form, canonical(withdrawn[form]), CHANGED)
    assert isinstance(event, CaseWithdrawn)
    assert encode(event) == canonical(withdrawn[3])
    written = replace(withdrawn["entry"], form=form, data=canonical(withdrawn[form]))
    assert body_of(written, CHANGED) == withdrawn[3]


def test_new_events_are_written_in_the_newest_form_alone() -> None:
    assert CHANGED.newest("CaseWithdrawn") == 3
    assert CHANGED.newest("StepStarted") == 1
    assert {name for name, _ in FORMS.lifts} <= set(EVENTS)


def test_a_form_from_the_future_is_an_error_that_says_so(withdrawn: dict[Any, Any]) -> None:
    with pytest.raises(UnknownEventError, match=r"CaseWithdrawn \(form 4\) is not known .* upgrade it first"):
        decode("CaseWithdrawn", 4, canonical(withdrawn[3]), CHANGED)


@pytest.mark.parametrize("lifts", [{2: told}, {1: renamed, 3: told}])
def test_a_form_without_a_way_to_the_next_is_a_mistake_found_at_once(lifts: dict[int, Any]) -> None:
    with pytest.raises(ValueError, match=r"CaseWithdrawn: form [12] has no lift to the next"):
        Forms({("CaseWithdrawn", form): lift for form, lift in lifts.items()})
