"""Whom a notice reaches when the merchant has wishes, when sides do not answer, and when it reaches nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.addresses import Address, addresses
from activities.calls import Call, UnavailableError
from activities.circuit import OPENS_AFTER
from activities.notices import ATTEMPTS, Notices, Staff
from domain.business_time import SHANGHAI
from journal.contacting import Preferences
from journal.parties import Contact
from tests.activities.conftest import CONFIG, M, Stand, act
from tests.activities.test_notices import CASE, EN, ZH, mailbox, order, register
from wording import Places, Wording
from workflows.ports import QUIET, Order, Resend

WECHAT = Contact("王芳", "13800138000", "wang@example.com", "wechat", "zh", "oABCDEF1234567890")
SECRET = "the merchant's own secret"  # of this test alone
HOOK = "https://127.0.0.1:1/hook"


async def wish(stand: Stand, *channels: str, **more: Any) -> None:
    """The merchant's wishes from now on."""
    wanted = Preferences(channels, **more)
    await stand.records.contacting.set_preferences(M, wanted, act(f"wishes {channels} {more}"))


async def behave(stand: Stand, channel: str, to: str, behaviour: str) -> None:
    gateway = await stand.partner("notices")
    await gateway.put("/recipients", json={"channel": channel, "to": to, "behaviour": behaviour})


def hands_at(stand: Stand, call: Call, clock: str, staff: Staff | None = None) -> Notices:
    """The hands at this hour in Shanghai."""
    now = datetime.fromisoformat(clock).replace(tzinfo=SHANGHAI)
    wording = Wording(Places(CONFIG.portal_url, CONFIG.desk_url, CONFIG.otp_key))
    staff = staff or Staff("lead@thaw.example", "operations@thaw.example")
    return Notices(call, stand.records, wording, staff, lambda: now)


async def run(activity: Any, sent: Any) -> Any:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_timeout=timedelta(seconds=10))
    return await environment.run(activity, sent)


async def at_night(stand: Stand, sent: Any, clock: str = "2026-11-03 23:00", staff: Staff | None = None) -> Any:
    """What the hands do with `sent` at this hour in Shanghai."""
    hands = hands_at(stand, Call(await stand.partner("notices"), "notices"), clock, staff)
    return await run(hands.resend if isinstance(sent, Resend) else hands.send, sent)


def test_wished_channels_come_in_their_order_and_no_other_is_used():
    wishes = Preferences(("webhook", "wechat", "sms"), "en", "https://shop.example/hook", SECRET)

    assert addresses((WECHAT, EN), wishes) == (
        Address("webhook", "https://shop.example/hook", "en", SECRET),
        Address("wechat", "oABCDEF1234567890", "en"),
        Address("sms", "13800138000", "en"),
        Address("sms", "+8613900139000", "en"),
    )


async def test_a_merchant_who_prefers_wechat_is_told_there_in_a_few_lines(stand):
    await register(stand, WECHAT)

    delivered = await stand.do("notices.send", order(held_fen="8642000"))

    [message] = await mailbox(stand)
    assert (delivered.channel, message["channel"], message["to"]) == ("wechat", "wechat", "oABCDEF1234567890")
    assert len(message["text"]) < 300
    assert "¥86,420.00" in message["text"]


async def test_a_channel_that_refuses_gives_way_to_the_next_wish(stand):
    await register(stand, WECHAT)
    await wish(stand, "wechat", "sms")
    await behave(stand, "wechat", "oABCDEF1234567890", "refuses")

    delivered = await stand.do("notices.send", order())

    [message] = await mailbox(stand)
    assert (delivered.channel, message["to"]) == ("sms", "13800138000")


async def test_a_system_that_does_not_answer_is_tried_again_and_then_gives_way(stand):
    await stand.partner("notices", inside="127.0.0.1")
    await wish(stand, "webhook", "email", webhook_url=HOOK, webhook_secret=SECRET)

    with pytest.raises(UnavailableError) as early:
        await stand.do("notices.send", order(), attempt=ATTEMPTS - 1)
    delivered = await stand.do("notices.send", order(), attempt=ATTEMPTS)

    assert not early.value.non_retryable
    assert delivered.channel == "email"
    assert [mail["channel"] for mail in await mailbox(stand)] == ["email"]


async def test_one_merchants_silent_system_does_not_hold_back_the_notices_of_others(stand):
    call = Call(await stand.partner("notices", inside="127.0.0.1"), "notices")
    await wish(stand, "webhook", webhook_url=HOOK, webhook_secret=SECRET)
    hands = hands_at(stand, call, "2026-11-03 12:00")

    for _ in range(OPENS_AFTER + 1):
        with pytest.raises(UnavailableError) as silent:
            await run(hands.send, order())

    assert silent.value.code == "recipient-unavailable"
    assert (await run(hands.send, order("review_late", "lead"))).channel == "email"


