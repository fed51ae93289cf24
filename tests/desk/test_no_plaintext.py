"""No personal value reaches the database in clear: not its tables, not its indexes, not its write-ahead log, not its
server's messages; nor the document store, nor our log lines. The values are made up for this test alone."""

from __future__ import annotations

import asyncio
import logging
import secrets
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.desk.house import Config, House
from tests.desk.working import PNG
from tests.leaks import Search
from workers.stack.postgres import Postgres

_HAN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"


def made_up(length: int) -> str:
    return "".join(secrets.choice(_HAN) for _ in range(length))


@pytest.fixture
def server_folder(_server: Postgres) -> Path:
    """Where the server that all tests share keeps everything."""
    return _server.data_dir


def digits(length: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(length))


@pytest.fixture
def person() -> dict[str, str]:
    return {
        "name": made_up(5), "holder": made_up(5), "shop": made_up(9), "address": made_up(12), "deployed": made_up(12),
        "said": made_up(14), "noted": made_up(14), "phone": f"139{digits(8)}", "account": f"6222{digits(15)}",
        "resident_id": f"110101{digits(12)}", "email": f"{secrets.token_hex(6)}@example.com",
    }  # fmt: skip


async def everything_about(house: House, person: dict[str, str], control: dict[str, Any]) -> None:
    """Registers someone, and does with their data what is done without an engine."""
    merchant_no = f"8983{digits(11)}"
    merchant = {
        "merchant_no": merchant_no, "merchant_type": "individual", "name": person["shop"],
        "resident_id": person["resident_id"],
        "contacts": [{"name": person["name"], "phone": person["phone"], "email": person["email"]}],
        "settlement_account": {"holder": person["holder"], "number": person["account"], "bank": "中国银行"},
        "mcc": "5411", "address": person["address"],
    }  # fmt: skip
    terminal = {
        "terminal_sn": f"SN-{merchant_no}", "tusn": f"T-{merchant_no}", "terminal_id": "10000001", "model": "X990",
        "merchant_no": merchant_no, "deploy_address": person["deployed"], "fee_plan": "MER299",
    }  # fmt: skip
    path, look = f"/api/v1/merchants/{merchant_no}", {"purpose": "contact", "note": person["noted"]}
    placed = control | {"terminal_sn": terminal["terminal_sn"], "external_ref": merchant_no}
    answers = [
        await house.officer1.post("/api/v1/merchants", merchant, key=merchant_no),
        await house.officer1.post("/api/v1/merchants", merchant | {"mcc": "5412"}),
        await house.officer1.post("/api/v1/terminals", terminal),
        await house.officer1.get(path),
        await house.officer1.post(f"{path}/unmask", look, key=f"look-{merchant_no}"),
        await house.compliance1.post(f"/api/v1/privacy/{merchant_no}/export", {**look, "internal": True}),
    ]
    opened = await house.officer1.post("/api/v1/controls", placed)
    message = {"audience": "internal", "text": person["said"]}
    answers += [
        opened,
        await house.officer1.post(f"/api/v1/cases/{opened.json()['case_id']}/messages", message),
        await house.officer1.post("/api/v1/status", {"merchant_no": merchant_no, "resident_id": person["resident_id"]}),
    ]
    assert {answer.status_code // 100 for answer in answers} == {2}
    wrong = await house.officer1.post("/api/v1/merchants", merchant | {"mcc": "x", "address": person["address"] * 20})
    assert wrong.status_code == 422
    await house.desk.files.put(f"DOC-{merchant_no}", f"merchant:{merchant_no}", person["name"].encode() + PNG)


async def test_personal_data_is_in_clear_nowhere_on_disk(
    house: House,
    config: Config,
    control: dict[str, Any],
    person: dict[str, str],
    server_folder: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    with caplog.at_level(logging.DEBUG):
        await everything_about(house, person, control)
    async with await psycopg.AsyncConnection.connect(config.database_url, autocommit=True) as connection:
        planted = made_up(9)
        await connection.execute("create table planted (value text)")
        await connection.execute("insert into planted values (%s)", (planted,))
        await connection.execute("checkpoint")

    search = Search([*person.values(), planted])
    found = await asyncio.to_thread(lambda: list(search.files(server_folder)))
    assert {leak.value for leak in found} == {planted}
    assert {leak.where.split("/")[-2] for leak in found} >= {"pg_wal"}
    assert list(search.files(tmp_path)) == []
    said = "".join(capfd.readouterr()) + caplog.text
    assert list(search.text("log", said.encode())) == []
