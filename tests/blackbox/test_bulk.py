"""A bulk action whose hands are killed in the middle goes on, and does each item once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.blackbox.desk import Desk, eventually

CASES = 40


@pytest.mark.chaos
@pytest.mark.parametrize("victim", ["relay", "worker-cases"])
def test_a_bulk_action_survives_the_death_of_what_carries_it_out(desk: Desk, victim: str) -> None:
    cases = [desk.freeze().case_id for _ in range(CASES)]
    text = f"asked the bank before {victim} died"
    body = {"dry_run": False, "action": "note", "text": text, "cases": cases, "reason": "the bank is late"}
    told = desk.post("supervisor1", "/bulk-actions", body, ok=(202,))

    def seen() -> dict[str, Any]:
        found: dict[str, Any] = desk.get("supervisor1", f"/bulk-actions/{told['bulk_id']}")
        return found

    under_way = seen()
    while not under_way["moved"]:
        under_way = seen()
    desk.kill(victim)
    assert under_way["left"] > 0
    desk.all_running()
    done = eventually(seen, lambda bulk: bulk["state"] == "done", "all are done")
    assert (done["moved"], done["skipped"], done["failed"]) == (CASES, 0, 0)
    for case_id in cases:
        notes = eventually(lambda case_id=case_id: desk.get("officer1", f"/cases/{case_id}/messages"), bool, "a note")
        assert [note["text"] for note in notes] == [text], case_id
    assert json.loads(desk.thaw("journal", "verify", "--json").stdout)["sound"] is True
