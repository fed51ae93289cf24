"""Reconciliation: what the journal, the ledger and the bank's statement say of the same money must agree.

The journal says what was ordered and done, the ledger what was booked, the bank's file what really left and came back.
Each difference is named by a kind and by what it is about; a person finds out which of them is right. What is under way
while one looks is no difference: it is compared on the day it is done. Source: spec README, What must always hold 2, 6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.business_time import local_date, parse_time
from domain.case import Case, Step
from domain.stream import Entry
from domain.wire import History, body_of

BOOKED = frozenset({"ledger_release", "release_legal_hold", "book_payout", "resend_payout", "settle_payout"})
"""The steps that make a posting under their own key."""
BOOKINGS = frozenset({"book_payout", "resend_payout"})
"""The steps that book a payout before `pay_out` sends it."""
TAKEN = frozenset({"started", "unknown", "done"})
"""How far a step is when its effect may stand."""

KINDS = (
    "money-differs", "not-in-ledger", "not-in-journal", "not-at-bank", "paid-twice", "not-ordered", "amount-differs",
    "outcome-differs", "unknown-payment", "unbooked", "unknown-case", "unreadable-line", "unbalanced",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """What one of us holds (`recorded`) and what another says (`claimed`); `subject` tells apart those of one kind."""

    kind: str
    subject: str
    recorded: str
    claimed: str
    case_id: str | None = None
    step_key: str | None = None


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line of the bank's statement: `debit` left our account, `credit` came back. `key` is the payout's, if any."""

    day: str
    number: int
    kind: str
    side: str
    amount_fen: int
    ref: str
    key: str
    case_id: str


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting of the ledger for a case."""

    posting_id: str
    kind: str
    key: str
    booked_on: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Money:
    """What was held, and what became of it. Fen."""

    held: int
    released: int
    penalty: int
    claims: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Books:
    """What the ledger says of a case."""

    postings: tuple[Posting, ...]
    money: Money


def of_case(entries: tuple[Entry, ...], books: Books, bank: Collection[BankLine], day: str) -> tuple[Difference, ...]:
    """Where journal, ledger and bank disagree about a case, as to what was done on `day` (YYYY-MM-DD, Shanghai).

    `bank` are the case's lines of that day and of the days around it, on which a payout may stand as well.
    """
    case = History().after(entries).case
    done = _done_on(entries, day)
    return (
        *_money(case, books.money),
        *_postings(case, books.postings, day),
        *_payments(case, books.postings, bank, done, day),
        *_returns(case, entries, bank, day),
    )


def strangers(lines: Iterable[BankLine], cases: Mapping[str, Case], day: str) -> Iterator[Difference]:
    """The day's lines that no case of ours knows."""
    for line in lines:
        if line.day != day:
            continue
        if not line.kind.startswith("payout"):
            yield Difference("unbooked", line.ref, "no posting", _said(line))
            continue
        case = cases.get(line.case_id)
        if case is None or not any(step.planned.key == line.key for step in _payouts(case)):
            yield Difference(
                "unknown-payment", line.ref, "nothing ordered", _said(line), line.case_id or None, line.key
            )


def _money(case: Case, ledger: Money) -> Iterator[Difference]:
    """The case's sums. While something of them is under way they may differ."""
    if case.release.in_flight or any("hold" in control.owed for control in case.controls):
        return
    held = [control for control in case.controls if "hold" in control.enforced]
    journal = Money(
        sum(control.held_fen for control in held),
        case.settled.release_fen,
        case.settled.penalty_fen,
        case.settled.claims_fen,
        sum(control.remaining_fen for control in held),
    )
    for name in Money.__dataclass_fields__:
        ours, theirs = getattr(journal, name), getattr(ledger, name)
        if ours != theirs:
            yield Difference(
                "money-differs",
                f"{case.case_id}:{name}",
                f"journal: {name} {ours} fen",
                f"ledger: {name} {theirs} fen",
                case.case_id,
            )


