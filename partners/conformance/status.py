"""What Thaw relies on in status reporting: a report is kept, and the newest one of a subject counts."""

from __future__ import annotations

from typing import Any

from partners.conformance.caller import Caller, answered, equal, refused
from partners.conformance.suite import Example, Suite


def report(case_id: str, subject_id: str, **other: str) -> dict[str, Any]:
    return {
        "subject": "terminal", "id": subject_id, "state": "normal", "reason_code": "R01", "case_id": case_id,
    } | other  # fmt: skip


async def example(status: Caller) -> Example:
    body = report(status.new("FA"), status.new("SN"))
    return Example("/reports", {"json": body}, {"json": body | {"state": "frozen"}})


SUITE = Suite("status", example)


@SUITE.check
async def the_reports_of_a_case_are_listed(status: Caller) -> None:
    """The reports of a case are listed, oldest first; a repeat is not listed twice."""
    case_id, sn, key = status.new("FA"), status.new("SN"), status.new_key()
    for _ in range(2):
        answered(await status.effect("/reports", report(case_id, sn, state="frozen"), key=key), 201)
    answered(await status.effect("/reports", report(case_id, sn)), 201)
    listed = answered(await status.get("/reports", case_id=case_id))
    equal([each["state"] for each in listed], ["frozen", "normal"], "the states reported")


@SUITE.check
async def the_newest_report_counts(status: Caller) -> None:
    """The newest report of a terminal is what the outside world knows of it."""
    case_id, sn = status.new("FA"), status.new("SN")
    refused(await status.get(f"/subjects/terminal/{sn}"), 404)
    answered(await status.effect("/reports", report(case_id, sn, state="frozen")), 201)
    answered(await status.effect("/reports", report(case_id, sn)), 201)
    equal(answered(await status.get(f"/subjects/terminal/{sn}"))["state"], "normal", "the state known")
