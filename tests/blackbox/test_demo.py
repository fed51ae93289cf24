"""`thaw demo`, twice beside a running stack: both come out right, the second makes cases of its own, and what they
wrote holds nobody's personal data in clear."""

from __future__ import annotations

import json

import pytest

from samples import numbers
from tests.blackbox.desk import Desk
from tests.blackbox.leftovers import leaks, personal_values
from workers.demo.casting import hash_of


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_the_demo_comes_out_right_twice_and_makes_new_cases_each_time(desk: Desk) -> None:
    runs = []
    for _ in range(2):
        told = desk.thaw("demo", "--json")
        assert told.returncode == 0, told.stdout[-2000:]
        runs.append(json.loads(told.stdout))

    for run in runs:
        assert run["ok"]
        assert len(run["scenes"]) >= 8
        assert run["end"]["trial_balance"]["difference_fen"] == 0
        assert run["end"]["journal"]["sound"]
    first, second = ({case["case_id"] for case in run["end"]["cases"]} for run in runs)
    assert len(first) == len(second) == 7
    assert not first & second
    accounts = {numbers.account_number_of(hash_of(run["run"])) for run in runs}
    assert leaks(desk, personal_values() | accounts) == {}
    files = [path.read_bytes()[:4] for path in (desk.folder / "demo").iterdir()]
    assert set(files) == {b"\x89PNG", b"%PDF", b"\xff\xd8\xff\xe0"}
