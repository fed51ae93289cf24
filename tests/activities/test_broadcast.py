"""A notice of policy reaches every merchant once, over the channel it wishes, and wakes nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from activities.calls import Call
from journal.parties import Contact
from tests.activities.conftest import COMPANY, M, Stand, act
from tests.activities.test_notices import mailbox
from tests.activities.test_reaching import hands_at, run, wish
from wording import POLICY_NOTICE
from workflows.ports import BroadcastOrder, BroadcastPage

LETTERS = {
    "zh": {"subject": "费率调整", "text": "自2027年1月1日起，标准费率调整。"},
    "en": {"subject": "New rates", "text": "The standard rate changes on 1 January 2027."},
}
BC, NEWEST = "BC-1", "2026-11-01"
NIGHT, MORNING = "2026-11-03 23:00", "2026-11-04 08:01"


async def page(stand: Stand, clock: str) -> BroadcastPage:
    hands = hands_at(stand, Call(await stand.partner("notices"), "notices"), clock)
    told: BroadcastPage = await run(hands.broadcast, BroadcastOrder(BC, NEWEST))
    return told


async def published(stand: Stand) -> None:
    """Three merchants: by e-mail in Chinese, by text message in English, and one without any address."""
    for number, contacts in (
        ("898310154110002", (Contact("Ann Lee", "+8613900139000", None, "sms", "en"),)),
        ("898310154110003", (Contact("李四", None, None, "email", "zh"),)),
    ):
        other = replace(COMPANY, merchant_no=number, contacts=contacts)
        await stand.records.registry.register_merchant(other, act(f"m{number}"))
    await wish(stand, "email")
    assert await stand.records.broadcasts.publish(BC, LETTERS, act("publish"))


async def sent(stand: Stand) -> list[Any]:
    return [mail for mail in await mailbox(stand) if mail["notice"] == POLICY_NOTICE]


async def counts(stand: Stand) -> tuple[int, int, int, bool]:
    (one,) = await stand.records.broadcasts.all(BC)
    return one.sent, one.held_back, one.unreachable, one.finished_at is not None


async def test_each_is_told_once_in_its_language_and_telephones_wait_for_the_morning(stand: Stand) -> None:
    await published(stand)
    told = await page(stand, NIGHT)
    assert (told.left, told.quiet_seconds) == (1, 9 * 3600)
    assert await counts(stand) == (1, 1, 1, False)
    assert (await page(stand, MORNING)).left == 0
    assert await counts(stand) == (2, 0, 1, True)
    subjects = {mail["subject"]: mail["channel"] for mail in await sent(stand)}
    assert subjects == {"费率调整": "email", "New rates": "sms"}
    assert await stand.records.contacting.tasks(M) == ()


async def test_a_page_that_was_cut_off_and_done_again_tells_nobody_twice(stand: Stand) -> None:
    await published(stand)
    await page(stand, MORNING)
    async with stand.records.broadcasts._pool.connection() as connection:
        await connection.execute("update journal.broadcast_notices set state = 'owed'")  # what a crash left undone
    await page(stand, MORNING)
    assert len(await sent(stand)) == 2


async def test_what_was_published_is_not_published_again(stand: Stand) -> None:
    await published(stand)
    assert not await stand.records.broadcasts.publish(BC, LETTERS, act("publish"))
    assert (await stand.records.broadcasts.all())[0].merchants == 3