def _postings(case: Case, postings: tuple[Posting, ...], day: str) -> Iterator[Difference]:
    """Each step that books has its posting, and each posting of the day its step."""
    keys = {posting.key for posting in postings}
    steps = {step.planned.key: step for step in case.release.steps if step.name in BOOKED}
    for key, step in steps.items():
        if step.state == "done" and key not in keys:
            yield Difference(
                "not-in-ledger", key, f"journal: {step.name} done", "ledger: no posting", case.case_id, key
            )
    for posting in postings:
        if posting.booked_on != day or posting.kind == "hold":  # what is held is compared as a sum
            continue
        known = steps.get(posting.key)
        if known is None or known.state not in TAKEN:
            yield Difference(
                "not-in-journal",
                posting.posting_id,
                f"journal: {known.state if known else 'nothing'}",
                f"ledger: {posting.kind} {posting.amount_fen} fen",
                case.case_id,
                posting.key,
            )


def _payments(
    case: Case, postings: tuple[Posting, ...], bank: Collection[BankLine], done: Mapping[int, str], day: str
) -> Iterator[Difference]:
    """Each payout sent that day left the bank once, with the amount the ledger booked for it."""
    booked = {posting.key: posting.amount_fen for posting in postings}
    booking = ""
    for step in case.release.steps:
        booking = step.planned.key if step.name in BOOKINGS else booking
        if step.name != "pay_out":
            continue
        key = step.planned.key
        lines = [line for line in bank if line.key == key and line.side == "debit"]
        if step.n in done and not step.answer.startswith("refused:") and not lines:
            yield Difference("not-at-bank", key, "journal: sent", "bank: no such payment", case.case_id, key)
        if not any(line.day == day for line in lines):
            continue
        if len(lines) > 1:
            yield Difference("paid-twice", key, "journal: sent once", f"bank: {len(lines)} times", case.case_id, key)
        if step.state not in TAKEN:
            yield Difference("not-ordered", key, f"journal: {step.state}", _said(lines[0]), case.case_id, key)
        amount = booked.get(booking)
        if amount is not None and amount != lines[0].amount_fen:
            yield Difference("amount-differs", key, f"ledger: {amount} fen", _said(lines[0]), case.case_id, key)


def _returns(case: Case, entries: tuple[Entry, ...], bank: Collection[BankLine], day: str) -> Iterator[Difference]:
    """Each payout that came back that day is known to have bounced, and what bounced that day came back."""
    returned = {line.key: line for line in bank if line.side == "credit"}
    for step in _payouts(case):
        line = returned.get(step.planned.key)
        if line is None or line.day != day:
            continue
        told = case.messages_seen.get(line.key, "nothing")
        if told != "bounced":
            yield Difference("outcome-differs", line.key, f"journal: {told}", _said(line), case.case_id, line.key)
    for entry in entries:
        if entry.type != "PayoutAnswered" or _day(entry) != day:
            continue
        said = body_of(entry)
        key = said["step_key"]
        by_bank = said["outcome"] == "bounced" and not said["message_ref"].startswith("refused:")
        if by_bank and key not in returned:
            yield Difference("outcome-differs", key, "journal: bounced", "bank: nothing came back", case.case_id, key)


def _payouts(case: Case) -> tuple[Step, ...]:
    return tuple(step for step in case.release.steps if step.name == "pay_out")


def _done_on(entries: tuple[Entry, ...], day: str) -> Mapping[int, str]:
    """The steps done that day, by number."""
    return {body_of(e)["n"]: e.occurred_at for e in entries if e.type == "StepDone" and _day(e) == day}


def _day(entry: Entry) -> str:
    return local_date(parse_time(entry.occurred_at)).isoformat()


def _said(line: BankLine) -> str:
    return f"bank: {line.kind} {line.amount_fen} fen"
