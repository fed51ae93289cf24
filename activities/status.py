"""Status reporting: what the network and the risk-information system are told of a terminal."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.calls import Call
from workflows.ports import Order, Receipt


@dataclass(frozen=True, slots=True)
class Reported:
    report_ref: str


class Status:
    def __init__(self, call: Call) -> None:
        self._call = call

    @activity.defn(name="status.report_status")
    async def report_status(self, order: Order) -> Receipt:
        """Report the terminal's `state`, and under which reason it was restricted."""
        body = {
            "subject": "terminal",
            "id": order.terminal_sn,
            "state": order.state,
            "reason_code": order.reason_code,
            "case_id": order.case_id,
        }
        return Receipt((await self._call.effect("/reports", body, order.key, Reported)).report_ref)

    @activity.defn(name="status.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the effect of `key`; None when it never took place."""
        found = await self._call.find(order.key, Reported)
        return Receipt(found.report_ref) if found else None
