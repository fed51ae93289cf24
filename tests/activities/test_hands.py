"""What workers register is what the procedures ask for, name by name and queue by queue."""

from __future__ import annotations

import pytest
from temporalio.testing import ActivityEnvironment

from activities.calls import UnavailableError
from activities.hands import HandsConfig, hands, local, name_of, open_calls
from activities.ledger import Ledger
from journal.reconciling import Reconciling
from workflows import ports


@pytest.fixture
def config(unused_tcp_port: int) -> HandsConfig:
    """Partners that are all away: nobody listens where they should be."""
    urls = {f"{partner}_url": f"http://127.0.0.1:{unused_tcp_port}" for partner in ports.QUEUES}
    return HandsConfig(**urls, portal_url="https://p", desk_url="https://d", otp_key=b"k")


async def test_every_name_of_the_ports_is_registered_on_its_queue(config, records, journal):
    asked = {**ports.EFFECTS, **ports.LOOK_UPS}
    asked |= {
        ports.RISK_QUESTIONS: "risk",
        ports.BANK_PAYOUT: "bank",
        ports.BANK_CHECK_ACCOUNT: "bank",
        ports.DOCUMENTS_VERIFY: "documents",
        ports.NOTICES_SEND: "notices",
        ports.NOTICES_RESEND: "notices",
        ports.NOTICES_BROADCAST: "notices",
        ports.LEDGER_RECONCILE: "ledger",
        ports.FIELD_VISIT: "field",
        ports.FIELD_NOTE: "field",
        ports.CONTRACTS_AGREEMENT: "contracts",
    }

    async with open_calls(config) as calls:
        by_queue = hands(config, calls, records, Reconciling(journal.pool))
        registered = {name_of(method): queue for queue, methods in by_queue.items() for method in methods}

    assert registered == asked
    assert set(registered.values()) == set(ports.QUEUES)


async def test_the_journal_is_a_local_hand(journal):
    assert {name_of(method) for method in local(journal)} == {
        ports.JOURNAL_APPEND, ports.JOURNAL_READ, ports.JOURNAL_WAITING,
    }  # fmt: skip


async def test_a_partner_that_is_away_is_asked_again(config):
    async with open_calls(config) as calls:
        order = ports.Order("FA-1:step:1", "FA-1", "M1", "SN1", amount_fen=1)
        with pytest.raises(UnavailableError) as away:
            await ActivityEnvironment().run(Ledger(calls["ledger"]).book_payout, order)

    assert not away.value.non_retryable
