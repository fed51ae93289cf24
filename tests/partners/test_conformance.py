"""The contract suites: the partners that come with Thaw keep them, and one that does not is told what is wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
import uvicorn
from typer.testing import CliRunner

from partners.conformance import Verdict, examine, kind_of, kinds, suite_of
from partners.conformance.callbacks import Listener
from partners.kit import Settings, running
from partners.kit.serve import factory, names
from tests.partners.conftest import serving
from workers.cli import build
from workers.stack.ports import any_free

OPTIONS = {"bank": {"delay_ms": "50"}}
"""Settings a stand-in needs to be quick."""


SECRET = "only for this test"
HOOKS = ("network", "terminals", "bank", "logistics", "contracts", "field", "notices")


@pytest.fixture
async def listener() -> Listener:
    """Where callbacks arrive."""
    return Listener(SECRET)


@pytest.fixture
async def partner(
    request: pytest.FixtureRequest, database: str, listener: Listener
) -> AsyncIterator[httpx2.AsyncClient]:
    """A running stand-in of the kind the test names, which calls the listener back."""
    kind: str = request.param
    async with serving(uvicorn.Config(listener.app(), port=0, log_config=None, lifespan="off")) as desk_url:
        secrets = dict.fromkeys(HOOKS, SECRET)
        settings = Settings(database, desk_url=desk_url, hook_secrets=secrets, options=OPTIONS.get(kind, {}))
        async with running(factory(kind)(settings)) as client:
            await until_ready(client)
            yield client


async def until_ready(client: httpx2.AsyncClient) -> None:
    """Wait for what a partner loads beside its calls; the wait is bounded."""
    for _ in range(600):
        if (await client.get("/healthz")).status_code == 200:
            return
        await asyncio.sleep(0.1)


def each(*named: str) -> Any:
    return pytest.mark.parametrize("partner", named, indirect=True)


async def verdicts(client: httpx2.AsyncClient, kind: str, listener: Listener | None = None) -> list[Verdict]:
    return [verdict async for verdict in examine(suite_of(kind), client, listener)]


def failures(seen: list[Verdict]) -> list[Verdict]:
    return [verdict for verdict in seen if verdict.state == "failed"]


@each(*kinds())
async def test_a_partner_of_thaws_own_keeps_its_contract(partner, listener):
    kind = await kind_of(partner)

    seen = await verdicts(partner, kind, listener)

    assert [verdict for verdict in seen if verdict.state != "passed"] == []
    assert len(seen) >= 8


@each("network")
async def test_what_is_told_by_callbacks_is_skipped_where_none_can_arrive(partner):
    seen = await verdicts(partner, "network")

    assert failures(seen) == []
    assert {verdict.why for verdict in seen if verdict.state == "skipped"} == {
        "no address was given at which callbacks can arrive"
    }


@each("network")
async def test_a_callback_signed_with_another_secret_is_found_out(partner, listener):
    listener.secret = "another"

    told = sentences_failed(await verdicts(partner, "network", listener))

    assert "its signature does not match its body and the secret" in told


def test_every_service_has_a_contract():
    assert set(kinds()) == set(names())


def test_every_check_has_a_sentence_of_its_own():
    for kind in kinds():
        sentences = [check.sentence for check in suite_of(kind).checks]
        assert len(set(sentences)) == len(sentences)
        assert all(sentence.endswith(".") for sentence in sentences)


async def test_the_command_prints_each_check_and_ends_with_zero_when_all_are_passed(served, desk_port):
    code, told = await thaw_partners_check(served, "--listen", f"127.0.0.1:{desk_port}", "--secret", SECRET)

    assert code == 0, told
    assert "passed  Each block is lifted by the name of its control" in told
    assert "0 failed" in told


async def test_the_command_ends_with_one_when_a_check_fails(served):
    code, told = await thaw_partners_check(served, "--partner", "status", "--json")

    found = json.loads(told.splitlines()[-1])  # the partner in this process logs before it
    assert (code, found["partner"], found["passed"]) == (1, "status", False)
    assert {"passed", "failed"} == {check["state"] for check in found["checks"]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--partner", "barber"], "there is no contract for a partner 'barber'"),
        (["--listen", "here"], "--listen takes HOST:PORT, not here"),
        (["--listen", "127.0.0.1:0"], "--listen needs --secret"),
    ],
)
async def test_the_command_ends_with_two_when_it_cannot_check(served, arguments, words):
    code, told = await thaw_partners_check(served, *arguments)

    assert (code, words in told) == (2, True), told


async def test_the_command_says_that_nobody_answers():
    code, told = await thaw_partners_check("http://127.0.0.1:9")

    assert code == 2
    assert "http://127.0.0.1:9 cannot be reached: ConnectError" in told


async def thaw_partners_check(url: str, *arguments: str) -> tuple[int, str]:
    """The command's exit code and what it printed; it runs beside, as it has a loop of its own."""
    words = ["partners", "check", url, *arguments]
    ended = await asyncio.to_thread(CliRunner().invoke, build(["partners"]), words)
    return ended.exit_code, ended.output


