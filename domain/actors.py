"""Who asks: a person, an automated worker, a partner or the desk itself.

Source: architecture.md, Roles. One person may have several roles; a decision names the one it was made in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MERCHANT_SIDE = frozenset({"merchant", "agent"})
REVIEWERS = frozenset({"reviewer", "supervisor", "compliance_head", "robot"})
ROLES = frozenset(
    {"officer", "reviewer", "supervisor", "compliance_head", "auditor", "engineer", "robot", "merchant", "agent"}
)


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller: unique `name`, `roles`, and for a merchant or agent the `merchant_no` they act for.

    `also` names the log-ins that a reviewer made for the merchant of the case: four-eyes counts them as theirs.
    """

    name: str
    roles: tuple[str, ...]
    merchant_no: str | None = None
    also: tuple[str, ...] = ()

    def has(self, *roles: str) -> bool:
        """Whether the caller holds at least one of `roles`."""
        return any(role in self.roles for role in roles)

    def signing_as(self, allowed: Iterable[str]) -> str:
        """`role:name`, as an entry's actor is written: the first of the caller's roles that is `allowed`."""
        wanted = set(allowed)
        role = next((role for role in self.roles if role in wanted), self.roles[0] if self.roles else "nobody")
        return f"{role}:{self.name}"


SYSTEM = Actor("thaw", ("system",))
"""The procedure itself: timers, saga steps, checks."""


def name_of(actor: str) -> str:
    """The name in an entry's `role:name`."""
    return actor.partition(":")[2]
