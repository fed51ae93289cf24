"""What journal, ledger and bank say of the same money is compared. Spec: README, What must always hold 2 and 6."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain import reconciliation
from domain.business_time import local_date, parse_time
from domain.case import Case
from domain.reconciliation import BankLine, Books, Difference, Money, Posting
from tests.domain.appeals import HELD, Appeal, a_control, bank_says, carry_out, carry_out_until, payout_key
from tests.domain.specification import CASE_ID, Past

Story = tuple[Books, tuple[BankLine, ...]]

PAID = HELD - 60_000
RELEASED = carry_out(Appeal(a_control(held_fen=HELD), penalty_fen=50_000, claims_fen=10_000).executing())
DAY = local_date(RELEASED.clock).isoformat()


def as_it_should_be(past: Past) -> Story:
    """The ledger and the bank's file, had everything been done that the journal says."""
    case = past.case
    amounts = {"ledger_release": HELD}
    postings = [
        Posting(f"P{step.n}", step.name, step.planned.key, DAY, amounts.get(step.name, case.release.payout_fen))
        for step in case.release.steps
        if step.name in reconciliation.BOOKED and step.state == "done"
    ]
    held = Posting("P0", "hold", f"{CASE_ID}:control:C1:hold", DAY, HELD)
    settled, remaining = case.settled, case.remaining_fen
    money = Money(HELD, settled.release_fen, settled.penalty_fen, settled.claims_fen, remaining)
    lines = [
        line(2 + number, step.planned.key, case.release.payout_fen)
        for number, step in enumerate(step for step in case.release.steps if step.name == "pay_out")
        if step.state == "done"
    ]
    return Books((held, *postings), money), tuple(lines)


def line(number: int, key: str, amount_fen: int, **changes: str) -> BankLine:
    return replace(BankLine(DAY, number, "payout", "debit", amount_fen, f"BP{number}", key, CASE_ID), **changes)


def compared(past: Past, story: Story, day: str = DAY) -> list[tuple[str, str, str]]:
    books, lines = story
    return [(one.kind, one.recorded, one.claimed) for one in reconciliation.of_case(past.entries, books, lines, day)]


def test_a_release_that_all_three_tell_alike_differs_in_nothing():
    assert compared(RELEASED, as_it_should_be(RELEASED)) == []


def without(key: str) -> Callable[[Story], Story]:
    def change(story: Story) -> Story:
        books, lines = story
        return replace(books, postings=tuple(p for p in books.postings if p.kind != key)), lines

    return change


def with_money(**changes: int) -> Callable[[Story], Story]:
    return lambda story: (replace(story[0], money=replace(story[0].money, **changes)), story[1])


def with_posting(**changes: object) -> Callable[[Story], Story]:
    by_hand = replace(Posting("P99", "reversal", "by-hand-1", DAY, 700), **changes)  # type: ignore[arg-type]
    return lambda story: (replace(story[0], postings=(*story[0].postings, by_hand)), story[1])


def with_lines(change: Callable[[tuple[BankLine, ...]], tuple[BankLine, ...]]) -> Callable[[Story], Story]:
    return lambda story: (story[0], change(story[1]))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            with_money(remaining=700, released=PAID - 700),
            [
                ("money-differs", f"journal: released {PAID} fen", f"ledger: released {PAID - 700} fen"),
                ("money-differs", "journal: remaining 0 fen", "ledger: remaining 700 fen"),
            ],
        ),
        (without("ledger_release"), [("not-in-ledger", "journal: ledger_release done", "ledger: no posting")]),
        (without("settle_payout"), [("not-in-ledger", "journal: settle_payout done", "ledger: no posting")]),
        (with_posting(), [("not-in-journal", "journal: nothing", "ledger: reversal 700 fen")]),
        (with_lines(lambda lines: ()), [("not-at-bank", "journal: sent", "bank: no such payment")]),
        (with_lines(lambda lines: (*lines, *lines)), [("paid-twice", "journal: sent once", "bank: 2 times")]),
        (
            with_lines(lambda lines: (replace(lines[0], amount_fen=PAID + 1),)),
            [("amount-differs", f"ledger: {PAID} fen", f"bank: payout {PAID + 1} fen")],
        ),
        (
            with_lines(lambda lines: (*lines, replace(lines[0], number=3, kind="payout_returned", side="credit"))),
            [("outcome-differs", "journal: confirmed", f"bank: payout_returned {PAID} fen")],
        ),
    ],
    ids=[
        "money", "no release", "no settlement", "by hand", "never paid", "paid twice", "another amount", "came back",
    ],
)  # fmt: skip
def test_each_way_to_disagree_is_found_and_named(change, found):
    assert compared(RELEASED, change(as_it_should_be(RELEASED))) == found


