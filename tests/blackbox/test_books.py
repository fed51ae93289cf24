"""After all that was done to the desk, and to its processes, its books tell what its journal tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.blackbox.desk import Desk, run_thaw


def test_ledger_journal_and_the_banks_file_of_today_agree(desk: Desk):
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()

    ran = run_thaw(desk.folder, "books", "reconcile", today, "--json")

    found = json.loads(ran.stdout)
    assert found["differences"] == {}, run_thaw(desk.folder, "books", "differences").stdout
    assert (ran.returncode, found["day"]) == (0, today)
    assert found["cases"] >= 1
