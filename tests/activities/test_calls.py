"""Every way a call can end is one of four: an answer, a definite no, an unknown outcome, or nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx2
import pytest
from temporalio.testing import ActivityEnvironment

from activities.calls import Call, RefusedError, UnavailableError, UnknownError
from activities.heartbeats import heartbeating
from workflows.ports import REFUSED, UNKNOWN

KEY = "FA-1:step:1"
PROBLEM = {"content-type": "application/problem+json"}


@dataclass(frozen=True)
class Answer:
    ref: str


def call(answer: Callable[[httpx2.Request], httpx2.Response]) -> Call:
    """Calls to a partner that answers like this."""
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://partner")
    return Call(client, "partner")


def always(status: int, **more) -> Call:
    return call(lambda _: httpx2.Response(status, **more))


def breaking(error: type[httpx2.RequestError]) -> Call:
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise error("broken", request=request)

    return call(broken)


async def effect(partner: Call, attempt: int = 1) -> Answer:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    return await environment.run(partner.effect, "/things", {"n": 1}, KEY, Answer)


async def test_an_answer_is_read_into_its_type_and_the_rest_of_it_ignored():
    assert await effect(always(201, json={"ref": "T1", "other": 2})) == Answer("T1")


async def test_the_key_travels_with_the_effect():
    seen = []
    partner = call(lambda request: seen.append(request) or httpx2.Response(201, json={"ref": "T1"}))

    await effect(partner)

    assert [(request.method, request.headers["idempotency-key"]) for request in seen] == [("POST", KEY)]


async def test_a_problem_is_a_definite_no_with_its_code_and_facts():
    body = {"type": "urn:x", "code": "insufficient", "title": "Conflict", "detail": "李小龙 has 5", "available_fen": 5}

    with pytest.raises(RefusedError) as refused:
        await effect(always(409, json=body, headers=PROBLEM))

    assert (refused.value.type, refused.value.non_retryable) == (REFUSED, True)
    assert refused.value.details == ("insufficient", {"available_fen": 5, "status": 409})
    assert "李小龙" not in str(refused.value)


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_broken_answer_leaves_the_effect_unknown(status):
    with pytest.raises(UnknownError) as unknown:
        await effect(always(status, json={"code": "broken"}, headers=PROBLEM))

    assert (unknown.value.type, unknown.value.non_retryable) == (UNKNOWN, True)


@pytest.mark.parametrize("error", [httpx2.ReadTimeout, httpx2.ReadError, httpx2.RemoteProtocolError, httpx2.WriteError])
async def test_a_connection_lost_after_sending_leaves_the_effect_unknown(error):
    with pytest.raises(UnknownError):
        await effect(breaking(error))


@pytest.mark.parametrize("silence", ["hangs up", "says nothing"])
async def test_on_the_wire_a_partner_that_took_the_request_and_did_not_answer_leaves_it_unknown(silence):
    taken = asyncio.Event()

    async def partner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'{"n":1}')
        taken.set()
        if silence == "says nothing":
            await reader.read()  # until the caller gives up
        writer.close()

    async with await asyncio.start_server(partner, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=url, timeout=0.2) as client:
            with pytest.raises(UnknownError):
                await effect(Call(client, "partner"))

    assert taken.is_set()


async def test_on_the_wire_nobody_listening_means_that_nothing_happened(unused_tcp_port):
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(UnavailableError):
            await effect(Call(client, "partner"))


@pytest.mark.parametrize("error", [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout])
async def test_without_a_connection_nothing_happened(error):
    with pytest.raises(UnavailableError) as away:
        await effect(breaking(error))

    assert not away.value.non_retryable


@pytest.mark.parametrize("status", [429, 503])
async def test_a_partner_that_asks_for_patience_gets_it(status):
    with pytest.raises(UnavailableError) as away:
        await effect(always(status, headers={"retry-after": "7"}))

    assert away.value.next_retry_delay == timedelta(seconds=7)
    assert not away.value.non_retryable


@pytest.mark.parametrize("status", [401, 403, 407, 408, 425])
async def test_a_partner_that_does_not_know_us_has_refused_nothing(status):
    partner = always(status, json={"code": "not-you"}, headers=PROBLEM)

    with pytest.raises(UnavailableError) as away:
        await effect(partner)
    with pytest.raises(UnavailableError):
        await partner.put("/things/1", Answer)

    assert not away.value.non_retryable


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_a_look_up_that_is_refused_says_nothing_of_the_effect(status):
    with pytest.raises(UnavailableError) as away:
        await always(status, json={"code": "not-here"}, headers=PROBLEM).find(KEY, Answer)

    assert not away.value.non_retryable


async def test_a_later_attempt_whose_look_up_is_refused_sends_nothing():
    seen = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.method)
        return httpx2.Response(403, json={"code": "not-you"}, headers=PROBLEM)

    with pytest.raises(UnavailableError):
        await effect(call(answer), attempt=2)

    assert seen == ["GET"]


async def test_an_effect_said_to_stand_in_other_words_is_not_refused_while_the_look_up_is():
    def answer(request: httpx2.Request) -> httpx2.Response:
        status, code = (409, "key-reused") if request.method == "POST" else (422, "invalid")
        return httpx2.Response(status, json={"code": code}, headers=PROBLEM)

    with pytest.raises(UnavailableError):
        await effect(call(answer))


async def test_a_no_that_is_not_the_partners_own_is_no_refusal():
    with pytest.raises(UnavailableError):
        await effect(always(404, text="<h1>gateway: no such host</h1>"))


async def test_an_answer_of_another_form_leaves_the_effect_unknown_and_stays_out_of_the_error():
    with pytest.raises(UnknownError) as unknown:
        await effect(always(201, json={"name": "李小龙"}))

    assert "李小龙" not in repr(unknown.value) + repr(unknown.value.__cause__)


async def test_a_later_attempt_first_asks_whether_the_effect_stands():
    seen = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(f"{request.method} {request.url.path}")
        return httpx2.Response(200, json={"key": KEY, "kind": "thing", "answer": {"ref": "T1"}})

    assert await effect(call(answer), attempt=2) == Answer("T1")
    assert seen == [f"GET /effects/{KEY}"]


async def test_a_later_attempt_sends_what_does_not_stand():
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(404, json={"code": "no-such-effect"}, headers=PROBLEM)
        return httpx2.Response(201, json={"ref": "T1"})

    assert await effect(call(answer), attempt=2) == Answer("T1")


async def test_an_effect_that_stands_in_other_words_is_the_effect():
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            return httpx2.Response(409, json={"code": "key-reused"}, headers=PROBLEM)
        return httpx2.Response(200, json={"key": KEY, "kind": "thing", "answer": {"ref": "T1"}})

    assert await effect(call(answer)) == Answer("T1")


async def test_a_question_without_an_answer_is_asked_again():
    with pytest.raises(UnavailableError):
        await always(500).ask("/questions", KEY, Answer, json={})
    with pytest.raises(UnavailableError):
        await breaking(httpx2.ReadTimeout).get("/things/1", Answer)


async def test_what_the_partner_does_not_know_is_none():
    assert await always(404, json={"code": "no-such-thing"}, headers=PROBLEM).get("/things/1", Answer) is None


async def test_a_call_gives_signs_of_life_while_it_lasts():
    beats = asyncio.Queue()
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_timeout=timedelta(milliseconds=30))
    environment.on_heartbeat = lambda *_: beats.put_nowait("alive")

    async def work() -> int:
        async with heartbeating():
            for _ in range(3):
                await beats.get()
        return beats.qsize()

    async with asyncio.timeout(20):
        assert await environment.run(work) == 0
