"""The way from a case to the page on which its agreement is signed: for the merchant alone, while it can be signed."""

from __future__ import annotations

from desk import problems
from desk.access import allow
from desk.context import Desk
from desk.histories import Told
from domain.actors import Actor
from journal.vault import ForgottenError, NoSuchRecordError

SIGNERS = ("merchant", "agent")


async def sign_url(desk: Desk, told: Told, actor: Actor) -> str:
    """Where the case's agreement is signed. Raises the 403 problem for staff, the 404 problem when there is nothing to
    sign now."""
    allow(actor, "sign the agreement", *SIGNERS)
    agreement = told.case.agreement
    if agreement is None or agreement.state != "issued":
        raise _nothing_to_sign()
    try:
        link = await desk.vault.get(agreement.link_ref)
    except (NoSuchRecordError, ForgottenError):
        raise _nothing_to_sign() from None
    return str(link["url"])


def _nothing_to_sign() -> problems.Problem:
    return problems.not_found(
        "现在没有待签署的协议。请查看案件的待办事项。",
        "There is no agreement to be signed now. See in the case what is due.",
    )
