"""Delivery receipts: whether a notice that was sent did arrive. What bounced goes over another channel, or to a person.

The gateway calls back until it is answered, so a receipt waits while the engine is away. Taking one twice is taking it
once.
"""

from __future__ import annotations

from desk import problems
from desk.context import Desk
from desk.histories import Told, tell
from desk.hooks import Callback
from desk.letters import contacts_of
from desk.notices import bounced_over, once_more, order_of
from domain.actors import Actor
from domain.business_time import end_of_business_day, format_time
from journal.contacting import Mark, Marking, NewTask, root_of
from journal.reached import CHANNELS
from journal.registry import Act

GATEWAY = Actor("notices", ("partner",))


class Receipt(Callback):
    """The gateway's word on a message it took."""

    channel: str = ""
    message_id: str = ""


async def follow(desk: Desk, callback: Callback) -> None:
    """What follows from a receipt. Raises the 503 problem while the engine cannot send what bounced once more."""
    receipt = Receipt.model_validate(callback.model_dump())
    told = await tell(desk, receipt.case_id)
    if told is None or receipt.outcome not in {"delivered", "bounced"}:
        return
    mark: Mark = "delivered" if receipt.outcome == "delivered" else "bounced"
    marking = Marking(told.case.merchant_no, told.case.case_id, root_of(receipt.step_key), mark, receipt.message_id)
    act = Act(GATEWAY.signing_as(("partner",)), f"receipt:{receipt.message_ref}", desk.now())
    await desk.contacting.mark(marking, act, receipt.channel)
    await _learn(desk, told.case.merchant_no, receipt.channel, arrived=mark == "delivered")
    if mark == "bounced":
        await _send_elsewhere(desk, told, receipt)


async def _learn(desk: Desk, merchant_no: str, channel: str, *, arrived: bool) -> None:
    """What arrived shows where the merchant is reached, what bounced where no longer: as far as it can be told, which
    is where the merchant has one address on the channel."""
    of_contact = {"email": "email", "sms": "phone", "wechat": "wechat_openid"}
    contacts = await contacts_of(desk, merchant_no) if channel in CHANNELS else ()
    known = {to for contact in contacts if (to := getattr(contact, of_contact[channel]))}
    ref = await desk.reached.ref_of(merchant_no, (channel, known.pop())) if len(known) == 1 else None
    if ref is None:
        return
    if arrived:
        await desk.reached.reach(ref, "receipt", desk.clock())
    else:
        await desk.reached.lose(ref)


async def _send_elsewhere(desk: Desk, told: Told, receipt: Receipt) -> None:
    order = order_of(told, root_of(receipt.step_key))
    if order is None or order.audience != "merchant":
        await _ask_a_person(desk, told, receipt, order.notice if order else "release_notice")
        return
    over = bounced_over(await desk.contacting.marks(told.case.case_id), receipt.step_key)
    if not await desk.engine.resend(once_more(order, receipt.message_ref, instead_of=over)):
        raise problems.unavailable()


async def _ask_a_person(desk: Desk, told: Told, receipt: Receipt, notice: str) -> None:
    due = end_of_business_day(told.policy.calendar, desk.clock(), 1)
    task = NewTask(
        task_id=f"bounced:{receipt.message_id}",
        kind="bounced",
        merchant_no=told.case.merchant_no,
        due_at=format_time(due.at),
        case_id=told.case.case_id,
        notice=notice,
        notice_key=root_of(receipt.step_key),
    )
    await desk.contacting.open_task(task, Act(GATEWAY.signing_as(("partner",)), task.task_id, desk.now()))
