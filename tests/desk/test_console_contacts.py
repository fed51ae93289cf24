"""Getting in touch by the console and the portal: wishes, call-backs, the log, and a case's notices."""

from __future__ import annotations

import pytest

from tests.desk.house import MERCHANT_NO, House
from tests.desk.surfer import Surfer
from tests.desk.test_contacts import LATER
from tests.desk.test_notices import told
from tests.desk.working import Work

PAGE = f"/merchants/{MERCHANT_NO}/contacts"


async def as_(house: House, name: str, language: str = "en") -> Surfer:
    surfer = Surfer(house, language=language)
    await surfer.log_in(name)
    return surfer


async def test_a_merchant_says_how_it_wants_to_be_told_and_sees_the_secret_once(house: House):
    merchant = await as_(house, "merchant1")
    page = await merchant.page(f"/portal{PAGE}")

    first = await merchant.send(
        page.form("/contacts/wishes"), channels=["webhook", "sms", "", ""], webhook_url="https://shop.example.com/hook"
    )
    again = await merchant.page(f"/portal{PAGE}")

    wanted = await house.desk.contacting.preferences(MERCHANT_NO)
    assert wanted is not None
    assert wanted.channels == ("webhook", "sms")
    assert wanted.webhook_secret in first.text
    assert wanted.webhook_secret not in again.text
    assert "Contact log" not in again.text


async def test_a_wish_that_cannot_be_kept_is_told_beside_its_field(house: House):
    merchant = await as_(house, "merchant1")
    page = await merchant.page(f"/portal{PAGE}")

    told_ = await merchant.send(
        page.form("/contacts/wishes"), channels=["webhook", "", "", ""], webhook_url="https://10.0.0.8/hook"
    )

    assert "It must not lead to an inner address" in told_.text
    assert await house.desk.contacting.preferences(MERCHANT_NO) is None


async def test_feedback_given_in_the_portal_is_read_by_someone(house: House):
    merchant, officer = await as_(house, "merchant1"), await as_(house, "officer1")
    page = await merchant.page(f"/portal{PAGE}")
    await merchant.send(page.form("/contacts/feedback"), note="Photos should be taken from the app")

    whom = await officer.page("/console/contacts")
    assert "Feedback to read" in whom.text
    link = next(link for link in whom.links if "?task=FB-" in link)
    read = await officer.page(link.partition("#")[0])
    assert "Photos should be taken from the app" in read.text
    await officer.send(read.form("/contacts/contact"), note="Thanked; passed on.")
    assert "?task=FB-" not in " ".join((await officer.page("/console/contacts")).links)
    assert (await house.auditor1.post(f"/api/v1/merchants/{MERCHANT_NO}/feedback", {"note": "x"})).status_code == 403


async def test_a_call_back_is_booked_in_the_portal_and_logged_in_the_console(house: House):
    merchant, officer = await as_(house, "merchant1"), await as_(house, "officer1")
    page = await merchant.page(f"/portal{PAGE}")
    await merchant.send(page.form("/contacts/callback"), at=LATER[:16], note="About the papers")
    assert "A call is booked for" in (await merchant.page(f"/portal{PAGE}")).text

    whom = await officer.page("/console/contacts")
    link = next(link for link in whom.links if "?task=CB-" in link)
    form = (await officer.page(link.partition("#")[0])).form("/contacts/contact")
    done = await officer.send(form, note="All explained.")

    assert "Call-back booked" in whom.text
    assert "All explained." in done.text
    assert "Nobody is waiting to hear from us." in (await officer.page("/console/contacts")).text


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_cases_notices_are_read_and_sent_once_more(work: Work, language: str):
    case_id, notice = await told(work)
    officer = await as_(work.house, "officer1", language)
    merchant = await as_(work.house, "merchant1", language)

    page = await officer.page(f"/console/cases/{case_id}/notices")
    sent = await officer.send(page.form(f"/notices/{notice['position']}/resend"), channel="sms")
    seen = await merchant.page(f"/portal/cases/{case_id}/notices")
    read = await merchant.send(seen.form(f"/notices/{notice['position']}/acknowledge"))

    assert "¥10,000.00" in page.text
    assert {"zh": "已保存。", "en": "Saved."}[language] in sent.text
    assert {"zh": "已阅", "en": "read"}[language] in read.text
    assert not seen.has_form("/resend")


async def test_staff_pages_are_not_for_merchants(house: House):
    merchant = await as_(house, "merchant1")

    assert (await merchant.get("/console/contacts")).status_code == 403
    assert (await merchant.get("/portal/merchants/898310058129999/contacts")).status_code == 403


async def test_a_time_that_is_none_is_told_beside_its_field(house: House):
    merchant = await as_(house, "merchant1")
    page = await merchant.page(f"/portal{PAGE}")

    told_ = await merchant.send(page.form("/contacts/callback"), at="soon", note="About the papers")

    assert "Give a date and a time" in told_.text
    assert await house.desk.contacting.tasks() == ()
