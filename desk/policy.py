"""The policy in force: the shipped one with the changes that were confirmed, read from the journal's stream `policy`.

Cases are opened under what the journal says at that moment, so a change reaches every desk without a restart. Nothing
else needs to hear of it: a case carries its version, and the version spells out what was moved.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import policies
from domain import policy_changes as rules
from domain.actors import Actor
from domain.business_time import format_time, local_date
from domain.policy import Policy
from domain.policy_changes import STREAM, Change, Changes, Event, PolicyChangeProposed, Wrong
from domain.refusals import Refused
from domain.stream import Head, seal
from journal import Journal
from journal.requests import AppendAnswer, compose
from policies.levers import lever

ATTEMPTS = 10
KIND = "policy"


class NoSuchChangeError(LookupError):
    """There is no change of this id."""


class NoSuchLeverError(LookupError):
    """The policy has no lever of this name."""


class BusyError(Exception):
    """The stream moved again and again while something was to be added."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and under which command."""

    actor: Actor
    command_id: str


class PolicyDesk:
    """The shipped policy (`pinned`, else the newest) and its changes, as far as they were read."""

    def __init__(self, journal: Journal, clock: Callable[[], datetime], pinned: str | None) -> None:
        self._journal, self._clock, self._pinned = journal, clock, pinned
        self._changes, self._head = Changes(), Head()

    @property
    def base(self) -> Policy:
        """The shipped policy."""
        return policies.load(self._pinned or policies.newest())

    @property
    def today(self) -> date:
        return local_date(self._clock())

    @property
    def known(self) -> Policy:
        """The policy in force as far as changes were read: for names, which no change touches."""
        return policies.load(self._changes.version_on(self.base.version, self.today))

    async def now(self) -> Policy:
        """The policy in force, looked up in the journal: for opening cases."""
        await self.changes()
        return self.known

    async def changes(self) -> Changes:
        """Every change, up to this moment."""
        entries = await self._journal.read(STREAM, self._changes.position)
        if entries and entries[0].position == self._changes.position + 1:  # nobody else took them in meanwhile
            self._changes = self._changes.after(entries)
            self._head = Head(entries[-1].position, entries[-1].hash)
        return self._changes

    async def propose(self, proposal: PolicyChangeProposed, asked: Asked) -> Change | Refused | tuple[Wrong, ...]:
        """Journals a proposal. Raises NoSuchLeverError."""
        known = lever(self.base, proposal.lever)
        if known is None:
            raise NoSuchLeverError(proposal.lever)

        def decide(changes: Changes) -> Event | Refused | tuple[Wrong, ...]:
            day = max(date.fromisoformat(proposal.effective), self.today)
            if refusal := rules.moved_meanwhile(proposal, changes, self.base, day):
                return refusal
            return tuple(rules.wrong_with(proposal, known, changes, self.base, self.today)) or proposal

        return await self._append(proposal.change_id, decide, asked)

    async def confirm(self, change_id: str, asked: Asked) -> Change | Refused | tuple[Wrong, ...]:
        """Journals the second person's word. Raises NoSuchChangeError."""
        await self._find(change_id)
        return await self._append(
            change_id, lambda changes: rules.confirm(changes, change_id, self.base, asked.actor, self.today), asked
        )

    async def drop(self, change_id: str, reason: str, asked: Asked) -> Change | Refused | tuple[Wrong, ...]:
        """Journals that a proposal is dropped. Raises NoSuchChangeError."""
        await self._find(change_id)
        return await self._append(change_id, lambda changes: rules.drop(changes, change_id, reason), asked)

    async def _find(self, change_id: str) -> None:
        if (await self.changes()).find(change_id) is None:
            raise NoSuchChangeError(change_id)

    async def _append(
        self, change_id: str, decide: Callable[[Changes], Event | Refused | tuple[Wrong, ...]], asked: Asked
    ) -> Change | Refused | tuple[Wrong, ...]:
        for _ in range(ATTEMPTS):
            changes, head = await self.changes(), self._head
            decision = decide(changes)
            if isinstance(decision, Refused | tuple):
                return decision
            entries = seal(
                STREAM,
                head,
                [rules.draft(decision, head.position + 1)],
                occurred_at=format_time(self._clock()),
                actor=asked.actor.signing_as(rules.LEADS),
                command_id=asked.command_id,
            )
            answer = AppendAnswer.from_json(await self._journal.append(compose(KIND, head, entries)))
            if answer.outcome == "conflict":
                continue
            change = (await self.changes()).find(change_id)
            assert change is not None
            return change
        raise BusyError(STREAM)


def new_change_id(command_id: str) -> str:
    """A change's id, the same whenever the same command proposes it."""
    return f"PC-{b32encode(hashlib.sha256(f'policy {command_id}'.encode()).digest()).decode()[:8]}"
