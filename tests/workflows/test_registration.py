"""Merchants and terminals registered at the desk become known to the partners that must know them, once."""

from __future__ import annotations

import pytest
from temporalio.client import WorkflowFailureError

from tests.workflows.hands import AwayError, refusing
from tests.workflows.world import Desk
from workflows import ports
from workflows.registration import Registration


async def register(desk: Desk, kind: str, name: str) -> str:
    return await desk.engine.env.client.execute_workflow(
        Registration.run,
        ports.Registration(kind, name, 1),
        id=f"registration:{kind}:{name}:1",
        task_queue=ports.CASES,
    )


async def test_a_merchant_gets_its_accounts_and_a_terminal_its_entry(desk: Desk) -> None:
    desk.hands.next("ledger.open_accounts", AwayError("ledger"))
    assert await register(desk, "merchant", "847100000000001") == "ref:merchant:847100000000001:1"
    await register(desk, "terminal", "SN-0001")
    assert desk.hands.did() == ["ledger.open_accounts", "terminals.register"]
    assert desk.hands.order_of("ledger.open_accounts").merchant_no == "847100000000001"
    assert desk.hands.order_of("terminals.register").terminal_sn == "SN-0001"


async def test_a_registration_a_partner_refuses_is_seen_to_fail(desk: Desk) -> None:
    desk.hands.next("terminals.register", refusing("bound-elsewhere"))
    with pytest.raises(WorkflowFailureError):
        await register(desk, "terminal", "SN-0002")
