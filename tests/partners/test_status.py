"""Status reporting: a report is accepted once, kept for good, and the newest one is what the outside world knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2
import psycopg
import pytest

from partners.kit import Settings, running
from partners.status import app

REPORT = {"subject": "terminal", "id": "SN0001", "state": "normal", "reason_code": "R01", "case_id": "FA-1"}


@pytest.fixture
async def status(database: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app(Settings(database_url=database))) as client:
        yield client


async def report(client: httpx2.AsyncClient, key: str, **other: str) -> httpx2.Response:
    return await client.post("/reports", json=REPORT | other, headers={"Idempotency-Key": key})


async def of_case(client: httpx2.AsyncClient, case_id: str) -> list[dict[str, str]]:
    return (await client.get("/reports", params={"case_id": case_id})).json()


async def test_an_accepted_report_is_listed_with_its_case(status):
    answer = await report(status, "FA-1:step:6")

    assert answer.status_code == 201
    assert await of_case(status, "FA-1") == [REPORT | answer.json()]
    assert await of_case(status, "FA-2") == []


async def test_a_report_made_many_times_under_one_key_is_accepted_once(status):
    answers = await asyncio.gather(*(report(status, "FA-1:step:6") for _ in range(10)))

    assert len({answer.json()["report_ref"] for answer in answers}) == 1
    assert len(await of_case(status, "FA-1")) == 1


async def test_a_report_whose_answer_was_lost_is_found_by_its_key(status):
    await status.put("/faults", json={"lose_answers": 1})

    lost = await report(status, "FA-1:step:6")
    found = (await status.get("/effects/FA-1:step:6")).json()["answer"]

    assert lost.status_code == 504
    assert [each["report_ref"] for each in await of_case(status, "FA-1")] == [found["report_ref"]]


async def test_the_outside_world_knows_what_was_reported_last(status):
    await report(status, "k1", state="frozen")
    await report(status, "k2", state="normal")
    await report(status, "k3", subject="merchant", state="watched")

    known = (await status.get("/subjects/terminal/SN0001")).json()

    assert known["state"] == "normal"
    assert [each["state"] for each in await of_case(status, "FA-1")] == ["frozen", "normal", "watched"]


async def test_of_a_subject_never_reported_nothing_is_known(status):
    answer = await status.get("/subjects/terminal/SN0009")

    assert (answer.status_code, answer.json()["code"]) == (404, "never-reported")


@pytest.mark.parametrize("wrong", [{"subject": "card"}, {"state": ""}, {"id": ""}, {"note": "张三"}])
async def test_a_report_that_is_none_is_refused(status, wrong):
    answer = await report(status, "k", **wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await of_case(status, "FA-1") == []


@pytest.mark.parametrize("change", ["UPDATE status.reports SET state = 'x'", "DELETE FROM status.reports"])
async def test_a_report_cannot_be_changed_or_removed_even_in_the_database(status, database, change):
    await report(status, "k")

    async with await psycopg.AsyncConnection.connect(database) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="never changed"):
            await connection.execute(change)