async def test_a_webhook_into_the_house_is_refused_and_the_next_wish_serves(stand):
    await wish(stand, "webhook", "email", webhook_url="http://169.254.169.254/latest", webhook_secret=SECRET)

    assert (await stand.do("notices.send", order())).channel == "email"


async def test_a_notice_that_reaches_nobody_becomes_one_contact_task(stand):
    await register(stand)

    await stand.do("notices.send", order("rejected"))
    await stand.do("notices.send", order("rejected"), attempt=2)

    [task] = await stand.records.contacting.tasks(M)
    assert (task.kind, task.notice, task.notice_key) == ("undelivered", "rejected", order("rejected").key)
    assert task.case_id == CASE
    assert task.due_at > task.opened_at


async def test_operations_who_cannot_be_told_hold_back_nothing(stand):
    await register(stand)

    nowhere = Staff("lead@thaw.example", "not an address")
    delivered = await at_night(stand, order("rejected"), "2026-11-03 12:00", nowhere)

    [task] = await stand.records.contacting.tasks(M)
    assert (delivered.channel, delivered.receipt) == ("operations", task.task_id)
    assert await mailbox(stand) == []


async def test_a_gateway_that_is_away_is_waited_for_however_long_it_takes(stand):
    await stand.fail("notices", errors=1)

    with pytest.raises(UnavailableError):
        await stand.do("notices.send", order(), attempt=ATTEMPTS + 100)

    assert await stand.records.contacting.tasks(M) == ()


async def test_nobody_is_sent_to_call_a_merchant_who_was_forgotten(stand):
    await stand.records.vault.forget(f"merchant:{M}")

    await stand.do("notices.send", order())

    assert await stand.records.contacting.tasks(M) == ()


async def test_the_telephone_of_who_wants_only_texts_stays_silent_at_night(stand):
    await wish(stand, "sms", "wechat")

    with pytest.raises(ApplicationError) as quiet:
        await at_night(stand, order("submitted"))

    assert (quiet.value.type, quiet.value.details) == (QUIET, (9 * 3600.0,))
    assert await mailbox(stand) == []


@pytest.mark.parametrize("sent", [order("freeze_notice"), replace(order("submitted"), at_once=True)])
async def test_what_is_urgent_or_before_something_urgent_goes_out_at_night(stand, sent):
    await wish(stand, "sms")

    assert (await at_night(stand, sent)).channel == "sms"


async def test_a_resend_goes_over_the_channel_asked_for_and_is_noted_on_the_first_one(stand):
    again = replace(order("submitted"), key=f"{order('submitted').key}:again:1")

    delivered = await at_night(stand, Resend(again, channel="email"))

    [marked] = await stand.records.contacting.marks(CASE)
    assert delivered.channel == "email"
    assert (marked.notice_key, marked.mark, marked.ref) == (order().key, "resent", delivered.receipt)


async def test_what_bounced_goes_over_another_channel(stand):
    await register(stand, ZH)
    again = replace(order("submitted"), key=f"{order().key}:again:1")

    delivered = await at_night(stand, Resend(again, instead_of=("email",)), "2026-11-03 12:00")

    assert delivered.channel == "sms"


async def test_a_release_reaches_nobody_and_the_case_goes_on(stand):
    await register(stand)

    receipt = await stand.do("notices.send_notice", Order(f"{CASE}:step:9", CASE, M, "SN-1", release_fen=1))

    [task] = await stand.records.contacting.tasks(M)
    assert receipt.ref
    assert task.notice == "release_notice"


def test_where_the_merchant_is_known_to_be_reached_comes_first_of_its_turn() -> None:
    first = replace(EN, phone="13900000001", email=None, preferred="sms")
    second = replace(EN, phone="13900000002", email=None, preferred="sms")
    assert [one.to for one in addresses((first, second))] == ["13900000001", "13900000002"]
    reached = {("sms", "13900000002")}
    assert [one.to for one in addresses((first, second), None, reached)] == ["13900000002", "13900000001"]
    wishes = Preferences(("sms",))
    assert [one.to for one in addresses((first, second), wishes, reached)] == ["13900000002", "13900000001"]


async def test_a_contact_whose_messages_arrived_is_told_before_one_of_whom_nobody_knows(stand: Stand) -> None:
    one, other = replace(ZH, email="new@example.com"), replace(ZH, email="known@example.com")
    await register(stand, one, other)
    ref = await stand.records.reached.ref_of(M, ("email", "known@example.com"))
    assert ref is not None
    assert await stand.records.reached.ref_of(M, ("email", "known@example.com")) == ref
    assert await stand.records.reached.known(M) == frozenset()
    await stand.records.reached.reach(ref, "receipt", datetime(2026, 11, 3, tzinfo=SHANGHAI))
    await stand.do("notices.send", order())
    (mail,) = await mailbox(stand)
    assert mail["to"] == "known@example.com"
    await stand.records.reached.lose(ref)
    assert await stand.records.reached.known(M) == frozenset()
