"""Reconciling a day: the journal, the ledger and the bank's statement are read and compared, case by case."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from temporalio import activity

from activities import bank_file
from activities.calls import Call, segment
from activities.heartbeats import heartbeating
from domain import reconciliation
from domain.case import Case
from domain.reconciliation import BankLine, Books, Difference, Money, Posting
from domain.stream import Entry
from domain.wire import History
from journal.reconciling import Reconciling
from workflows.ports import LEDGER_RECONCILE, Reconciled, ReconcileOrder

DAYS_BEFORE, DAYS_AFTER = 3, 1
"""How far from the day a payout may stand in the bank's file: it is known as sent after three days' outage at most."""
CASES_AT_ONCE = 50
LOOKS = 3
"""How often a case that differs is read again before its differences are believed: it may be at work."""
PAUSE_SECONDS = 1.0
OPENS_FREEZE = "TerminalFrozen"


@dataclass(frozen=True, slots=True)
class Side:
    side: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PostingOfLedger:
    posting_id: str
    kind: str
    key: str
    booked_on: str
    case_id: str | None = None
    lines: list[Side] = field(default_factory=list)

    @property
    def read(self) -> Posting:
        fen = sum(line.amount_fen for line in self.lines if line.side == "debit")
        return Posting(self.posting_id, self.kind, self.key, self.booked_on, fen)


@dataclass(frozen=True, slots=True)
class Postings:
    postings: list[PostingOfLedger]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class HoldOfLedger:
    held_fen: int
    released_fen: int
    penalty_fen: int
    claims_fen: int
    network_penalty_fen: int
    remaining_fen: int


@dataclass(frozen=True, slots=True)
class Holds:
    holds: list[HoldOfLedger]


@dataclass(frozen=True, slots=True)
class TrialBalance:
    difference_fen: int


@dataclass
class Day:
    """What is read of a day before cases are looked at."""

    day: str
    lines: list[BankLine] = field(default_factory=list)
    postings: list[PostingOfLedger] = field(default_factory=list)
    found: list[Difference] = field(default_factory=list)
    compared: int = 0

    def lines_of(self, case_id: str) -> list[BankLine]:
        return [line for line in self.lines if line.case_id == case_id]

    @property
    def lines_today(self) -> list[BankLine]:
        return [line for line in self.lines if line.day == self.day]


class Reconciliation:
    def __init__(self, ledger: Call, bank: Call, journal: Reconciling) -> None:
        self._ledger, self._bank, self._journal = ledger, bank, journal

    @activity.defn(name=LEDGER_RECONCILE)
    async def reconcile(self, order: ReconcileOrder) -> Reconciled:
        """Compare all that touched the day, and leave each difference at the desk. Repeating it changes nothing."""
        async with heartbeating():
            return await self._reconcile(date.fromisoformat(order.day))

    async def _reconcile(self, day: date) -> Reconciled:
        seen = await self._read(day)
        cases = await self._compare(seen, await self._touched(seen, day))
        seen.found += reconciliation.strangers(seen.lines, cases, seen.day)
        await self._journal.keep(
            day,
            seen.found,
            cases=seen.compared,
            postings=len(seen.postings),
            bank_lines=len(seen.lines_today),
        )
        kinds = dict(sorted(Counter(one.kind for one in seen.found).items()))
        return Reconciled(seen.day, seen.compared, len(seen.postings), len(seen.lines_today), kinds)

    async def _read(self, day: date) -> Day:
        """The day's postings, and the bank's files of the day and the days around it."""
        seen = Day(day.isoformat())
        for offset in range(-DAYS_BEFORE, DAYS_AFTER + 1):
            of = (day + timedelta(days=offset)).isoformat()
            lines, unread = bank_file.read(await self._bank.text(f"/statement?date={of}"), of)
            seen.lines += lines
            seen.found += unread if of == seen.day else ()
        after: str | None = ""
        while after is not None:
            page = await self._ledger.get(f"/postings?day={seen.day}&limit=500&after={after}", Postings)
            assert page is not None  # a day without postings is an empty page
            seen.postings += page.postings
            after = page.next
        trial = await self._ledger.get("/trial-balance", TrialBalance)
        if trial is None or trial.difference_fen:
            claimed = f"ledger: debits exceed credits by {trial.difference_fen if trial else '?'} fen"
            seen.found.append(Difference("unbalanced", "trial-balance", "0 fen", claimed))
        return seen

    async def _touched(self, seen: Day, day: date) -> list[str]:
        """Every case that the journal, the ledger or the bank name on that day."""
        by_ledger = {posting.case_id for posting in seen.postings if posting.case_id}
        by_bank = {line.case_id for line in seen.lines_today if line.case_id}
        return sorted({*await self._journal.cases_written_on(day), *by_ledger, *by_bank})

    async def _compare(self, seen: Day, case_ids: Sequence[str]) -> dict[str, Case]:
        """Compare these cases, and give back those of them that the bank's file of the day names."""
        named = {line.case_id for line in seen.lines_today}
        kept: dict[str, Case] = {}
        for page in _pages(case_ids, CASES_AT_ONCE):
            known = {case.stream: case for case in await self._journal.cases(page)}
            for case_id in page:
                case = known.get(case_id)
                if case is None:
                    seen.found += self._unknown(seen, case_id)
                    continue
                entries = case.entries
                if entries[0].type != OPENS_FREEZE:  # a kind of case whose money is not told by these rules
                    continue
                seen.compared += 1
                seen.found += await self._differences(seen, case_id, entries)
                if case_id in named:
                    kept[case_id] = History().after(entries).case
        return kept

    async def _differences(self, seen: Day, case_id: str, entries: tuple[Entry, ...]) -> tuple[Difference, ...]:
        """What differs for good: the ledger may have moved on since the case was read, so both are read again."""
        lines = seen.lines_of(case_id)
        found = reconciliation.of_case(entries, await self._books(case_id), lines, seen.day)
        for _ in range(LOOKS - 1):
            if not found:
                break
            await asyncio.sleep(PAUSE_SECONDS)
            (case,) = await self._journal.cases([case_id])
            again = reconciliation.of_case(case.entries, await self._books(case_id), lines, seen.day)
            found = tuple(one for one in found if one in again)
        return found

    async def _books(self, case_id: str) -> Books:
        postings = await self._ledger.get(f"/cases/{segment(case_id)}/postings", Postings)
        held = await self._ledger.get(f"/holds?case_id={segment(case_id)}", Holds)
        holds = held.holds if held else []
        return Books(
            tuple(posting.read for posting in (postings.postings if postings else [])),
            Money(
                held=sum(one.held_fen for one in holds),
                released=sum(one.released_fen for one in holds),
                penalty=sum(one.penalty_fen + one.network_penalty_fen for one in holds),
                claims=sum(one.claims_fen for one in holds),
                remaining=sum(one.remaining_fen for one in holds),
            ),
        )

    def _unknown(self, seen: Day, case_id: str) -> Iterable[Difference]:
        """The ledger's postings for a case the journal does not have; the bank's lines for it are strangers."""
        for posting in seen.postings:
            if posting.case_id == case_id:
                said = f"ledger: {posting.kind} {posting.read.amount_fen} fen"
                yield Difference("unknown-case", posting.posting_id, "no such case", said, case_id, posting.key)


def _pages(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
