"""A ledger to talk to, in a few words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx2
import pytest

from partners.kit import Settings, running
from partners.ledger import app

M = "898310154110001"
CASE = "FA-20261109-AAAAAAAA"

keys = (f"{CASE}:step:{n}" for n in count())


class Books:
    """The ledger's calls, shortened."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def open(self, merchant_no: str) -> httpx2.Response:
        return await self.client.put(f"/merchants/{merchant_no}")

    async def post(self, path: str, /, key: str | None = None, **body: Any) -> httpx2.Response:
        return await self.client.post(path, json=body, headers={"Idempotency-Key": key or next(keys)})

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
