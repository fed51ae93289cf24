"""The queue's order: breach risk, money times days, tier and age. Decision 53."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policies
from domain.business_time import format_time
from domain.listing import tasks
from domain.ranking import Standing, fen_days, held_since, rank
from tests.domain.specification import POLICY, Past

RULES = policies.load("2026-11-28").queue
OPENED = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
YUAN = 100
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def task(amount_fen: int = 0, tier: str = "L1", due: timedelta = 3 * DAY, held: timedelta = timedelta()) -> Standing:
    return Standing(OPENED, OPENED + due, tier, amount_fen, OPENED + held, OPENED)  # type: ignore[arg-type]


MOMENTS = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400)).map(lambda after: OPENED + after)
TASKS = st.builds(
    task,
    amount_fen=st.integers(0, 100_000_000 * YUAN),
    tier=st.sampled_from(["L0", "L1", "L2", "L3"]),
    due=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=60)),
    held=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=60)),
)


@given(TASKS, st.lists(MOMENTS, max_size=30))
def test_a_rank_followed_from_step_to_step_is_the_rank_made_anew(standing: Standing, looks: list[datetime]) -> None:
    followed = rank(standing, RULES, OPENED)
    for now in sorted(looks):
        if followed.next_at is not None and followed.next_at <= now:
            followed = rank(standing, RULES, now)
        assert followed == rank(standing, RULES, now)


@given(TASKS)
def test_a_task_moves_up_at_each_step_and_never_back(standing: Standing) -> None:
    here, steps = rank(standing, RULES, OPENED), 0
    while here.next_at is not None:
        before, here = here, rank(standing, RULES, here.next_at)
        assert here.at <= before.at
        assert here != before
        steps += 1
    assert steps <= len(RULES.money_days_boosts) + len(RULES.age_boosts)


def test_of_two_equal_tasks_the_one_with_more_money_moves_up_first_and_the_other_follows() -> None:
    small, large = task(20_000 * YUAN), task(200_000 * YUAN)

    def first(after: timedelta) -> str:
        ranks = rank(small, RULES, OPENED + after).at, rank(large, RULES, OPENED + after).at
        return "neither" if ranks[0] == ranks[1] else "small" if ranks[0] < ranks[1] else "large"

    assert [first(after) for after in (timedelta(), 2 * HOUR, DAY)] == ["neither", "large", "large"]
    assert rank(small, RULES, OPENED + 10 * DAY).money_days_minutes == 120


@pytest.mark.parametrize(
    ("standing", "after", "minutes"),
    [
        (task(10_000 * YUAN), DAY - timedelta(microseconds=1), 0),
        (task(10_000 * YUAN), DAY, 30),
        (task(86_420 * YUAN), DAY, 60),
        (task(86_420 * YUAN), 2 * DAY, 120),
        (task(0), 400 * DAY, 0),
    ],
)
def test_money_counts_by_how_long_it_is_held(standing: Standing, after: timedelta, minutes: int) -> None:
    assert rank(standing, RULES, OPENED + after).money_days_minutes == minutes


def test_a_case_counts_by_its_age() -> None:
    assert [rank(task(), RULES, OPENED + days * DAY).age_minutes for days in (6, 7, 14, 30, 60, 90)] == [
        0, 30, 60, 120, 240, 240,
    ]  # fmt: skip


def test_a_task_that_holds_next_to_nothing_has_no_step_of_money_within_a_lifetime() -> None:
    assert rank(task(1), RULES, OPENED + 61 * DAY).next_at is None


def test_a_case_under_an_older_policy_ranks_by_its_amount_and_never_moves() -> None:
    for days in (0, 100):
        old = rank(task(86_420 * YUAN), policies.load("2026-11-27").queue, OPENED + days * DAY)
        assert (old.amount_minutes, old.money_days_minutes, old.age_minutes, old.next_at) == (120, 0, 0, None)


def test_held_money_counts_from_each_hold_by_itself(appeal_awaiting_first_review: Past) -> None:
    case = appeal_awaiting_first_review.case
    now = held_since(case) + 3 * DAY
    placed = [(c.remaining_fen, datetime.fromisoformat(c.placed.placed_at)) for c in case.controls]
    assert fen_days(case.remaining_fen, held_since(case), now) == sum(fen_days(fen, at, now) for fen, at in placed)


def test_a_task_says_what_its_rank_is_made_of(appeal_awaiting_first_review: Past) -> None:
    case = appeal_awaiting_first_review.case
    (shown,) = tasks(case, POLICY, case.since)
    made_of = shown["priority"]
    assert made_of["policy_version"] == case.policy_version
    assert made_of["held_since"] == format_time(held_since(case))
    assert shown["reranks_at"] is None
