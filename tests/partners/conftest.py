"""What the partners' tests share: a desk that takes callbacks, and a ledger and a notice gateway to talk to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
import psycopg
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from partners.kit import Settings, running
from partners.ledger import app
from partners.notices import app as notice_gateway

M = "898310154110001"
CASE = "FA-20261109-AAAAAAAA"

keys = (f"{CASE}:step:{n}" for n in count())


@dataclass(frozen=True)
class Told:
    """One callback as it arrived."""

    hook: str
    signature: str
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)

    def is_signed_with(self, secret: str) -> bool:
        stamp, mac = (part.split("=")[1] for part in self.signature.split(","))
        return mac == hmac.new(secret.encode(), stamp.encode() + b"." + self.raw, hashlib.sha256).hexdigest()


@dataclass
class Desk:
    """A desk that takes callbacks; `answers` are the statuses it gives first, then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    arrived: asyncio.Queue[Told] = field(default_factory=asyncio.Queue)

    async def next(self) -> Told:
        """The next callback; TimeoutError when none comes."""
        async with asyncio.timeout(20):
            return await self.arrived.get()


@pytest.fixture
def database(empty_database: str) -> str:
    """A partner's own database, before its first start."""
    return empty_database


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A desk listening on a free port."""
    desk = Desk()
    app = FastAPI()

    @app.post("/hooks/{name}")
    async def hook(name: str, request: Request) -> Response:
        desk.arrived.put_nowait(Told(name, request.headers["Thaw-Signature"], await request.body()))
        return Response(status_code=desk.answers.pop(0) if desk.answers else 204)

    async with serving(uvicorn.Config(app, port=0, log_config=None, lifespan="off")) as desk.url:
        yield desk


@asynccontextmanager
async def serving(config: uvicorn.Config) -> AsyncIterator[str]:
    """The address of a server that runs for as long as the block."""
    server = Announcing(config)
    running_server = asyncio.create_task(server.serve())
    await server.listening.wait()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running_server


class Announcing(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()


async def in_one_transaction(database: str, statements: list[str]) -> None:
    connection = await psycopg.AsyncConnection.connect(database)
    try:
        for statement in statements:
            await connection.execute(statement)
        await connection.commit()
    finally:
        await connection.close()


class Books:
    """The ledger's calls, shortened."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def open(self, merchant_no: str) -> httpx2.Response:
        return await self.client.put(f"/merchants/{merchant_no}")

    async def post(self, path: str, /, key: str | None = None, **body: Any) -> httpx2.Response:
        return await self.client.post(path, json=body, headers={"Idempotency-Key": key or next(keys)})

    async def takings(self, amount_fen: int, terminal_sn: str, **more: Any) -> httpx2.Response:
        body = {"merchant_no": M, "amount_fen": amount_fen, "ref": "day", "terminal_sn": terminal_sn}
        return await self.post("/settlements", **body | more)

    async def hold(self, amount_fen: int, control_id: str = "C1", **more: Any) -> httpx2.Response:
        body = {"merchant_no": M, "case_id": CASE, "control_id": control_id, "amount_fen": amount_fen}
        return await self.post("/holds", **body | more)

    async def reserve(self, amount_fen: int, *control_ids: str, key: str | None = None) -> httpx2.Response:
        controls = list(control_ids or ("C1",))
        return await self.post(
            "/reservations", key, merchant_no=M, case_id=CASE, amount_fen=amount_fen, control_ids=controls
        )

    async def release(self, reservation_key: str, release_fen: int, **more: int) -> httpx2.Response:
        body = {"merchant_no": M, "case_id": CASE, "reservation_key": reservation_key, "release_fen": release_fen}
        return await self.post("/releases", **body | more)

    async def payout(self, amount_fen: int, key: str) -> httpx2.Response:
        return await self.post("/payouts", key, merchant_no=M, case_id=CASE, amount_fen=amount_fen)

    async def settle(self, payout_key: str, outcome: str) -> httpx2.Response:
        return await self.post("/payouts/settle", payout_key=payout_key, outcome=outcome)

    async def resend(self, payout_key: str) -> httpx2.Response:
        return await self.post("/payouts/resend", payout_key=payout_key)

    async def balances(self, merchant_no: str = M) -> dict[str, int]:
        """What the merchant's accounts hold, without those that hold nothing."""
        answer = (await self.client.get(f"/merchants/{merchant_no}/balances")).json()
        return {name: fen for name, fen in answer["balances"].items() if fen}

    async def house(self) -> dict[str, int]:
        accounts = (await self.trial_balance())["accounts"]
        return {account["account"]: account["balance_fen"] for account in accounts if account["merchant_no"] is None}

    async def trial_balance(self) -> dict[str, Any]:
        return (await self.client.get("/trial-balance")).json()

    async def control(self, control_id: str = "C1") -> dict[str, int]:
        holds = (await self.client.get("/holds", params={"case_id": CASE})).json()["holds"]
        return next(hold for hold in holds if hold["control_id"] == control_id)


@pytest.fixture
async def books(database: str) -> AsyncIterator[Books]:
    """A ledger in which merchant M has just opened its accounts, with 1,000,000 fen payable."""
    settings = Settings(database_url=database, options={"opening_fen": "1000000"})
    async with running(app(settings)) as client:
        books = Books(client)
        await books.open(M)
        yield books


@pytest.fixture
async def notices(database: str) -> AsyncIterator[httpx2.AsyncClient]:
    settings = Settings(database_url=database, options={"inside": "127.0.0.1"})
    async with running(notice_gateway(settings)) as client:
        yield client
