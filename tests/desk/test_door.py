"""A merchant's contact comes into the portal by the link or the code that was sent to them, once, and nobody else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from domain.business_time import local_date
from partners.notices.forms import Message
from tests.desk.gateway import Gateway, open_gateway
from tests.desk.house import Config, House, opened
from tests.desk.surfer import Surfer


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with open_gateway() as gateway:
        yield gateway


@pytest.fixture
async def house(config: Config, gateway: Gateway, clock: Clock) -> AsyncIterator[House]:
    """A desk with a gateway for its letters, and a clock that moves when told to."""
    async with opened(replace(config, notices_url=gateway.url), clock=clock) as house:
        yield house


async def ask(surfer: Surfer, case_id: str) -> str:
    answer = await surfer.post("/portal/enter", {"case_id": case_id})
    assert answer.status_code == 200, answer.text
    return answer.text


def code_in(text: str) -> str:
    found = re.search(r"验证码 (\d{6})", text)
    assert found, text
    return found.group(1)


def link_in(text: str) -> str:
    found = re.search(r"http\S+/portal/enter/\S+", text)
    assert found, text
    return urlsplit(found.group()).path


async def use(surfer: Surfer, case_id: str, code: str) -> int:
    return (await surfer.post("/portal/enter/code", {"case_id": case_id, "code": code})).status_code


async def reasons(house: House) -> list[str]:
    day = local_date(house.desk.clock()).isoformat()
    return [one.denial.why for one in await house.desk.denials.of_day(day)]


async def test_the_code_in_the_letter_leads_to_the_case_once(house: House, gateway: Gateway, case_id: str):
    surfer = Surfer(house)
    await ask(surfer, case_id.lower())
    letter = await gateway.letter()
    await asyncio.gather(*house.desk.work)  # it is noted where the letter went, which nobody reads that fast
    assert (letter["to"], letter["channel"], letter["notice"]) == ("merchant1@example.com", "email", "portal_code")
    assert letter["case_id"] == case_id
    wide = code_in(letter["text"])[:3].translate({ord("0") + n: ord("０") + n for n in range(10)})
    form = {"case_id": case_id, "code": f" {wide} {code_in(letter['text'])[3:]}"}
    entered = await surfer.post("/portal/enter/code", form, follow=True)
    assert entered.status_code == 200
    assert case_id in entered.text
    assert (await surfer.get("/console/queue")).status_code == 403
    (session,) = await house.desk.sessions.of("portal-898310058120001")
    assert session.method == "link"
    (contact,) = (await house.officer1.get("/api/v1/merchants/898310058120001")).json()["contacts"]
    assert contact["verified"] == ["email"], "who used the code has read what was sent there"
    assert await use(Surfer(house), case_id, code_in(letter["text"])) == 401


async def test_the_link_asks_before_it_lets_in_and_does_so_once(house: House, gateway: Gateway, case_id: str):
    surfer, scanner = Surfer(house), Surfer(house)
    await ask(surfer, case_id)
    path = link_in((await gateway.letter())["text"])
    for _ in range(2):  # a program that looks at links in letters
        await scanner.page(path)
    page = await surfer.page(path)
    assert (await surfer.send(page.form("/portal/enter/link"), follow=False)).status_code == 303
    assert (await surfer.get("/portal/cases")).status_code == 200
    again = await scanner.send((await scanner.page(path)).form("/portal/enter/link"), follow=False)
    assert again.status_code == 401
    assert await reasons(house) == ["portal-link-wrong"]


async def test_a_number_that_nobody_has_is_answered_alike_and_sends_nothing(
    house: House, gateway: Gateway, case_id: str
):
    there = await ask(Surfer(house), case_id)
    await gateway.letter()
    nowhere = await ask(Surfer(house), "FA-20200101-ABCDEFGH")
    times = re.compile(r"<time.*?</time>")
    assert times.sub("", nowhere).replace("FA-20200101-ABCDEFGH", case_id) == times.sub("", there)
    assert gateway.letters == []
    typo = await Surfer(house).post("/portal/enter", {"case_id": "my shop"})
    assert (typo.status_code, "This is no case number" in typo.text) == (422, True)


async def test_a_code_is_too_old_after_fifteen_minutes(house: House, gateway: Gateway, case_id: str, clock: Clock):
    await ask(Surfer(house), case_id)
    letter = await gateway.letter()
    clock.moment += timedelta(minutes=15)
    assert await use(Surfer(house), case_id, code_in(letter["text"])) == 401


async def test_a_new_letter_takes_the_place_of_the_one_before(house: House, gateway: Gateway, case_id: str):
    for _ in range(2):
        await ask(Surfer(house), case_id)
    first, second = await gateway.letter(), await gateway.letter()
    codes = {code_in(first["text"]), code_in(second["text"])}
    answers = [await use(Surfer(house), case_id, code) for code in codes]
    assert answers.count(303) == 1


async def test_codes_are_not_guessed(house: House, gateway: Gateway, case_id: str, clock: Clock):
    await ask(Surfer(house), case_id)
    right = code_in((await gateway.letter())["text"])
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert [await use(Surfer(house), case_id, wrong) for _ in range(6)] == [401] * 5 + [429]
    assert await use(Surfer(house), case_id, right) == 429
    assert (await reasons(house))[-1] == "locked"
    for _ in range(2):
        clock.moment += timedelta(minutes=11)
        await Surfer(house).post("/portal/enter", {"case_id": case_id})
        for _ in range(5):
            await use(Surfer(house), case_id, wrong)
    clock.moment += timedelta(minutes=11)
    assert await use(Surfer(house), case_id, right) == 429  # fifteen a day, whatever the letters


async def test_nobody_is_pestered_with_letters(house: House, gateway: Gateway, case_id: str):
    answers = [await Surfer(house).post("/portal/enter", {"case_id": case_id}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]


async def test_an_address_that_takes_nothing_is_passed_over(house: House, gateway: Gateway, case_id: str):
    gateway.refuses.add("merchant1@example.com")
    await ask(Surfer(house), case_id)
    letter = await gateway.letter()
    assert (letter["channel"], letter["to"]) == ("sms", "13800000001")


async def test_a_letter_says_no_more_than_the_number_even_where_the_reason_is_secret(
    house: House, gateway: Gateway, control
):
    placed = control | {"reason_code": "J02", "source": "AML", "detail": "suspicious"}
    case_id = (await house.compliance1.post("/api/v1/controls", placed)).json()["case_id"]
    await ask(Surfer(house), case_id)
    letter = await gateway.letter()
    assert not re.search("J02|AML|洗钱|可疑|suspicious", str(letter))


async def test_the_tables_hold_neither_code_nor_token(house: House, gateway: Gateway, case_id: str):
    await ask(Surfer(house), case_id)
    text = (await gateway.letter())["text"]
    async with house.desk.pool.connection() as connection:
        rows = str(await (await connection.execute("select k::text from journal.portal_keys k")).fetchall())
    assert code_in(text) not in rows
    assert link_in(text).rpartition("/")[2] not in rows


async def test_whoever_is_shut_out_stays_out(house: House, gateway: Gateway, case_id: str):
    surfer = Surfer(house)
    await ask(surfer, case_id)
    assert await use(surfer, case_id, code_in((await gateway.letter())["text"])) == 303
    await house.desk.people.disable("portal-898310058120001")
    await ask(surfer, case_id)
    back = await surfer.post(
        "/portal/enter/code", {"case_id": case_id, "code": code_in((await gateway.letter())["text"])}
    )
    assert back.headers["location"] == "/portal/enter"
    assert await reasons(house) == ["shut-out"]


async def test_no_password_opens_a_contacts_log_in(house: House, gateway: Gateway, case_id: str):
    surfer = Surfer(house)
    await ask(surfer, case_id)
    await use(surfer, case_id, code_in((await gateway.letter())["text"]))
    for password in ("-", ""):
        form = {"name": "portal-898310058120001", "password": password}
        assert (await Surfer(house).post("/login", form)).status_code == 401


async def test_the_letter_is_one_that_the_gateway_takes(house: House, gateway: Gateway, case_id: str):
    await ask(Surfer(house), case_id)
    letter = await gateway.letter()
    assert Message.model_validate(letter).to == letter["to"]
