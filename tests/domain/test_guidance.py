"""Merchants are advised on every reason that may restrict a terminal, and never on how to stay unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import policies
from policies import PolicyError, guidance

POLICY = policies.load(policies.newest())
RESTRICTING = sorted(
    code
    for code, reason in POLICY.reasons.items()
    if reason.public_code == code and set(reason.case_kinds) - {"K5"} and code not in {"J01", "F01", "L01"}
)


@pytest.mark.parametrize("code", RESTRICTING)
def test_there_is_advice_of_its_own_against_every_reason_that_can_be_avoided(code: str) -> None:
    assert all(code in one.reasons for one in guidance.against(code))


@pytest.mark.parametrize("code", ["J01", "F01", "L01", "unknown"])
def test_where_nothing_in_particular_helps_the_advice_is_what_is_true_for_everyone(code: str) -> None:
    assert guidance.against(code) == guidance.general()
    assert guidance.general()


def test_no_advice_tells_what_is_watched_for_or_from_which_amount_on() -> None:
    telling = re.compile(r"[¥元]|fen\b|monitor|alert|threshold|监测|预警|阈值|万")
    assert [one for one in guidance.every() if telling.search(f"{one.text.zh} {one.text.en}")] == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("gardens,R01,中文,English", "row 2, column topic"),
        ("sales,R99,中文,English", "row 2, column reasons: 'R99' is no reason that merchants are told"),
        ("sales,J02,中文,English", "row 2, column reasons: 'J02' is no reason that merchants are told"),
        ("sales,,中文,English", "row 2, column reasons: 'always' names no reason"),
        ("always,R01,中文,English", "row 2, column reasons: 'always' names no reason"),
        ("sales,R01,,English", "row 2, column zh: is empty"),
    ],
)
def test_an_unsound_line_is_named(tmp_path: Path, line: str, wrong: str) -> None:
    file = tmp_path / "guidance.csv"
    file.write_text(f"topic,reasons,zh,en\n{line}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=wrong):
        guidance.read(file, POLICY)
