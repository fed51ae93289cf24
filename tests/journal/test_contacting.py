"""Contacts with merchants: every fact is an event once, what was said lies in the vault, tasks end when someone is
reached."""

import asyncio
from dataclasses import replace

import pytest

from domain.stream import first_break
from journal.contacting import Contacting, Marking, NewContact, NewTask, NoSuchTaskError, Preferences, stream_of
from journal.registry import Registry
from journal.vault import ForgottenError
from tests.journal.test_registry import COMPANY, NO, act

CASE = "FA-20261109-AAAAAAAA"
KEY = f"{CASE}:notice:3:merchant"
TASK = NewTask("undelivered:1", "undelivered", NO, "2026-11-16T16:00:00.000000+00:00", CASE, "rejected", KEY)
CALL = NewContact("CT-1", NO, "phone", "out", "reached", "Spoke to 王芳.", CASE, "undelivered:1")
WISHES = Preferences(("wechat", "webhook"), "en", "https://shop.example/hook", "a secret of this test")


@pytest.fixture
async def contacting(journal, vault):
    """The contacts of a journal with one merchant."""
    await Registry(journal.pool, vault).register_merchant(COMPANY, act("m1"))
    return Contacting(journal.pool, vault)


async def test_wishes_are_kept_and_the_last_ones_count(contacting):
    assert await contacting.preferences(NO) is None

    await contacting.set_preferences(NO, replace(WISHES, channels=("sms",)), act("w1"))
    await contacting.set_preferences(NO, WISHES, act("w2"))

    assert await contacting.preferences(NO) == WISHES


async def test_an_address_a_secret_and_what_was_said_stand_only_in_the_vault(contacting, journal):
    await contacting.set_preferences(NO, WISHES, act("w1"))
    await contacting.open_task(TASK, act("t1"))
    await contacting.log(CALL, act("c1"))

    entries = await journal.read(stream_of(NO))

    assert [entry.type for entry in entries] == ["NoticePreferencesSet", "ContactTaskOpened", "ContactLogged"]
    assert first_break(entries) is None
    for secret in ("shop.example", "a secret", "王芳", "Spoke"):
        assert secret not in repr(entries)


async def test_a_command_that_comes_again_changes_nothing(contacting, journal):
    done = [await contacting.open_task(TASK, act("t1")) for _ in range(2)]
    marking = Marking(NO, CASE, KEY, "bounced", "m-1")
    marked = [await contacting.mark(marking, act("r1"), "email") for _ in range(2)]
    await contacting.log(CALL, act("c1"))
    await contacting.log(CALL, act("c1"))

    assert (done, marked) == ([True, False], [True, False])
    assert len(await journal.read(stream_of(NO))) == 3


async def test_many_facts_at_once_are_all_kept(contacting):
    tasks = [replace(TASK, task_id=f"undelivered:{n}") for n in range(6)]

    await asyncio.gather(*(contacting.open_task(task, act(task.task_id)) for task in tasks))

    assert len(await contacting.tasks(NO)) == 6


async def test_a_task_is_open_until_the_merchant_is_reached(contacting):
    await contacting.open_task(TASK, act("t1"))

    await contacting.log(replace(CALL, contact_id="CT-0", result="not_reached"), act("c0"))
    still = await contacting.tasks(NO)
    await contacting.log(CALL, act("c1"))

    assert [task.task_id for task in still] == ["undelivered:1"]
    assert await contacting.tasks(NO) == ()
    assert (await contacting.task("undelivered:1")).contact_id == "CT-1"
    assert [contact.result for contact in await contacting.contacts(NO, CASE)] == ["reached", "not_reached"]


async def test_a_task_that_is_done_or_of_another_merchant_cannot_be_ended(contacting):
    await contacting.open_task(TASK, act("t1"))
    await contacting.log(CALL, act("c1"))

    with pytest.raises(NoSuchTaskError):
        await contacting.log(replace(CALL, contact_id="CT-2"), act("c2"))

    assert [contact.contact_id for contact in await contacting.contacts(NO)] == ["CT-1"]


async def test_open_tasks_are_read_page_by_page_the_most_urgent_first(contacting):
    for n in (3, 1, 2):
        due = f"2026-11-1{n}T16:00:00.000000+00:00"
        await contacting.open_task(replace(TASK, task_id=f"t{n}", due_at=due), act(f"t{n}"))

    first = await contacting.tasks(limit=2)
    second = await contacting.tasks(after=(first[-1].due_at, first[-1].task_id), limit=2)

    assert [task.task_id for task in (*first, *second)] == ["t1", "t2", "t3"]


async def test_after_an_erasure_nothing_more_is_written_down_in_words(contacting, vault):
    await contacting.set_preferences(NO, WISHES, act("w1"))
    await vault.forget(f"merchant:{NO}")

    with pytest.raises(ForgottenError):
        await contacting.log(CALL, act("c1"))
    with pytest.raises(ForgottenError):
        await contacting.preferences(NO)
