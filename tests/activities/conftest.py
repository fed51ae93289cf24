"""The hands at work: real partners in this process, real PostgreSQL, and the engine's own activity environment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.testing import ActivityEnvironment

from activities.calls import Call
from activities.hands import HandsConfig, hands, name_of
from activities.records import Records
from journal import Journal
from journal.parties import Account, Contact, MerchantDetails, Person, TerminalDetails
from journal.reconciling import Reconciling
from journal.registry import Act
from partners.kit import Settings, running
from partners.kit.serve import factory
from workflows.ports import QUEUES

M, SN, CASE = "898310154110001", "SN-1", "FA-20261109-AAAAAAAA"
COMPANY = MerchantDetails(
    merchant_no=M,
    merchant_type="company",
    name="上海晨光便利店有限公司",
    uscc="91310115MA1K0XQ7HQ",
    resident_id=None,
    legal_representative=Person("李小龙", "310101198512123421"),
    contacts=(
        Contact("王芳", "13800138000", "wang@example.com", "email", "zh"),
        Contact("Ann Lee", "+8613900139000", None, "sms", "en"),
    ),
    settlement_account=Account("上海晨光便利店有限公司", "6222021001112223334", "中国工商银行"),
    mcc="5411",
    address="上海市浦东新区世纪大道100号",
)
TERMINAL = TerminalDetails(SN, "00000001SN1", "10000001", "A920", M, "上海市浦东新区世纪大道100号一楼", "ESIGN59")

CONFIG = HandsConfig(
    **{f"{partner}_url": f"http://{partner}" for partner in QUEUES},
    portal_url="https://thaw.example/portal",
    desk_url="https://thaw.example",
    otp_key=b"k" * 32,
    lead_email="lead@thaw.example",
    operations_email="operations@thaw.example",
)


def act(command_id: str) -> Act:
    return Act("officer:officer1", command_id, "2026-11-09T01:00:00.000000Z")


@dataclass
class Stand:
    """The hands over real partners; a partner is started when a test first names it."""

    database: str
    records: Records
    reconciling: Reconciling
    stack: AsyncExitStack
    partners: dict[str, httpx2.AsyncClient] = field(default_factory=dict)

    async def partner(self, name: str, **options: str) -> httpx2.AsyncClient:
        """A client of the running partner `name`."""
        if name not in self.partners:
            app = factory(name)(Settings(self.database, options=options))
            self.partners[name] = await self.stack.enter_async_context(running(app))
        return self.partners[name]

    async def do(self, effect: str, order: Any, *, attempt: int = 1) -> Any:
        """Run the activity as the engine would on this attempt."""
        await self.partner(effect.partition(".")[0])
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt, heartbeat_timeout=timedelta(seconds=10))
        return await environment.run(self._activities()[effect], order)

    async def fail(self, partner: str, **faults: Any) -> None:
        """Let the partner misbehave from now on."""
        client = await self.partner(partner)
        assert (await client.put("/faults", json=faults)).status_code == 200

    def _activities(self) -> Mapping[str, Callable[..., Any]]:
        calls = {name: Call(self.partners.get(name) or _nobody(name), name) for name in QUEUES}
        by_queue = hands(CONFIG, calls, self.records, self.reconciling)
        return {name_of(method) or "": method for methods in by_queue.values() for method in methods}


def _nobody(name: str) -> httpx2.AsyncClient:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError(f"{name} was not started", request=request)

    return httpx2.AsyncClient(transport=httpx2.MockTransport(refuse), base_url=f"http://{name}")


@pytest.fixture
async def journal(database: str) -> AsyncIterator[Journal]:
    """An empty journal."""
    async with await Journal.open(database) as opened:
        yield opened


@pytest.fixture
async def records(journal: Journal, tmp_path: Path) -> Records:
    """Thaw's records with one company and its terminal."""
    records = Records.over(journal.pool, "11" * 32, tmp_path / "files")
    await records.registry.register_merchant(COMPANY, act("m1"))
    await records.registry.register_terminal(TERMINAL, act("t1"))
    return records


@pytest.fixture
async def stand(database: str, records: Records, journal: Journal) -> AsyncIterator[Stand]:
    async with AsyncExitStack() as stack:
        yield Stand(database, records, Reconciling(journal.pool), stack)