@pytest.fixture
def desk_port() -> int:
    """Where the command listens for callbacks, if it is told to."""
    return any_free()


@pytest.fixture
async def served(database: str, desk_port: int) -> AsyncIterator[str]:
    """The address of a terminal management that listens on a free port and calls a desk back at `desk_port`."""
    settings = Settings(database, desk_url=f"http://127.0.0.1:{desk_port}", hook_secrets={"terminals": SECRET})
    config = uvicorn.Config(factory("terminals")(settings), port=0, log_config=None)
    async with serving(config) as url:
        yield url


# A partner that does not keep its contract


Spoil = Callable[[httpx2.Request, httpx2.Response], httpx2.Response | None]


class Spoiling(httpx2.AsyncBaseTransport):
    """A partner whose answers are spoilt on the way: `spoil` gives another one, or None to leave it."""

    def __init__(self, partner: httpx2.AsyncClient, spoil: Spoil) -> None:
        self._partner, self._spoil = partner, spoil

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._partner.send(
            self._partner.build_request(
                request.method, request.url, headers=request.headers, content=await request.aread()
            )
        )
        return self._spoil(request, answer) or httpx2.Response(
            answer.status_code, headers=answer.headers, content=answer.content
        )


def spoilt(partner: httpx2.AsyncClient, spoil: Spoil) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=Spoiling(partner, spoil), base_url="http://partner")


def sentences_failed(seen: list[Verdict]) -> str:
    return "\n".join(f"{verdict.sentence} {verdict.why}" for verdict in failures(seen))


@each("terminals")
async def test_a_partner_that_takes_every_repeat_for_something_new_is_found_out(partner):
    def forget_keys(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if "Idempotent-Replay" in answer.headers:
            return httpx2.Response(201, json=answer.json() | {"placed_at": "2026-11-20T10:00:00+08:00"})
        return None

    told = sentences_failed(await verdicts(spoilt(partner, forget_keys), "terminals"))

    assert "A repeat under the same key gets the same answer" in told
    assert "was to be" in told


@each("terminals")
async def test_a_partner_that_lets_terminals_transact_under_a_block_is_found_out(partner):
    def lift_all(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if request.url.path.endswith("/blocks/lift") and answer.is_success:
            return httpx2.Response(200, json=answer.json() | {"may_transact": True})
        return None

    told = sentences_failed(await verdicts(spoilt(partner, lift_all), "terminals"))

    assert told == (
        "Each block is lifted by the name of its control, and the terminal transacts only when none is left. "
        "may_transact while the other block stands was to be False, but is True"
    )


@each("status")
async def test_a_partner_that_answers_in_another_form_is_told_so(partner):
    def renamed(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if request.url.path.startswith("/subjects/") and answer.is_success:
            return httpx2.Response(200, json={"status": "normal"})
        return None

    told = sentences_failed(await verdicts(spoilt(partner, renamed), "status"))

    assert "an answer has another form: KeyError 'state'" in told


@each("status")
async def test_a_partner_that_refuses_without_a_code_is_told_so(partner):
    def plain(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        return httpx2.Response(answer.status_code, json={"error": "no"}) if answer.is_client_error else None

    told = sentences_failed(await verdicts(spoilt(partner, plain), "status"))

    assert "was refused without saying why: application/problem+json with a code was expected" in told


async def test_a_partner_that_is_not_there_fails_every_check():
    class Nowhere(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("nothing listens there")

    async with httpx2.AsyncClient(transport=Nowhere(), base_url="http://partner") as client:
        seen = await verdicts(client, "status")

    assert {(verdict.state, verdict.why) for verdict in seen} == {("failed", "no answer came: ConnectError")}


@each("ledger")
async def test_a_ledger_that_loses_a_fen_of_what_it_held_is_found_out(partner):
    def a_fen_less(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if request.url.path == "/holds" and request.method == "GET":
            found = answer.json()["holds"]
            holds = [hold | {"remaining_fen": hold["remaining_fen"] - 1} for hold in found]
            return httpx2.Response(200, json={"holds": holds})
        return None

    told = sentences_failed(await verdicts(spoilt(partner, a_fen_less), "ledger"))

    assert "released, penalties, claims and remaining together was to be" in told


@each("ledger")
async def test_a_ledger_that_takes_any_currency_or_a_closed_month_is_found_out(partner):
    def takes_all(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if answer.status_code in {409, 422} and answer.json()["code"] in {"currency-not-kept", "period-closed"}:
            return httpx2.Response(201, json={"state": "in_transit"})
        return None

    told = sentences_failed(await verdicts(spoilt(partner, takes_all), "ledger"))

    assert "Another currency is refused by name" in told
    assert "Nothing is booked in a closed month" in told
