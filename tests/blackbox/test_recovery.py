"""The engine's whole database is deleted while the desk is closed: opened again, it goes on by itself."""

from __future__ import annotations

import json
from typing import Any

from tests.blackbox.desk import Case, Desk, eventually


def _deadlines(case: Case) -> list[tuple[str, str]]:
    return [(due["name"], due["due_at"]) for due in case.see()["deadlines"]]


def _sent(desk: Desk, case: Case) -> list[dict[str, Any]]:
    messages = desk.partner("notices", "GET", f"/mailbox.json?case_id={case.case_id}&limit=500")["messages"]
    return sorted(({"key": m.get("key"), "copies": m["copies"], "subject": m["subject"]} for m in messages), key=str)


def test_a_desk_opened_with_an_empty_engine_carries_every_case_on_and_repeats_nothing(desk: Desk) -> None:
    reviewed, opened = desk.freeze().ready(), desk.freeze(fen=70_000)
    opened.confirm()
    eventually(opened.see, lambda seen: all(c["in_force"] for c in seen["controls"]), "the controls are in force")
    eventually(opened.types, lambda types: types.count("NoticeSent") >= 2, "the merchant was told")
    cases = (reviewed, opened)
    before = [(case.types(), _deadlines(case), case.postings(), _sent(desk, case)) for case in cases]

    assert desk.thaw("down").returncode == 0
    lost = list(desk.folder.glob("temporal*"))
    assert lost
    for path in lost:
        path.unlink()
    up = desk.thaw("up", "--detach")
    assert up.returncode == 0, f"{up.stdout}\n{up.stderr}"
    desk.all_running()

    def none_missing() -> dict[str, Any]:
        told: dict[str, Any] = json.loads(desk.thaw("recover", "--json").stdout)
        return told

    told = eventually(none_missing, lambda told: told["complete"] and not told["started"], "every live case runs")
    assert (told["failed"], told["running"]) == ({}, told["live"])
    assert [(case.types(), _deadlines(case), case.postings(), _sent(desk, case)) for case in cases] == before
    reviewed.approved("reviewer1")
    reviewed.until("closed_released")
    reviewed.is_settled_once()
