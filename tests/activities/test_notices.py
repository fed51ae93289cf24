"""Notices on their way: whom they reach, over which channel, once; and that no name is left behind in a log."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio.exceptions import ApplicationError

import policies
from activities.addresses import Address, addresses
from activities.calls import UnavailableError, UnknownError
from activities.notices import Staff
from domain.one_time import one_time_password
from journal.parties import Account, Contact, MerchantDetails, Person
from journal.registry import Act
from workflows.ports import Delivered, NoticeOrder, Order

M, SN, CASE = "898310154110001", "SN-1", "FA-20261109-AAAAAAAA"
SECRETS = (
    "王芳",
    "13800138000",
    "wang@example.com",
    "Ann Lee",
    "13900139000",
    "上海晨光",
    "李小龙",
    "6222021001112223334",
)
ZH = Contact("王芳", "13800138000", "wang@example.com", "email", "zh")
EN = Contact("Ann Lee", "+8613900139000", None, "sms", "en")


def order(notice: str = "freeze_notice", audience: str = "merchant", **facts: str) -> NoticeOrder:
    return NoticeOrder(
        key=f"{CASE}:notice:3:{audience}",
        notice=notice,
        audience=audience,
        case_id=CASE,
        merchant_no=M,
        terminal_sn=SN,
        public_reason="R01",
        policy_version=policies.newest(),
        facts=facts,
    )


async def mailbox(stand) -> list[dict[str, Any]]:
    gateway = await stand.partner("notices")
    return (await gateway.get("/mailbox.json")).json()["messages"]


async def register(stand, *contacts: Contact) -> None:
    """The merchant, with these contacts from now on."""
    details: MerchantDetails = await stand.records.registry.merchant_details(M)
    act = Act("officer:officer1", f"contacts {len(contacts)} {hash(contacts)}", "2026-11-09T02:00:00.000000Z")
    await stand.records.registry.register_merchant(replace(details, contacts=contacts), act)


async def test_a_merchant_is_told_over_the_channel_and_in_the_language_they_prefer(stand):
    delivered = await stand.do("notices.send", order(held_fen="8642000"))

    [mail] = await mailbox(stand)
    assert (mail["channel"], mail["to"], mail["language"]) == ("email", "wang@example.com", "zh")
    assert "¥86,420.00" in mail["text"]
    assert (mail["case_id"], mail["notice"]) == (CASE, "freeze_notice")
    assert delivered == Delivered("email", mail["message_id"], delivered.delivered_at)


async def test_who_prefers_text_messages_gets_one(stand):
    await register(stand, EN, ZH)

    delivered = await stand.do("notices.send", order())

    [message] = await mailbox(stand)
    assert (message["channel"], message["to"], message["language"]) == ("sms", "+8613900139000", "en")
    assert delivered.channel == "sms"


async def test_a_notice_goes_out_once_however_often_it_is_asked_for(stand):
    first = await stand.do("notices.send", order())
    again = await stand.do("notices.send", order())
    later = await stand.do("notices.send", order(), attempt=2)

    [mail] = await mailbox(stand)
    assert first == again == later
    assert mail["copies"] == 1


async def test_words_that_changed_between_two_attempts_do_not_make_a_second_notice(stand):
    first = await stand.do("notices.send", order(held_fen="1"))
    second = await stand.do("notices.send", order(held_fen="2"))

    assert first.receipt == second.receipt
    assert len(await mailbox(stand)) == 1


async def test_a_lost_answer_is_found_on_the_next_attempt(stand):
    await stand.fail("notices", lose_answers=1)
    with pytest.raises(UnavailableError) as away:
        await stand.do("notices.send", order())

    delivered = await stand.do("notices.send", order(), attempt=2)

    assert not away.value.non_retryable
    assert delivered.channel == "email"
    assert len(await mailbox(stand)) == 1


async def test_the_release_notice_is_an_effect_like_any_other(stand):
    told = Order(f"{CASE}:step:9", CASE, M, SN, release_fen=8_642_000, penalty_fen=100)
    await stand.fail("notices", lose_answers=1)
    with pytest.raises(UnknownError):
        await stand.do("notices.send_notice", told)

    receipt = await stand.do("notices.look_up", told)

    [mail] = await mailbox(stand)
    assert receipt.ref == mail["message_id"]
    assert mail["notice"] == "release_notice"
    assert "¥86,420.00" in mail["text"]


async def test_an_address_that_is_refused_gives_way_to_the_next(stand):
    await register(stand, replace(ZH, email="not an address"), EN)

    delivered = await stand.do("notices.send", order())

    [message] = await mailbox(stand)
    assert (delivered.channel, message["to"]) == ("sms", "+8613900139000")


async def test_a_notice_that_reaches_nobody_goes_to_operations_without_its_words(stand):
    await register(stand)

    delivered = await stand.do("notices.send", order("actions_required", actions="reset_credentials"))
    later = await stand.do("notices.send", order("actions_required", actions="reset_credentials"), attempt=2)

    [mail] = await mailbox(stand)
    assert (mail["to"], mail["notice"]) == ("operations@thaw.example", "merchant_not_reached")
    assert one_time_password(b"k" * 32, CASE) not in mail["text"]
    assert delivered.channel == "operations"
    assert later == delivered


async def test_a_merchant_who_was_forgotten_is_not_written_to(stand):
    await stand.records.vault.forget(f"merchant:{M}")

    delivered = await stand.do("notices.send", order())

    assert delivered.channel == "operations"


@pytest.mark.parametrize(
    ("audience", "notice", "to"),
    [("lead", "review_late", "lead@thaw.example"), ("operations", "discrepancy", "operations@thaw.example")],
)
async def test_staff_are_told_at_their_own_address(stand, audience, notice, to):
    await stand.do("notices.send", order(notice, audience, source="bank"))

    [mail] = await mailbox(stand)
    assert (mail["channel"], mail["to"], mail["notice"]) == ("email", to, notice)


def test_staff_may_have_a_chat_robot():
    staff = Staff("https://robot.example/send?token=1", "operations@thaw.example", "en")

    assert staff.address("lead") == Address("wecom", "https://robot.example/send?token=1", "en")
    assert staff.address("operations") == Address("email", "operations@thaw.example", "en")


def test_preferred_channels_come_first_then_the_others():
    both = replace(EN, email="ann@example.com")

    assert list(addresses((ZH, both))) == [
        Address("email", "wang@example.com", "zh"),
        Address("sms", "+8613900139000", "en"),
        Address("sms", "13800138000", "zh"),
        Address("email", "ann@example.com", "en"),
    ]


async def test_no_name_number_or_address_is_left_in_logs_errors_or_answers(stand, caplog):
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logged:
        said: list[Any] = [await stand.do("notices.send", order())]
        await register(stand, replace(ZH, email="wang@example.com;", phone=None))
        said.append(await stand.do("notices.send", replace(order(), key=f"{CASE}:notice:4:merchant")))
        await stand.fail("notices", errors=1)
        with pytest.raises(ApplicationError) as failed:
            await stand.do("notices.send", replace(order(), key=f"{CASE}:notice:5:merchant"))

    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("partners", "mail"))]
    everything = repr(logged) + repr(ours) + repr(said) + repr(failed.value) + repr(failed.value.details)
    assert "address-refused" in everything
    assert not [secret for secret in SECRETS if secret in everything]


def test_these_secrets_are_the_ones_on_file(records):
    account = Account("上海晨光便利店有限公司", "6222021001112223334", "中国工商银行")

    assert all(any(secret in repr(part) for part in (ZH, EN, account, Person("李小龙", ""))) for secret in SECRETS)
