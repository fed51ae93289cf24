"""How partners are run: as processes, several in one, with settings from the environment."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys

import httpx2
import pytest

from partners.kit import Queries, Settings
from partners.kit.serve import UnknownPartner, factory, run

WAIT = 20  # seconds until an answer that never comes fails the test


def test_an_unknown_partner_is_named_together_with_those_there_are():
    with pytest.raises(UnknownPartner, match=r"no partner 'casino'; there are: .*ledger"):
        factory("casino")
    with pytest.raises(SystemExit, match="no partner 'casino'"):
        run({"casino": 0}, "127.0.0.1")


async def test_a_partner_runs_as_a_process_that_logs_json_and_no_account_numbers(database):
    process, (url,) = await started(database, "{'bank': 0}")
    async with httpx2.AsyncClient(base_url=url) as client:
        await client.put("/accounts/6222020200112233445", json={"holder": "上海晨光便利店"})
    rest = await ended(process)

    [call] = [line for line in map(json.loads, rest.splitlines()) if line["event"] == "call"]
    assert (call["process"], call["method"], call["route"], call["status"]) == (
        "partner-bank",
        "PUT",
        "/accounts/{number}",
        200,
    )
    assert "6222020200112233445" not in rest
    assert "晨光" not in rest


async def test_several_partners_run_in_one_process_each_on_its_own_port(database):
    process, urls = await started(database, "{'status': 0, 'field': 0}")

    async def name_at(url: str) -> str:
        async with httpx2.AsyncClient(base_url=url) as client:
            return (await client.get("/healthz")).json()["partner"]

    assert {await name_at(url) for url in urls} == {"status", "field"}
    await ended(process)
    assert process.returncode == 0


async def test_when_one_of_several_partners_cannot_be_served_the_process_ends_and_says_so(database):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await begin(database, f"{{'status': 0, 'field': {port}}}")
        async with asyncio.timeout(WAIT):
            said, _ = await process.communicate()

    assert process.returncode == 1
    assert "a partner could not be served" in said.decode()


async def begin(database: str, served: str) -> asyncio.subprocess.Process:
    """A process that serves partners."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"from partners.kit.serve import run; run({served}, '127.0.0.1')",
        env=os.environ | {"THAW_PARTNER_DATABASE_URL": database},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def started(database: str, served: str) -> tuple[asyncio.subprocess.Process, list[str]]:
    """A process that serves partners, once it does, and where."""
    process = await begin(database, served)
    assert process.stdout is not None
    urls: list[str] = []
    async with asyncio.timeout(WAIT):
        while len(urls) < served.count(":"):
            event = json.loads(await process.stdout.readline())["event"]
            if "running on" in event:
                urls.append(event.split()[3])
    return process, urls


async def ended(process: asyncio.subprocess.Process) -> str:
    """Told to stop; what it still said."""
    assert process.stdout is not None
    process.terminate()
    async with asyncio.timeout(WAIT):
        rest = (await process.stdout.read()).decode()
        await process.wait()
    return rest


def test_a_partner_without_its_database_setting_says_which_is_missing(monkeypatch):
    monkeypatch.delenv("THAW_PARTNER_DATABASE_URL", raising=False)
    with pytest.raises(SystemExit, match="THAW_PARTNER_DATABASE_URL"):
        run({"ledger": 0}, "127.0.0.1")


def test_settings_come_from_the_environment():
    settings = Settings.from_environment(
        "bank",
        {
            "THAW_PARTNER_DATABASE_URL": "postgresql://db",
            "THAW_DESK_URL": "http://desk/",
            "THAW_HOOK_SECRETS": '{"bank": "s"}',
            "THAW_BANK_DELAY_MS": "5",
        },
    )

    assert (settings.database_url, settings.desk_url, settings.hook_secrets) == (
        "postgresql://db",
        "http://desk",
        {"bank": "s"},
    )
    assert settings.number("delay_ms", 800) == 5
    assert settings.number("other", 7) == 7


def test_a_query_is_found_by_its_name_and_may_not_be_named_twice(tmp_path):
    file = tmp_path / "queries.sql"
    file.write_text("-- All of it.\n-- name: one\nSELECT 1;\n-- name: two\nSELECT 2;\n")
    assert Queries(file)["two"] == b"SELECT 2;"

    file.write_text("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")
    with pytest.raises(ValueError, match="one"):
        Queries(file)
