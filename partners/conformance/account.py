"""A merchant's account at a ledger that is tried out, with money to hold, release and pay out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from partners.conformance.caller import Caller, answered, equal

OPENING = 100_000


@dataclass(frozen=True)
class Account:
    """A merchant of its own with `OPENING` fen payable, and a case of its own."""

    ledger: Caller
    merchant_no: str
    case_id: str
    before: Mapping[str, int]

    async def ask(self, path: str, *, key: str | None = None, **body: Any) -> httpx2.Response:
        own = {"merchant_no": self.merchant_no, "case_id": self.case_id}
        return await self.ledger.effect(path, own | body, key=key)

    async def hold(self, amount_fen: int, control_id: str = "") -> Any:
        control = control_id or self.ledger.new("C")
        return answered(await self.ask("/holds", control_id=control, amount_fen=amount_fen), 201)

    async def held(self, amount_fen: int) -> str:
        """A control under which this much is held."""
        control_id: str = (await self.hold(amount_fen))["ref"]
        return control_id

    async def reserved(self, amount_fen: int, *control_ids: str) -> str:
        """The key of a reservation."""
        key = self.ledger.new_key()
        answered(await self.ask("/reservations", key=key, amount_fen=amount_fen, control_ids=list(control_ids)), 201)
        return key

    async def paid(self, amount_fen: int) -> str:
        """The key of a payout in transit."""
        key = self.ledger.new_key()
        sent = answered(await self.ask("/payouts", key=key, amount_fen=amount_fen), 201)
        equal(sent["state"], "in_transit", "the state of a payout just sent")
        return key

    async def settled(self, key: str, outcome: str) -> httpx2.Response:
        return await self.ledger.effect("/payouts/settle", {"payout_key": key, "outcome": outcome})

    async def takings(self, amount_fen: int, **more: Any) -> httpx2.Response:
        body = {"merchant_no": self.merchant_no, "amount_fen": amount_fen, "ref": "a day's takings"}
        return await self.ledger.effect("/settlements", body | more)

    async def grown(self) -> dict[str, int]:
        """How much each of the merchant's accounts has grown since it was opened with its money; without zeros."""
        now = answered(await self.ledger.get(f"/merchants/{self.merchant_no}/balances"))["balances"]
        changes = {name: now[name] - self.before.get(name, 0) for name in now}
        return {name: fen for name, fen in changes.items() if fen}

    async def controls(self) -> dict[str, Any]:
        found = answered(await self.ledger.get("/holds", case_id=self.case_id))["holds"]
        return {hold["control_id"]: hold for hold in found}


async def account(ledger: Caller) -> Account:
    """A new merchant's."""
    merchant_no = ledger.new("M")
    answered(await ledger.put(f"/merchants/{merchant_no}"), 200, 201)
    taking = {"merchant_no": merchant_no, "amount_fen": OPENING, "ref": "opening"}
    answered(await ledger.effect("/settlements", taking), 201)
    before = answered(await ledger.get(f"/merchants/{merchant_no}/balances"))["balances"]
    return Account(ledger, merchant_no, ledger.new("FA"), before)
