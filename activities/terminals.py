"""Terminal management: blocks placed and lifted by the name of their control. A terminal it does not know yet is
registered from our registry first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from temporalio import activity

from activities.calls import Call, RefusedError, segment
from activities.heartbeats import heartbeating
from activities.records import Records
from workflows.ports import Order, Receipt


@dataclass(frozen=True, slots=True)
class Registered:
    sn: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block has no reference but the name of its control."""

    control_id: str


class Terminals:
    def __init__(self, call: Call, records: Records) -> None:
        self._call = call
        self._records = records

    @activity.defn(name="terminals.register")
    async def register(self, order: Order) -> Receipt:
        """Make the terminal and its binding known, as the registry has them now."""
        return Receipt((await self._register(order.terminal_sn)).sn)

    @activity.defn(name="terminals.block")
    async def block(self, order: Order) -> Receipt:
        """Block the terminal in the control's scope. The reason stays here: devices and dealers need not know it."""
        body = {"control_id": order.control_id, "scope": list(order.scope) or ["all"]}
        return await self._on_known_terminal("/blocks", body, order)

    @activity.defn(name="terminals.unblock_terminal")
    async def unblock_terminal(self, order: Order) -> Receipt:
        """Lift this control's block; the terminal transacts again once no other stands."""
        return await self._on_known_terminal("/blocks/lift", {"control_id": order.control_id}, order)

    @activity.defn(name="terminals.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the effect of `key`; None when it never took place."""
        found = await self._call.find(order.key, Block)
        return Receipt(found.control_id) if found else None

    async def _on_known_terminal(self, path: str, body: Mapping[str, Any], order: Order) -> Receipt:
        where = f"/terminals/{segment(order.terminal_sn)}{path}"
        try:
            block = await self._call.effect(where, body, order.key, Block)
        except RefusedError as refused:
            if refused.code != "no-such-terminal":
                raise
            await self._register(order.terminal_sn)
            block = await self._call.effect(where, body, order.key, Block)
        return Receipt(block.control_id)

    async def _register(self, terminal_sn: str) -> Registered:
        async with heartbeating():
            terminal = await self._records.terminal(terminal_sn)
        body = {
            "tusn": terminal.tusn,
            "terminal_id": terminal.terminal_id,
            "model": terminal.model,
            "merchant_no": terminal.merchant_no,
            "deploy_address_ref": terminal.deploy_address_ref or None,
            "fee_plan": terminal.fee_plan or None,
        }
        return await self._call.put(f"/terminals/{segment(terminal_sn)}", Registered, json=body)
