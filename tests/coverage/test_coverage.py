"""docs/coverage.csv says of each row of the spec that this release owes whether it works, and which tests show it.

The spec's own rows stand in `spec/`. A row's test may name several node ids, separated by `; `.
"""

import csv
import subprocess
import sys
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


def test_every_test_named_exists(covered: list[dict[str, str]]) -> None:
    named = {node for row in covered for node in row["test"].split("; ") if node}
    files = sorted({node.partition("::")[0] for node in named})
    assert [file for file in files if not (ROOT / file).is_file()] == []
    options = ["-o", "addopts=", "--import-mode=importlib", "--collect-only", "-q"]
    command = [sys.executable, "-m", "pytest", *options, *files]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert listing.returncode == 0, listing.stdout + listing.stderr
    collected = {line.partition("[")[0] for line in listing.stdout.splitlines()}
    assert sorted(named - collected) == []
