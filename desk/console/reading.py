"""One visitor's look at one case, before anything is laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.console import names
from desk.console.forms import Attempt
from desk.console.visits import Visit
from desk.histories import Told
from domain import evidence
from domain.case import Case
from domain.policy import Policy


@dataclass(frozen=True)
class Reading:
    """Who reads which case on which day (in Shanghai), its `view` as the API gives it, and what they last tried."""

    visit: Visit
    told: Told
    view: Mapping[str, Any]
    today: str
    attempt: Attempt | None

    @property
    def case(self) -> Case:
        return self.told.case

    @property
    def policy(self) -> Policy:
        return self.told.policy

    def document(self, code: str) -> str:
        """A kind of paper in the reader's language."""
        return names.document(code, self.policy, self.visit.language)

    def attempted(self, form: str, subject: str = "") -> Attempt | None:
        """The attempt at this form, about this paper, if that was it."""
        attempt = self.attempt
        return attempt if attempt and (attempt.form, attempt.subject) == (form, subject) else None

    def required(self) -> list[tuple[str, ...]]:
        """The requirements the visitor is told of; before the reason is confirmed, those it would bring."""
        if self.case.evidence.requirements:
            listed = evidence.listed(self.case, self.policy) if self.visit.outside else self.case.evidence.requirements
            return list(listed)
        shown_to = self.policy.public_requirements if self.visit.outside else self.policy.requirements
        expected = shown_to(self.case.reason_code, self.case.merchant_type)  # type: ignore[arg-type]
        return [requirement.any_of for requirement in expected]
