"""What engineers see of a case in Temporal: one sentence, and attributes to search by (ids and codes only)."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate, TypedSearchAttributes

with workflow.unsafe.imports_passed_through():
    from domain.business_time import parse_time
    from domain.case import Case, Status
    from domain.controls import tier_of
    from domain.policy import Policy
    from domain.waiting import waiting_on

KIND = SearchAttributeKey.for_keyword("ThawKind")
STATUS = SearchAttributeKey.for_keyword("ThawStatus")
REASON = SearchAttributeKey.for_keyword("ThawReason")
TERMINAL = SearchAttributeKey.for_keyword("ThawTerminal")
MERCHANT = SearchAttributeKey.for_keyword("ThawMerchant")
TIER = SearchAttributeKey.for_keyword("ThawTier")
DUE = SearchAttributeKey.for_datetime("ThawDue")


AT_WORK = frozenset({Status.EXECUTING, Status.COMPENSATING})
"""While a release is carried out or reversed nobody is waited for: what changes then without a change of status is
written with the next status. `ThawDue` meanwhile says by when the release was to be through its step."""


class Showing:
    """Keeps what is shown in step with the case. Attributes are written together, and only when they change: each
    write is an event of the workflow's history."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._shown: dict[str, object] = {pair.key.name: pair.value for pair in _so_far()}

    def show(self, case: Case, policy: Policy) -> None:
        waiting = waiting_on(case, policy)
        workflow.set_current_details(waiting.in_full.en)
        if case.status is Status.APPROVED:  # left at once, for a release or for what comes before it
            return
        changes = [update for update in self._attributes(case, policy, waiting.until) if self._differs(update)]
        if not changes or (case.status in AT_WORK and STATUS not in {update.key for update in changes}):
            return
        self._shown.update({update.key.name: update.value for update in changes})
        workflow.upsert_search_attributes(changes)

    def _attributes(self, case: Case, policy: Policy, until: str | None) -> list[SearchAttributeUpdate[Any]]:
        return [
            KIND.value_set(self._kind),
            STATUS.value_set(case.status.value),
            REASON.value_set(case.reason_code),
            TERMINAL.value_set(case.terminal_sn),
            MERCHANT.value_set(case.merchant_no),
            TIER.value_set(tier_of(case, policy)),
            DUE.value_set(parse_time(until)) if until else DUE.value_unset(),
        ]

    def _differs(self, update: SearchAttributeUpdate[Any]) -> bool:
        return bool(self._shown.get(update.key.name) != update.value)


def _so_far() -> TypedSearchAttributes:
    """What the run was started with, or what the one before it showed last."""
    return workflow.info().typed_search_attributes
