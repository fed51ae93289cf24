"""What engineers see of a case in Temporal: one sentence, and attributes to search by (ids and codes only)."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from domain.business_time import parse_time
    from domain.case import Case
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


class Showing:
    """Keeps what is shown in step with the case. An attribute is written only when it changes: each write is an event
    of the workflow's history."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._shown: dict[str, str | None] = {}

    def show(self, case: Case, policy: Policy) -> None:
        waiting = waiting_on(case, policy)
        workflow.set_current_details(waiting.sentence.en)
        words = {
            KIND: self._kind,
            STATUS: case.status.value,
            REASON: case.reason_code,
            TERMINAL: case.terminal_sn,
            MERCHANT: case.merchant_no,
            TIER: tier_of(case, policy),
        }
        changes: list[SearchAttributeUpdate[Any]] = [
            key.value_set(word) for key, word in words.items() if self._differs(key.name, word)
        ]
        if self._differs(DUE.name, waiting.until):
            changes.append(DUE.value_set(parse_time(waiting.until)) if waiting.until else DUE.value_unset())
        if changes:
            workflow.upsert_search_attributes(changes)

    def _differs(self, name: str, value: str | None) -> bool:
        """Whether the attribute shows something else so far; from now on it shows `value`."""
        known = self._shown.get(name)
        self._shown[name] = value
        return known != value
