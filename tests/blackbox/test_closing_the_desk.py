"""The end: books in balance, a whole journal, no process left."""

from __future__ import annotations

import json
import os
from pathlib import Path

from desk import verify_dossier
from tests.blackbox.desk import Desk, eventually


def test_after_everything_the_books_balance_and_every_case_adds_up(desk: Desk) -> None:
    books = desk.partner("ledger", "GET", "/trial-balance")
    assert books["difference_fen"] == 0
    assert books["debit_fen"] == books["credit_fen"] > 0
    for case in desk.cases:
        case.adds_up()


def test_the_journal_is_whole_and_was_sealed_by_the_desk_itself(desk: Desk) -> None:
    verified = desk.thaw("journal", "verify", "--json")
    assert verified.returncode == 0, verified.stdout
    report = json.loads(verified.stdout)
    assert report["sound"] is True
    assert report["checkpoints"] >= 1
    assert len(list((desk.folder / "checkpoints").glob("0*.json"))) >= report["checkpoints"]


def test_a_dossier_of_the_desk_checks_out_without_it(desk: Desk, tmp_path: Path) -> None:
    case_id, file = desk.freeze().case_id, tmp_path / "dossier.html"
    assert desk.thaw("case", "dossier", case_id, "--out", str(file)).returncode == 0
    key = json.loads(max((desk.folder / "checkpoints").glob("0*.json")).read_text())["statement"]["key"]
    assert verify_dossier.main([str(file), "--public-key", key]) == 0


def test_down_leaves_no_process_behind(desk: Desk) -> None:
    leaders = {process["pid"] for process in desk.processes().values() if process["pid"]}
    assert len(leaders) >= 13
    ours = _ours(desk.folder, leaders)
    assert leaders < ours  # the database's own processes, the reader of papers, the supervisor

    assert desk.thaw("down").returncode == 0

    eventually(lambda: _ours(desk.folder, leaders), lambda left: not left, "every process has ended", seconds=10)
    assert json.loads(desk.thaw("status", "--json").stdout)["running"] is False


def _ours(folder: Path, leaders: set[int]) -> set[int]:
    """The living processes in the sessions of the stack's, or that were started with its folder's name."""
    name, found = os.fsencode(folder), set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            state, _, _, session = (entry / "stat").read_text().rpartition(") ")[2].split()[:4]
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if state != "Z" and (int(session) in leaders or name in told):
            found.add(int(entry.name))
    return found
