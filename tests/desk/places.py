"""Every page of the desk by name: what pictures are taken of, and what is looked at for barriers, weight and width."""

from __future__ import annotations

from dataclasses import dataclass

from tests.desk.house import MERCHANT_NO
from tests.desk.working import Work


@dataclass(frozen=True)
class Subject:
    """What the pages are about."""

    case_id: str
    terminal_sn: str
    document_id: str
    complaint_id: str
    due_case_id: str
    """Another one, for which papers and a plan are awaited."""


async def about_case(work: Work, case_id: str) -> Subject:
    """The case with a complaint about it, and one that waits for its merchant."""
    view = await work.view(case_id)
    said = {"kind": "complaint", "about_case_id": case_id, "statement": "三天没有人回复,电话也打不通。"}
    complaint = (await work.house.merchant1.post("/api/v1/cases", said)).json()
    due = await work.case(reason="R08", held_fen=0)
    await work.do(work.house.officer1, due, "confirm_reason", reason_code="R08")
    document_id = view["documents"][0]["document_id"]
    return Subject(case_id, view["terminal_sn"], document_id, complaint["complaint_id"], due)


def of_staff(about: Subject) -> dict[str, str]:
    """The console's pages, for a supervisor."""
    case = f"/console/cases/{about.case_id}"
    return {
        "queue": "/console/queue", "announcements": "/console/announcements", "guidance": "/console/guidance",
        "cases": "/console/cases", "case": case, "review": f"{case}/review",
        "paper": f"{case}/documents/{about.document_id}", "notices": f"{case}/notices",
        "register": "/console/register", "merchant": f"/console/merchants/{MERCHANT_NO}",
        "terminal": f"/console/terminals/{about.terminal_sn}", "contacts": "/console/contacts",
        "contact": f"/console/merchants/{MERCHANT_NO}/contacts", "complaints": "/console/complaints",
        "complaint": f"/console/complaints/{about.complaint_id}", "commands": "/console/commands",
        "access": "/console/access?user=reviewer2", "books": "/console/books", "rota": "/console/rota?person=reviewer2",
        "nowhere": "/console/nowhere",
    }  # fmt: skip


def of_merchants(about: Subject) -> dict[str, str]:
    """The portal's pages, for a merchant."""
    case = f"/portal/cases/{about.case_id}"
    return {
        "portal-home": "/portal", "portal": "/portal/cases", "portal-case": case,
        "portal-due": f"/portal/cases/{about.due_case_id}", "portal-plan": f"/portal/cases/{about.due_case_id}/plan",
        "portal-paper": f"{case}/documents/{about.document_id}", "portal-notices": f"{case}/notices",
        "portal-merchant": f"/portal/merchants/{MERCHANT_NO}",
        "portal-terminal": f"/portal/terminals/{about.terminal_sn}",
        "portal-contact": f"/portal/merchants/{MERCHANT_NO}/contacts", "portal-commands": "/portal/commands",
        "portal-access": "/portal/access", "portal-guidance": "/portal/guidance", "portal-nowhere": "/portal/nowhere",
    }  # fmt: skip


ROOMS = {
    "operations": "/console/operations", "figures": "/console/figures", "policy": "/console/policy",
    "lever": "/console/policy/levers/tiers.l2_from_fen", "privacy": "/console/privacy",
    "privacy-of": f"/console/privacy/{MERCHANT_NO}", "partners": "/console/partners",
}  # fmt: skip
"""The rooms of the operations desk, which have a house of their own to be looked at in."""
AT_ONCE = {"work": "/console/operations/people?name=reviewer1", "bulk": "/console/bulk"}
"""What leads do to many cases at once, looked at where it is done (`test_console_bulk.py`)."""
DOOR = {
    "login": "/login", "ended": "/login?next=/console/queue&ended=1", "enter": "/portal/enter",
    "enter-link": "/portal/enter/not-a-token",
}  # fmt: skip
"""What anyone may open."""
NO_PAGES = frozenset({
    "/", "/console", "/language/{language}", "/console/static/{digest}/{name}", "/{base}/find",
    "/{base}/cases/{case_id}/documents/{document_id}/pages/{number}", "/login/oidc/back",
})  # fmt: skip
"""What leads elsewhere, or is a file."""
