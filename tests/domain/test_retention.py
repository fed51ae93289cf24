"""What must be kept and for how long, and what stands in the way of erasing it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.retention import ClosedCase, Hold, Holding, due_on, obstacles
from policies import PolicyError, retention

SCHEDULE = retention.load("2026-11-27")
CLOSED = ClosedCase("FA-1", date(2026, 3, 2))
HOLDING = Holding("898310058120001", relation_on=date(2026, 1, 15), closed_cases=(CLOSED,))
DUE = date(2036, 3, 3)


def kinds(holding: Holding, today: date) -> list[str]:
    return [obstacle.kind for obstacle in obstacles(holding, SCHEDULE, today)]


def test_a_closed_case_is_kept_through_the_same_day_ten_years_later() -> None:
    assert kinds(HOLDING, date(2036, 3, 2)) == ["retention"]
    assert kinds(HOLDING, DUE) == []
    assert due_on(HOLDING, SCHEDULE) == DUE


def test_each_period_that_runs_is_named_with_its_rule_and_its_end() -> None:
    found = obstacles(HOLDING, SCHEDULE, date(2026, 11, 27))
    assert [(obstacle.about, obstacle.until) for obstacle in found] == [
        ("898310058120001", date(2036, 1, 16)),
        ("898310058120001", date(2031, 1, 16)),
        ("FA-1", DUE),
    ]
    assert "2036-03-02" in found[-1].text.zh
    assert "反洗钱法" in found[-1].text.zh
    assert "Anti-Money Laundering Law" in found[-1].text.en


def test_without_any_case_the_relation_alone_counts() -> None:
    assert due_on(replace(HOLDING, closed_cases=()), SCHEDULE) == date(2036, 1, 16)


def test_the_last_day_of_february_ends_a_period_that_began_on_the_29th() -> None:
    leap = replace(HOLDING, relation_on=date(2024, 2, 29), closed_cases=())
    assert kinds(leap, date(2034, 2, 28)) == ["retention"]
    assert kinds(leap, date(2034, 3, 1)) == []


@pytest.mark.parametrize(("holding", "kind", "about"), [
    (replace(HOLDING, open_cases=("FA-2",)), "open-case", "FA-2"),
    (replace(HOLDING, controls=("C-1",)), "control", "C-1"),
    (replace(HOLDING, holds=(Hold("H-1", "court", "(2026)沪01执1号", "2026-04-01"),)), "legal-hold", "H-1"),
])  # fmt: skip
def test_what_is_open_or_held_is_never_erased_however_old(holding: Holding, kind: str, about: str) -> None:
    (found,) = obstacles(holding, SCHEDULE, date(2099, 1, 1))
    assert (found.kind, found.about, found.until) == (kind, about, None)


def test_what_began_later_than_the_bound_is_not_due_and_what_began_by_then_is() -> None:
    for today in (date(2036, 2, 29), date(2036, 3, 1), date(2035, 3, 1)):
        bound = SCHEDULE.begun_by("relation", today)
        for begun in (date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1), date(2026, 2, 28), date(2026, 3, 1)):
            if SCHEDULE.due_from("relation", begun) <= today:
                assert begun <= bound


def test_the_schedule_in_force_is_the_newest_that_has_begun() -> None:
    assert retention.in_force(date(2026, 11, 27)).version == "2026-11-27"
    assert retention.in_force(date(2020, 1, 1)).version == retention.versions()[0]


def test_what_is_due_is_listed_and_not_erased_by_itself() -> None:
    assert SCHEDULE.erasing == "listed"


@pytest.mark.parametrize(("sound", "unsound", "complaint"), [
    ("years = 5", "years = 0", "period 3, key years: a period lasts one year"),
    ("years = 5", 'years = "5"', "period 3, key years: '5' is not a whole number"),
    ('erasing = "listed"', 'erasing = "at once"', "key erasing: 'at once' is not one of listed, automatic"),
    ('start = "case_closed"', 'start = "relation"', "no period starts with case_closed"),
    ("[[periods]]", "[[rules]]", "names no period"),
    ("source = ", "origin = ", "key source: None has no English name"),
    ("银行卡收单业务管理办法", "无名办法", "period 3, key source: '无名办法' has no English name"),
])  # fmt: skip
def test_an_unsound_schedule_says_where(tmp_path: Path, sound: str, unsound: str, complaint: str) -> None:
    shipped = Path(retention.__file__).parent / "2026-11-27.toml"
    spoiled = tmp_path / "2027-01-01.toml"
    spoiled.write_text(shipped.read_text(encoding="utf-8").replace(sound, unsound), encoding="utf-8")
    with pytest.raises(PolicyError, match=complaint):
        retention.read(spoiled)


def test_an_unknown_schedule_is_named_beside_the_known_ones() -> None:
    with pytest.raises(PolicyError, match="there is no schedule '1999-01-01'; the versions are 2026-11-27"):
        retention.load("1999-01-01")
