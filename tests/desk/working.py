"""A desk at work: a real engine, the real procedures, the relay, and partners that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from desk.delivery import deliver
from desk.engine import Engine
from tests.desk.house import Caller, Config, House, opened
from tests.workers.stand import Server
from tests.workflows.hands import Hands
from workers.desk_hands import desk_worker
from workers.relay_process import RelayProcess
from workers.run_worker import cases_worker, sandbox
from workflows import ports
from workflows.converter import data_converter

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)
_numbers = count(1)


@dataclass
class Work:
    """The open desk, and everyone and everything around it."""

    house: House
    hands: Hands
    server: Server

    async def case(self, reason: str = "R02", held_fen: int = 1_000_000, **more: Any) -> str:
        """A freeze appeal on a terminal of its own."""
        number = next(_numbers)
        terminal = {
            "terminal_sn": f"SN-W{number}", "tusn": f"TUSN-{number}", "terminal_id": f"{number:08d}", "model": "X990",
            "merchant_no": more.pop("merchant_no", "898310058120001"), "deploy_address": "上海", "fee_plan": "MER299",
        }  # fmt: skip
        answer = await self.house.officer1.post("/api/v1/terminals", terminal)
        assert answer.status_code == 201, answer.text
        control = {
            "terminal_sn": terminal["terminal_sn"], "kind": "settlement_hold" if held_fen else "txn_block",
            "reason_code": reason, "held_amount_fen": held_fen, "source": "risk", "external_ref": f"w-{number}",
        } | more  # fmt: skip
        answer = await self.house.robot1.post("/api/v1/controls", control)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_id"])

    async def view(self, case_id: str, by: Caller | None = None) -> dict[str, Any]:
        answer = await (by or self.house.officer1).get(f"/api/v1/cases/{case_id}")
        assert answer.status_code == 200, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def do(self, by: Caller, case_id: str, name: str, **fields: Any) -> dict[str, Any]:
        """A command that must be taken at once."""
        answer = await by.command(case_id, name, **fields)
        assert answer.status_code == 200, (name, answer.text)
        done: dict[str, Any] = answer.json()
        return done

    async def until(self, case_id: str, status: str) -> dict[str, Any]:
        """The case once it is in a status."""
        for _ in range(300):
            view = await self.view(case_id)
            if view["status"] == status:
                return view
            await asyncio.sleep(0.05)
        raise AssertionError(f"{case_id} is {view['status']}, not {status}: {view['waiting_on']['sentence']}")

    async def in_review(self, **more: Any) -> str:
        """A case whose documents were filed and read, all of them doubtful, and in force."""
        case_id = await self.case(**more)
        house = self.house
        await self.do(house.officer1, case_id, "confirm_reason", reason_code=more.get("reason", "R02"))
        await self.do(house.merchant1, case_id, "open_appeal", statement="货款往来,请核实。")
        for doc_type in (await self.view(case_id))["requirements"]["currently_due"]:
            answer = await house.merchant1.upload(case_id, doc_type.partition("/")[0], PNG, "p.png")
            assert answer.status_code == 201, answer.text
        await self.do(house.merchant1, case_id, "submit", declaration=True)
        await self.until(case_id, "in_review_1")
        return case_id


@asynccontextmanager
async def open_work(config: Config, folder: Path) -> AsyncIterator[Work]:
    """Everything running over a migrated and seeded database."""
    server = Server(folder / "temporal.db")
    server.start()
    try:
        async with AsyncExitStack() as stack:
            config = Config(config.database_url, config.files_dir, temporal_address=server.address)
            client = await _connected(server.address, config.payload_key)
            house = await stack.enter_async_context(opened(config, engine=Engine(client)))
            hands = Hands()
            for queue in ports.QUEUES:
                await stack.enter_async_context(Worker(client, task_queue=queue, activities=hands.on(queue)))
            await stack.enter_async_context(cases_worker(client, house.desk.journal, sandbox()))
            await stack.enter_async_context(desk_worker(client, house.desk))
            relay = RelayProcess(client, house.desk.journal, lambda command: deliver(house.desk, command))
            relaying = asyncio.create_task(relay.run())
            stack.push_async_callback(_ended, relaying)
            yield Work(house, hands, server)
    finally:
        server.kill()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def _connected(address: str, key: str) -> Client:
    for _ in range(200):
        try:
            return await Client.connect(address, data_converter=data_converter(key))
        except RuntimeError:
            await asyncio.sleep(0.1)
    raise AssertionError("the engine did not come up")