def test_a_payment_on_the_day_before_or_after_is_found_in_that_days_file():
    books, (paid,) = as_it_should_be(RELEASED)

    assert compared(RELEASED, (books, (replace(paid, day="2026-11-01"),))) == []


def test_what_was_not_done_that_day_is_not_looked_for_that_day():
    books, _ = as_it_should_be(RELEASED)

    assert compared(RELEASED, (books, ()), day="2026-11-20") == []


def test_postings_of_another_day_are_that_days_matter():
    story = with_posting(booked_on="2026-11-20")(as_it_should_be(RELEASED))

    assert compared(RELEASED, story) == []


def test_money_in_motion_is_compared_once_it_has_arrived():
    moving = carry_out_until(Appeal(a_control(held_fen=HELD)).executing(), "ledger_release")
    books, lines = as_it_should_be(moving)
    there_already = replace(books, money=Money(HELD, HELD, 0, 0, 0))

    assert compared(moving, (there_already, lines)) == []


def test_a_hold_that_is_not_yet_in_force_is_not_compared():
    frozen = Appeal(a_control(held_fen=HELD)).just_frozen()

    assert compared(frozen, (Books((), Money(HELD, 0, 0, 0, HELD)), ())) == []


def test_a_posting_for_a_step_that_never_began_is_found():
    before = Appeal(a_control(held_fen=HELD)).executing()
    release = next(step for step in before.case.release.steps if step.name == "ledger_release")
    early = Posting("P7", "release", release.planned.key, DAY, HELD)
    found = reconciliation.of_case(before.entries, Books((early,), Money(HELD, 0, 0, 0, HELD)), (), DAY)

    assert [(one.kind, one.recorded) for one in found] == [("not-in-journal", "journal: planned")]


def test_a_payment_for_a_step_that_never_began_was_not_ordered():
    before = Appeal(a_control(held_fen=HELD)).executing()
    early = line(2, payout_key(before), HELD)
    found = reconciliation.of_case(before.entries, Books((), Money(HELD, 0, 0, 0, HELD)), (early,), DAY)

    assert [(one.kind, one.recorded) for one in found] == [("not-ordered", "journal: planned")]


def test_a_bounce_the_bank_told_must_stand_in_its_file():
    sent = carry_out_until(Appeal(a_control(held_fen=HELD)).executing(), "report_status")
    bounced = bank_says(sent, "bounced").accepted
    books, (paid,) = as_it_should_be(bounced)
    returned = replace(paid, number=3, kind="payout_returned", side="credit")
    day = local_date(parse_time(bounced.entries[-1].occurred_at)).isoformat()

    assert compared(bounced, (books, (paid, returned)), day) == []
    assert compared(bounced, (books, (paid,)), day) == [
        ("outcome-differs", "journal: bounced", "bank: nothing came back")
    ]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"key": "FA-1:step:9"}, "unknown-payment"),
        ({"case_id": "FA-NONE"}, "unknown-payment"),
        ({"case_id": "", "key": ""}, "unknown-payment"),
        ({"kind": "micro_deposit", "key": "", "case_id": ""}, "unbooked"),
    ],
)
def test_a_line_of_the_bank_that_nobody_ordered_is_a_stranger(changes, kind):
    _, (paid,) = as_it_should_be(RELEASED)
    cases: dict[str, Case] = {CASE_ID: RELEASED.case}

    def found(one: BankLine) -> list[Difference]:
        return list(reconciliation.strangers([one], cases, DAY))

    assert found(paid) == []
    assert [one.kind for one in found(replace(paid, **changes))] == [kind]
    assert found(replace(paid, **changes, day="2026-11-01")) == []
