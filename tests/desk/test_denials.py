"""Who tries what they may not is denied, slowed down and journaled, and told no more than that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk.console.login import LOCKS
from desk.denials import MOST_A_MINUTE, Denied
from domain.business_time import local_date
from tests.desk.house import Config, House, opened
from tests.desk.surfer import Surfer


async def denied(house: House) -> list[Denied]:
    return list(await house.desk.denials.of_day(local_date(house.desk.clock()).isoformat()))


async def test_a_role_that_may_not_is_journaled_with_who_and_what(house: House, case_id: str):
    assert (await house.auditor1.command(case_id, "approve", release_fen=0, reason="x")).status_code == 403
    (one,) = await denied(house)
    assert one.actor == "auditor:auditor1"
    assert one.denial.why == "role-not-allowed"
    assert one.denial.what == "POST /api/v1/cases/{case_id}/commands/approve"
    assert one.denial.about == case_id
    assert one.denial.origin == "127.0.0.0/24"


async def test_an_unknown_token_is_journaled_and_not_what_it_was(house: House):
    assert (await house.caller("stolen-and-changed").get("/api/v1/queue")).status_code == 401
    (one,) = await denied(house)
    assert (one.actor, one.denial.why) == ("nobody:unknown", "token-unknown")
    assert "stolen" not in str(one)


async def test_who_shows_nothing_has_tried_nothing(house: House):
    assert (await house.nobody.get("/api/v1/queue")).status_code == 401
    assert await denied(house) == []


async def test_a_wrong_password_is_journaled_under_a_name_that_somebody_has_and_under_no_other(house: House):
    surfer = Surfer(house)
    for name in ("reviewer1", "my password typed into the wrong field"):
        assert (await surfer.post("/login", {"name": name, "password": "wrong", "next": "/"})).status_code == 401
    first, second = await denied(house)
    assert (first.denial.why, first.denial.tried_as) == ("password-wrong", "reviewer1")
    assert (second.denial.why, second.denial.tried_as) == ("password-wrong", None)
    assert "typed into" not in str(second)


async def test_after_five_wrong_passwords_also_the_right_one_waits(house: House):
    surfer = Surfer(house)
    for _ in range(5):
        assert (await surfer.post("/login", {"name": "reviewer1", "password": "wrong"})).status_code == 401
    right = {"name": "reviewer1", "password": "password of reviewer1"}
    locked = await surfer.post("/login", right)
    assert locked.status_code == 429
    assert "Too many tries" in locked.text
    assert [one.denial.why for one in await denied(house)] == ["password-wrong"] * 5 + ["locked"]
    assert (await surfer.post("/login", right | {"name": "reviewer2"})).status_code == 401  # others are not locked


async def test_a_name_guessed_at_from_many_places_is_locked_everywhere(house: House):
    while await house.desk.tries.take("login:reviewer1", LOCKS[1]) == 0:
        pass
    answer = await Surfer(house).post("/login", {"name": "reviewer1", "password": "password of reviewer1"})
    assert answer.status_code == 429


async def test_a_page_that_is_not_for_someone_is_journaled(house: House):
    surfer = Surfer(house)
    await surfer.log_in("merchant1")
    assert (await surfer.get("/console/queue")).status_code == 403
    (one,) = await denied(house)
    assert (one.actor, one.denial.what) == ("merchant:merchant1", "GET /console/queue")


async def test_a_form_without_its_secret_is_journaled(house: House, case_id: str):
    surfer = Surfer(house)
    await surfer.log_in("officer1")
    sent = await surfer.post(f"/console/cases/{case_id}/messages", {"audience": "internal", "text": "x"})
    assert sent.status_code == 403
    (one,) = await denied(house)
    assert (one.actor, one.denial.why) == ("officer:officer1", "csrf")


@pytest.mark.parametrize("about", ["310101198505120018", "13800000001"])
async def test_a_persons_number_in_an_address_is_not_journaled(house: House, about: str):
    assert (await house.merchant1.get(f"/api/v1/terminals/{about}")).status_code in (403, 404)
    assert (await house.merchant1.get(f"/api/v1/privacy/{about}")).status_code == 403
    assert about not in str(await denied(house))


async def test_no_stranger_fills_the_journal(house: House):
    for _ in range(MOST_A_MINUTE + 5):
        assert (await house.caller("wrong").get("/api/v1/queue")).status_code == 401
    assert MOST_A_MINUTE <= len(await denied(house)) < MOST_A_MINUTE + 5


async def test_a_caller_in_a_great_hurry_is_told_to_wait(config: Config):
    async with opened(replace(config, requests_per_minute=10)) as house:
        answers = [await house.officer1.get("/api/v1/queue") for _ in range(12)]
        assert [answer.status_code for answer in answers[:10]] == [200] * 10
        assert answers[11].status_code == 429
        assert int(answers[11].headers["retry-after"]) >= 1
        assert (await house.reviewer1.get("/api/v1/queue")).status_code == 200  # others go on
