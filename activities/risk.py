"""Risk control: rules lifted and reinstated, the transactions a control is about, limits and watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from temporalio import activity

from activities.calls import Call, RefusedError, segment
from workflows.ports import RISK_QUESTIONS, Order, Questioned, Questions, Receipt

NO_REFERENCE = "invalid"
"""How risk control refuses a reference that is none of its own."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What risk control answers: about a watch, a rule, or a merchant's limits."""

    watch_ref: str | None = None
    external_ref: str | None = None
    merchant_no: str | None = None

    @property
    def ref(self) -> str:
        return self.watch_ref or self.external_ref or self.merchant_no or ""


@dataclass(frozen=True, slots=True)
class Listed:
    transactions: tuple[Questioned, ...]


class Risk:
    def __init__(self, call: Call) -> None:
        self._call = call

    @activity.defn(name="risk.lift_risk_rule")
    async def lift_risk_rule(self, order: Order) -> Receipt:
        """Lift the rule `external_ref` on the terminal, for the control."""
        return await self._note("/rules/lift", order, terminal_sn=order.terminal_sn, **_lifting(order))

    @activity.defn(name="risk.reinstate_risk_rule")
    async def reinstate_risk_rule(self, order: Order) -> Receipt:
        """Take back what was lifted for the control."""
        return await self._note("/rules/reinstate", order, **_lifting(order))

    @activity.defn(name="risk.reduce_limits")
    async def reduce_limits(self, order: Order) -> Receipt:
        """Cut the merchant's limits to what it keeps while post-actions are left undone."""
        percent = order.limits_percent
        return await self._note("/limits", order, merchant_no=order.merchant_no, factor_percent=percent)

    @activity.defn(name="risk.restore_limits")
    async def restore_limits(self, order: Order) -> Receipt:
        """Give the merchant its usual limits back."""
        return await self._note("/limits", order, merchant_no=order.merchant_no, factor_percent=100)

    @activity.defn(name="risk.monitor")
    async def monitor(self, order: Order) -> Receipt:
        """Watch the merchant until `until`."""
        return await self._note("/monitoring", order, merchant_no=order.merchant_no, until=order.until)

    @activity.defn(name=RISK_QUESTIONS)
    async def questions(self, order: Order) -> Questions:
        """The transactions the control of `external_ref` is about; none where risk control names none."""
        try:
            listed = await self._call.get(f"/questioned/{segment(order.external_ref)}", Listed)
        except RefusedError as refused:
            if refused.code != NO_REFERENCE:
                raise
            listed = None
        return Questions(listed.transactions if listed else ())

    @activity.defn(name="risk.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the effect of `key`; None when it never took place."""
        found = await self._call.find(order.key, Noted)
        return Receipt(found.ref) if found else None

    async def _note(self, path: str, order: Order, **body: Any) -> Receipt:
        asked = {"case_id": order.case_id, **body}
        return Receipt((await self._call.effect(path, asked, order.key, Noted)).ref)


def _lifting(order: Order) -> dict[str, str]:
    return {"external_ref": order.external_ref, "control_id": order.control_id}
