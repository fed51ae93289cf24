"""docs/coverage.csv says of each row of the spec that this release owes whether it works, and which tests show it.

The spec's own rows stand in `spec/`. A row's test may name several node ids, separated by `; `.
"""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = Path(__file__).parent / "spec"
MACHINES = {"K*", "K1"}
TIMERS = {
    "freeze_notice", "merchant_evidence", "supplement", "auto_check", "review_1", "review_2", "approval_validity",
    "hold_rejustify", "execution_step", "post_action", "monitoring", "withdraw_cooldown",
}  # fmt: skip
"""The timers a freeze appeal has."""


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def covered() -> list[dict[str, str]]:
    return read(ROOT / "docs" / "coverage.csv")


def owed() -> list[str]:
    features = [row["id"] for row in read(SPEC / "features.csv") if row["id"].startswith("S1.")]
    transitions = [
        f"T:{row['machine']}:{row['from']}:{row['command_or_timer']}"
        for row in read(SPEC / "transitions.csv")
        if row["machine"] in MACHINES
    ]
    timers = [f"timer:{row['timer']}" for row in read(SPEC / "timers.csv") if row["timer"] in TIMERS]
    return [*features, *transitions, *timers]


def test_every_row_owed_stands_in_the_coverage_once(covered: list[dict[str, str]]) -> None:
    rows = [row["row_id"] for row in covered]
    assert [row for row in rows if rows.count(row) > 1] == []
    assert set(owed()) - set(rows) == set()


def test_each_row_says_whether_it_works_and_if_not_why(covered: list[dict[str, str]]) -> None:
    for row in covered:
        assert row["status"] in {"works", "partial", "no"}, row
        assert row["test"] or row["status"] == "no", f"{row['row_id']}: which test shows it?"
        assert row["note"] or row["status"] == "works", f"{row['row_id']}: what is missing?"


def test_every_test_named_exists_and_is_run(covered: list[dict[str, str]]) -> None:
    named = {node for row in covered for node in row["test"].split("; ") if node}
    files = {node.partition("::")[0] for node in named}
    there = {node for file in files for node in run_in_file(file)}
    assert sorted(named - there) == []


def run_in_file(file: str) -> Iterator[str]:
    """The tests of a file by node id, without those that `make test` leaves out."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8")) if (ROOT / file).is_file() else ast.Module([], [])
    if not any(is_left_out(node.value) for node in tree.body if isinstance(node, ast.Assign)):
        yield from run_in(tree, file)


def run_in(body: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    for node in body.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if any(is_left_out(mark) for mark in node.decorator_list):
            continue
        if isinstance(node, ast.ClassDef):
            yield from run_in(node, f"{prefix}::{node.name}")
        elif node.name.startswith("test_"):
            yield f"{prefix}::{node.name}"


def is_left_out(mark: ast.expr) -> bool:
    """Whether a mark, or one of a list, keeps a test from running; one with a condition (`skipif`) does not."""
    if isinstance(mark, ast.List):
        return any(is_left_out(each) for each in mark.elts)
    name = mark.func if isinstance(mark, ast.Call) else mark
    return isinstance(name, ast.Attribute) and name.attr in {"chaos", "skip", "xfail"}


def test_a_test_that_does_not_run_shows_nothing() -> None:
    source = """
class TestOne:
    def test_runs(self): ...
    @pytest.mark.chaos
    def test_long(self): ...
@pytest.mark.skip(reason="not today")
def test_skipped(): ...
@pytest.mark.parametrize("many", [1, pytest.param(9, marks=pytest.mark.chaos)])
def test_of_one_and_many(many): ...
@pytest.mark.skipif(not chromium(), reason="no browser")
def test_in_a_browser(): ...
"""
    run = ["f.py::TestOne::test_runs", "f.py::test_of_one_and_many", "f.py::test_in_a_browser"]
    assert list(run_in(ast.parse(source), "f.py")) == run
