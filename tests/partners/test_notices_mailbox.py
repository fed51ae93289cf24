"""The mailbox: every message that arrived, listed, filtered and opened, in both languages."""

from __future__ import annotations

import httpx2
import pytest

from partners.notices import pages
from tests.partners.letters import TEXT, arrived, send


@pytest.fixture
async def full(notices: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A mailbox with two e-mails and a text message of two cases."""
    await send(notices, "k1")
    await send(notices, "k2", to="Li@other.example", case_id="FA-2", subject="Evidence due", text="100%", language="en")
    await send(notices, "k3", **TEXT)
    return notices


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({}, ["sms", "Li", "owner"]),
        ({"to": "li@OTHER"}, ["Li"]),
        ({"case_id": "FA-2"}, ["Li"]),
        ({"case_id": "FA"}, []),
        ({"channel": "sms"}, ["sms"]),
        ({"channel": "email", "q": "恢复"}, ["owner"]),
        ({"q": "evidence"}, ["Li"]),
        ({"q": "100%"}, ["Li"]),
        ({"q": "%"}, ["Li"]),
        ({"q": "nothing of the kind"}, []),
        ({"to": "", "q": " ", "channel": ""}, ["sms", "Li", "owner"]),
    ],
    ids=str,
)
async def test_the_mailbox_is_filtered_by(full, filters, keys):
    shown = ["sms" if each["channel"] == "sms" else each["to"].split("@")[0] for each in await arrived(full, **filters)]

    assert shown == keys


async def test_the_mailbox_is_read_page_by_page(full):
    first = (await full.get("/mailbox.json", params={"limit": 2})).json()
    second = (await full.get("/mailbox.json", params={"limit": 2, "before": first["older_than"]})).json()

    assert [len(page["messages"]) for page in (first, second)] == [2, 1]
    assert second["older_than"] is None


async def test_the_page_lists_recipient_subject_time_and_case(full):
    page = await full.get("/mailbox")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'lang="zh-CN"' in page.text
    for shown in ("owner@shop.example", "您的终端已恢复收款", "FA-20261109-ABCDEFGH", "<time datetime=", "短信"):
        assert shown in page.text


async def test_a_message_is_opened_from_the_list(full):
    [mail] = await arrived(full, to="owner")

    page = await full.get(f"/mailbox/{mail['id']}")

    assert f'href="/mailbox/{mail["id"]}?lang=zh"' in (await full.get("/mailbox")).text
    assert "如有疑问，请致电客服。" in page.text
    assert mail["message_id"] in page.text
    assert (await full.get(f"/mailbox/{mail['id']}.json")).json() == mail


async def test_the_page_speaks_the_language_asked_for(full):
    english = await full.get("/mailbox", headers={"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"})
    chinese = await full.get("/mailbox", params={"lang": "zh"}, headers={"Accept-Language": "en"})

    assert '<th scope="col">Recipient</th>' in english.text
    assert '<th scope="col">收件人</th>' in chinese.text


@pytest.mark.parametrize(
    ("asked", "header", "expected"),
    [
        (None, None, "zh"),
        ("en", "zh", "en"),
        ("xx", "en", "en"),
        (None, "fr, en;q=0.3, zh;q=0.2", "en"),
        (None, "en;q=0, *;q=0.1", "zh"),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", "zh"),
        (None, ";q=,,;q=x", "zh"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_browsers_else_chinese(asked, header, expected):
    assert pages.language_of(asked, header) == expected


def test_every_text_of_the_pages_stands_in_both_languages():
    assert pages.TEXTS["zh"].keys() == pages.TEXTS["en"].keys()


async def test_the_pages_filters_stay_when_the_language_changes(full):
    page = await full.get("/mailbox", params={"case_id": "FA-2", "lang": "en"})

    assert 'href="/mailbox?case_id=FA-2&amp;lang=zh"' in page.text
    assert '<a href="/mailbox?lang=en">Show all</a>' in page.text
    assert "Li@other.example" in page.text
    assert "owner@shop.example" not in page.text


async def test_a_message_cannot_bring_markup_into_the_page(notices):
    await send(notices, subject="<script>alert(1)</script>", text="</pre><img src=x>")
    [mail] = await arrived(notices)

    for page in (await notices.get("/mailbox"), await notices.get(f"/mailbox/{mail['id']}")):
        assert "<script>" not in page.text
        assert "<img" not in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_an_empty_mailbox_and_a_missing_message_say_so(notices):
    empty = await notices.get("/mailbox", params={"lang": "en"})
    missing = await notices.get("/mailbox/77", params={"lang": "zh"})

    assert "No message matches." in empty.text
    assert (missing.status_code, "没有这条消息。" in missing.text) == (404, True)


async def test_the_front_door_leads_to_the_mailbox_and_its_style_is_served(notices):
    front = await notices.get("/")
    style = await notices.get("/static/mailbox.css")

    assert (front.status_code, front.headers["Location"]) == (307, "/mailbox")
    assert (style.status_code, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
