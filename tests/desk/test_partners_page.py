"""Whether the partners answer is told to monitors and to people, in their language."""

from __future__ import annotations

from datetime import UTC, datetime

from journal.circuits import Circuit
from tests.desk.house import House
from tests.desk.surfer import Surfer

FRIDAY = datetime(2026, 11, 6, 10, tzinfo=UTC)
TRIED = datetime(2026, 11, 9, 9, 58, tzinfo=UTC)
AWAY = Circuit("terminals", "open", FRIDAY, "ConnectError", 214, TRIED, FRIDAY, TRIED)
THERE = Circuit("bank", "closed", None, "", 0, None, TRIED, TRIED)


async def test_readiness_tells_which_partner_is_left_alone_and_what_waits(house: House) -> None:
    for circuit in (AWAY, THERE):
        await house.desk.circuits.note(circuit)
    told = (await house.client.get("/readyz")).json()
    assert told["missing"] == ["engine", "workers"]
    assert told["partners"] == {
        "bank": {
            "state": "closed", "why": "", "held": 0, "since": None, "next_try_at": None,
            "answered_at": "2026-11-09T09:58:00.000000+00:00",
        },
        "terminals": {
            "state": "open", "why": "ConnectError", "held": 214, "since": "2026-11-06T10:00:00.000000+00:00",
            "next_try_at": "2026-11-09T09:58:00.000000+00:00", "answered_at": "2026-11-06T10:00:00.000000+00:00",
        },
    }  # fmt: skip


async def test_the_page_names_who_is_away_first_since_when_and_how_much_waits(house: House) -> None:
    for circuit in (AWAY, THERE):
        await house.desk.circuits.note(circuit)
    surfer = Surfer(house)
    await surfer.log_in("engineer1")
    page = await surfer.page("/console/partners")
    assert "Terminal management has not answered since 2026-11-06 18:00; 214 calls wait for it." in page.text
    assert page.text.index("does not answer; left alone") < page.text.index("Bank")
    surfer.language = "zh"
    assert (
        "终端管理系统自 2026-11-06 18:00 起无应答，214 项调用等候中。" in (await surfer.page("/console/partners")).text
    )


async def test_before_any_call_the_page_says_so(house: House) -> None:
    surfer = Surfer(house)
    await surfer.log_in("reviewer1")
    assert "No partner has been called yet." in (await surfer.page("/console/partners")).text


async def test_merchants_are_not_told_of_our_partners(house: House) -> None:
    surfer = Surfer(house)
    await surfer.log_in("merchant1")
    assert (await surfer.get("/console/partners")).status_code in {403, 404}
