"""A case's notices as people ask about them: which are owed or sent, what became of each, what each says, once more.

What a notice says is read from the journal: the state of the case right after the event that owed it. A letter shown
here hides the one-time password; only the merchant gets that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from desk.context import Desk
from desk.histories import Told
from domain.case import OwedNotice
from domain.events import NoticeSent
from domain.notices import owed_for
from domain.policy import MerchantType
from domain.wire import History, decode
from journal.contacting import AGAIN, Marked, root_of
from wording import Channel, Language, Letter, Places, Wording
from workflows.orders import for_notice
from workflows.ports import NoticeOrder, Resend


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice of a case: owed by the event at `position`; sent over `channel`, or None while it is owed."""

    position: int
    key: str
    notice: str
    audience: str
    owed_at: str
    channel: str | None = None
    sent_at: str | None = None
    receipt: str | None = None


def notices_of(told: Told) -> tuple[Notice, ...]:
    """Every notice of the case, in the order in which it was owed."""
    found: dict[str, Notice] = {}
    history = History()
    for entry in told.entries:
        history = history.after((entry,))
        event = decode(entry.type, entry.form, entry.data)
        for owed in owed_for(history.case, event, entry.position):
            found[owed.key] = Notice(entry.position, owed.key, owed.notice, owed.audience, entry.occurred_at)
        if isinstance(event, NoticeSent) and event.key in found:
            found[event.key] = replace(
                found[event.key], channel=event.channel, sent_at=event.delivered_at, receipt=event.receipt
            )
    return tuple(found.values())


def order_of(told: Told, key: str) -> NoticeOrder | None:
    """The order of the notice with this key, as it was first given; None when the case never owed it."""
    history = History()
    for entry in told.entries:
        history = history.after((entry,))
        event = decode(entry.type, entry.form, entry.data)
        for owed in owed_for(history.case, event, entry.position):
            if owed.key == key:
                return for_notice(history.case, owed, told.policy)
    return None


def order_now(told: Told, notice: str) -> NoticeOrder:
    """What the notice would say if it were owed now, as far as that can be known before its event."""
    case = told.case
    due = min((due.due for due in case.dues.values()), default=None)
    reason = told.policy.reasons[case.reason_code]
    facts = {"held_fen": str(case.held_fen), "rejected_for": told.policy.public_reason(case.reason_code).code}
    if due:
        facts["due"] = due
    if notice == "actions_required":
        facts["actions"] = ",".join(reason.actions_before)
    return for_notice(
        case, OwedNotice(f"{case.case_id}:preview", notice, "merchant", tuple(facts.items())), told.policy
    )


async def letter_of(desk: Desk, order: NoticeOrder, language: Language, channel: Channel) -> Letter:
    """The letter, its one-time password hidden."""
    merchant = await desk.registry.merchant(order.merchant_no)
    merchant_type: MerchantType = merchant.merchant_type if merchant else "company"
    places = Places(f"{desk.config.desk_url}/portal", desk.config.desk_url, otp_key=None)
    return Wording(places).notice(order, language, merchant_type, channel)


def once_more(order: NoticeOrder, command_id: str, *, channel: str = "", instead_of: Iterable[str] = ()) -> Resend:
    """The notice once more, under a key that this command alone makes."""
    digest = hashlib.sha256(command_id.encode()).hexdigest()[:16]
    return Resend(replace(order, key=f"{root_of(order.key)}{AGAIN}{digest}"), channel, tuple(instead_of))


def bounced_over(marks: Iterable[Marked], key: str) -> tuple[str, ...]:
    """The channels over which this notice bounced."""
    root = root_of(key)
    return tuple(
        sorted({mark.channel for mark in marks if mark.notice_key == root and mark.mark == "bounced" and mark.channel})
    )
