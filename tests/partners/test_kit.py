"""What every partner promises by the kit, shown on a partner that only counts."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from fastapi import APIRouter, FastAPI, Response

from partners.kit import (
    Connection,
    Effect,
    Faults,
    Here,
    Name,
    Payload,
    Refusal,
    Settings,
    partner_app,
    running,
)

SECRET = "counter-secret"
JSON = {"Content-Type": "application/json"}
WAIT = 20  # seconds until an answer that never comes fails the test


class Bump(Payload):
    label: Name
    refuse: bool = False


routes = APIRouter()


@routes.post("/bumps", status_code=201)
async def bump(body: Bump, effect: Effect) -> Response:
    async def work(connection: Connection) -> dict[str, Any]:
        row = await connection.execute("INSERT INTO bumps (label) VALUES (%s) RETURNING id", [body.label])
        if body.refuse:
            raise Refusal(409, "not-today", "Not today.", asked=body.label)
        bumped = await row.fetchone()
        assert bumped is not None
        await effect.partner.callbacks.put(
            connection, case_id="FA-1", step_key=effect.key, outcome="confirmed", label=body.label
        )
        return {"id": bumped["id"], "label": body.label}

    return await effect.once("bump", body, work)


@routes.get("/bumps")
async def count(here: Here) -> dict[str, Any]:
    async with here.connection() as connection:
        row = await (await connection.execute("SELECT count(*) AS n FROM bumps")).fetchone()
    assert row is not None
    return row


@routes.get("/broken")
async def broken() -> None:
    raise RuntimeError("a mistake in the partner")


def counter(database: str, desk_url: str = "", **secrets: str) -> FastAPI:
    settings = Settings(database_url=database, desk_url=desk_url, hook_secrets=secrets)
    return partner_app(
        "counter",
        settings,
        title="Counter",
        description="Counts.",
        schema=Path(__file__).with_name("counter_schema.sql"),
        routes=routes,
    )


@pytest.fixture
async def client(database: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(counter(database)) as client:
        yield client


async def bumps(client: httpx2.AsyncClient) -> int:
    return (await client.get("/bumps")).json()["n"]


async def bump_once(client: httpx2.AsyncClient, key: str, **body: Any) -> httpx2.Response:
    return await client.post("/bumps", json={"label": "a"} | body, headers={"Idempotency-Key": key})


# Effects


async def test_a_repeat_gets_the_first_answer_and_has_no_second_effect(client):
    first = await bump_once(client, "FA-1:step:1")
    second = await bump_once(client, "FA-1:step:1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert "Idempotent-Replay" not in first.headers
    assert second.headers["Idempotent-Replay"] == "true"
    assert await bumps(client) == 1


async def test_a_key_used_for_another_body_is_refused(client):
    await bump_once(client, "k")

    other = await bump_once(client, "k", label="b")

    assert (other.status_code, other.json()["code"]) == (409, "key-reused")
    assert await bumps(client) == 1


async def test_calls_with_one_key_at_once_have_one_effect_and_one_answer(client):
    answers = await asyncio.gather(*(bump_once(client, "k") for _ in range(12)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replay" in answer.headers for answer in answers) == 11
    assert await bumps(client) == 1


async def test_a_refusal_keeps_nothing_and_its_key_may_be_tried_again(client):
    refused = await bump_once(client, "k", refuse=True)

    assert refused.status_code == 409
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json() == {
        "type": "urn:partner:not-today",
        "code": "not-today",
        "title": "Conflict",
        "detail": "Not today.",
        "asked": "a",
    }
    assert await bumps(client) == 0
    assert (await client.get("/effects/k")).status_code == 404
    assert (await bump_once(client, "k")).status_code == 201


async def test_an_effect_is_found_by_its_key(client):
    answer = await bump_once(client, "k")

    found = (await client.get("/effects/k")).json()
    missing = await client.get("/effects/other")

    assert (found["key"], found["kind"], found["answer"]) == ("k", "bump", answer.json())
    assert found["at"].endswith(("Z", "+00:00"))
    assert (missing.status_code, missing.json()["code"]) == (404, "no-such-effect")


async def test_an_effect_stands_after_a_restart_of_the_partner(database):
    async with running(counter(database)) as client:
        first = await bump_once(client, "k")
    async with running(counter(database)) as client:
        second = await bump_once(client, "k")
        assert second.json() == first.json()
        assert await bumps(client) == 1


async def test_two_processes_of_one_partner_may_start_at_once(database):
    async with AsyncExitStack() as stack:
        first, second = await asyncio.gather(
            *(stack.enter_async_context(running(counter(database))) for _ in range(2)),
        )
        answers = await asyncio.gather(*(bump_once(client, "k") for client in (first, second)))
        assert answers[0].json() == answers[1].json()
        assert await bumps(first) == 1


# Errors


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body.1"),
        (b"{}", "body.label"),
        (b'{"label": 7}', "body.label"),
        (b'{"label": ""}', "body.label"),
        (b'{"label": "a\\u0000"}', "body.label"),
        (b'{"label": "\\ud800"}', "body.label"),
        (b'{"label": "a", "lable": "b"}', "body.lable"),
        (b'{"label": "a", "\\ud800": "b"}', "body"),
    ],
)
async def test_garbage_is_422_and_names_the_field_but_not_its_value(client, body, field):
    answer = await client.post("/bumps", content=body, headers=JSON | {"Idempotency-Key": "k"})

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await bumps(client) == 0


async def test_a_body_that_is_not_even_text_is_422(client):
    answer = await client.post("/bumps", content=b"\xff\x00", headers=JSON | {"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "a" * 256}])
async def test_an_effect_without_a_proper_key_is_422(client, headers):
    answer = await client.post("/bumps", json={"label": "a"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_unknown_paths_wrong_methods_and_mistakes_are_problems_too(client):
    answers = [await client.get("/nowhere"), await client.delete("/bumps"), await client.get("/broken")]

    assert [answer.status_code for answer in answers] == [404, 405, 500]
    assert [answer.json()["code"] for answer in answers] == ["not-found", "method-not-allowed", "broken"]
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}


async def test_without_its_database_a_partner_says_ask_again(database, postgres):
    async with running(counter(database)) as client:
        async with await psycopg.AsyncConnection.connect(postgres, autocommit=True) as administrator:
            name = database.rsplit("/", 1)[1].split("?")[0]
            await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            await administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )

            async with asyncio.timeout(WAIT):
                answer = await bump_once(client, "k")

            await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


# Faults


async def test_the_fault_switch_shows_what_is_set_and_refuses_nonsense(client):
    assert (await client.get("/faults")).json() == Faults().model_dump()

    set_to = await client.put("/faults", json={"errors": 2, "outage": False})
    assert set_to.json()["errors"] == 2

    assert (await client.put("/faults", json={"errors": -1})).status_code == 422
    assert (await client.put("/faults", json={"fire": True})).status_code == 422
    assert (await client.put("/faults", json={})).json() == Faults().model_dump()


async def test_errors_come_before_any_effect_and_end(client):
    await client.put("/faults", json={"errors": 2})

    answers = [await bump_once(client, "k") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [500, 500, 201]
    assert "Idempotent-Replay" not in answers[2].headers
    assert await bumps(client) == 1


async def test_health_checks_do_not_use_up_errors(client):
    await client.put("/faults", json={"errors": 1})

    assert (await client.get("/healthz")).json() == {"partner": "counter", "ready": True}
    assert (await client.get("/faults")).json()["errors"] == 1


async def test_an_outage_answers_nothing_but_the_switch(client):
    await client.put("/faults", json={"outage": True})

    assert (await bump_once(client, "k")).status_code == 503
    assert (await client.get("/healthz")).status_code == 503
    assert (await client.get("/effects/k")).status_code == 503

    await client.put("/faults", json={"outage": False})
    assert (await bump_once(client, "k")).status_code == 201
    assert await bumps(client) == 1


async def test_a_lost_answer_leaves_its_effect_which_is_found_by_key(client):
    await client.put("/faults", json={"lose_answers": 1})

    lost = await bump_once(client, "k")

    assert (lost.status_code, lost.json()["code"]) == (504, "answer-lost")
    found = (await client.get("/effects/k")).json()
    again = await bump_once(client, "k")
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.json() == found["answer"]
    assert await bumps(client) == 1


async def test_reads_and_refusals_are_not_lost(client):
    await client.put("/faults", json={"lose_answers": 1})

    assert (await client.get("/bumps")).status_code == 200
    assert (await bump_once(client, "k", refuse=True)).status_code == 409
    assert (await client.get("/faults")).json()["lose_answers"] == 1


# Callbacks


async def test_a_callback_is_signed_over_time_and_body_and_names_the_step(database, desk):
    async with running(counter(database, desk.url, counter=SECRET)) as client:
        await bump_once(client, "FA-1:step:5")

        told = await desk.next()

    stamp, mac = (part.split("=")[1] for part in told.signature.split(","))
    assert mac == hmac.new(SECRET.encode(), stamp.encode() + b"." + told.raw, hashlib.sha256).hexdigest()
    assert told.hook == "counter"
    assert told.body["message_ref"]
    assert {name: told.body[name] for name in ("case_id", "step_key", "outcome", "label")} == {
        "case_id": "FA-1",
        "step_key": "FA-1:step:5",
        "outcome": "confirmed",
        "label": "a",
    }


async def test_a_callback_not_taken_is_sent_again_with_the_same_reference(database, desk):
    desk.answers = [500, 404]
    async with running(counter(database, desk.url, counter=SECRET)) as client:
        await bump_once(client, "k")

        bodies = [(await desk.next()).raw for _ in range(3)]

    assert bodies[0] == bodies[1] == bodies[2]


async def test_the_duplicate_fault_delivers_the_next_callback_twice(database, desk):
    async with running(counter(database, desk.url, counter=SECRET)) as client:
        await client.put("/faults", json={"duplicate_callbacks": 1})
        await bump_once(client, "k1")
        first, second = await desk.next(), await desk.next()
        await bump_once(client, "k2")
        third = await desk.next()

    assert first.raw == second.raw
    assert third.body["step_key"] == "k2"


async def test_a_callback_queued_without_a_desk_is_sent_after_a_restart_with_one(database, desk):
    async with running(counter(database)) as client:
        await bump_once(client, "k")

    async with running(counter(database, desk.url, counter=SECRET)):
        assert (await desk.next()).body["step_key"] == "k"


async def test_a_refused_effect_calls_nobody_back(database, desk):
    async with running(counter(database, desk.url, counter=SECRET)) as client:
        await bump_once(client, "refused", refuse=True)
        await bump_once(client, "done")

        assert (await desk.next()).body["step_key"] == "done"
    assert desk.arrived.empty()
