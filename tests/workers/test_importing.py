"""`thaw import`: every mistake is told with its line, its column and what to do, and all rows are entered or none."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from journal import Journal
from journal.registry import Registry
from journal.vault import Vault
from samples.portfolio import MERCHANTS, TERMINALS, A, B
from workers.cli import build
from workers.importing import rules, table
from workers.importing.entering import Entered, enter

KEY = "4b" * 32
TODAY = date(2026, 11, 23)

Edit = Callable[[list[dict[str, str]]], None]


@pytest.fixture
async def desk(database: str) -> AsyncIterator[tuple[Journal, Vault]]:
    """An empty journal and its vault."""
    async with await Journal.open(database) as journal:
        yield journal, Vault(journal.pool, KEY)


def edited(source: Path, folder: Path, edit: Edit | None = None) -> Path:
    """A copy of a sample file with its rows changed."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    if edit:
        edit(rows)
    target = folder / source.name
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return target


def on_row(n: int, **values: str) -> Edit:
    """Changes values of the n-th row (from 0), which stands on line n + 2."""
    return lambda rows: rows[n].update(values)


async def entered(desk: tuple[Journal, Vault], merchants: Path = MERCHANTS, terminals: Path = TERMINALS) -> Entered:
    merchant_rows, _ = table.read(merchants, rules.MERCHANT_COLUMNS)
    terminal_rows, _ = table.read(terminals, rules.TERMINAL_COLUMNS)
    return await enter(*desk, merchant_rows, terminal_rows)


async def count(journal: Journal, what: str) -> int:
    async with journal.pool.connection() as connection:
        row = await (await connection.execute(f"select count(*) from journal.{what}")).fetchone()
        assert row is not None
        return int(row[0])


async def test_the_portfolio_is_entered_and_a_repeat_changes_nothing(desk):
    first = await entered(desk)
    events = await count(desk[0], "events")
    second = await entered(desk)

    assert (first.merchants["registered"], first.terminals["registered"]) == (12, 18)
    assert (second.merchants, second.terminals) == ({"unchanged": 12}, {"unchanged": 18})
    assert await count(desk[0], "events") == events == 30


async def test_a_changed_line_updates_only_its_merchant(desk, tmp_path):
    await entered(desk)
    changed = edited(MERCHANTS, tmp_path, on_row(0, address="上海市浦东新区世纪大道 200 号"))

    again = await entered(desk, changed)

    assert again.merchants == {"updated": 1, "unchanged": 11}
    details = await Registry(desk[0].pool, desk[1]).merchant_details(A)
    assert details.address == "上海市浦东新区世纪大道 200 号"


async def test_when_the_registry_refuses_one_line_nothing_is_entered(desk, tmp_path):
    terminals = edited(TERMINALS, tmp_path, on_row(3, merchant_no="898999999999999"))

    refused = await entered(desk, terminals=terminals)

    (finding,) = refused.findings
    assert (finding.file, finding.line, finding.column) == ("terminals.csv", 5, "merchant_no")
    assert "Add it" in finding.text.en
    assert "加入" in finding.text.zh
    assert (await count(desk[0], "events"), await count(desk[0], "merchants")) == (0, 0)


async def test_a_terminal_bound_elsewhere_or_with_anothers_number_is_told_by_its_line(desk, tmp_path):
    await entered(desk)

    def swap(rows: list[dict[str, str]]) -> None:
        rows[0]["merchant_no"] = B
        rows[4]["tusn"] = "00000302DEMO00000001"

    refused = await entered(desk, terminals=edited(TERMINALS, tmp_path, swap))

    assert [(finding.line, finding.column) for finding in refused.findings] == [(2, "terminal_sn"), (6, "tusn")]


def found_in_merchants(folder: Path, edit: Edit) -> list[tuple[int, str]]:
    rows, findings = table.read(edited(MERCHANTS, folder, edit), rules.MERCHANT_COLUMNS)
    every = [*findings, *rules.wrong_merchants(rows, TODAY)]
    assert all(finding.text.zh and finding.text.en for finding in every)
    return [(finding.line, finding.column) for finding in every]


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"merchant_no": "8.98310058E+14"}, "merchant_no"),
        ({"merchant_type": "shop"}, "merchant_type"),
        ({"uscc": "91310115MA1K0XQ7HA"}, "uscc"),
        ({"uscc": ""}, "uscc"),
        ({"legal_representative_id": "310101198505120011"}, "legal_representative_id"),
        ({"legal_representative_id": ""}, "legal_representative_id"),
        ({"legal_representative": ""}, "legal_representative"),
        ({"name": ""}, "name"),
        ({"contact_email": ""}, "contact_email"),
        ({"contact_preferred": "pigeon"}, "contact_preferred"),
        ({"account_number": "6222021001116245703"}, "account_number"),
        ({"mcc": "54"}, "mcc"),
    ],
)
def test_each_wrong_value_is_found_in_its_column(tmp_path, values, column):
    assert (2, column) in found_in_merchants(tmp_path, on_row(0, **values))


def test_every_line_is_checked_not_only_the_first_wrong_one(tmp_path):
    def spoil(rows: list[dict[str, str]]) -> None:
        rows[0]["uscc"] = "91310115MA1K0XQ7HA"
        rows[0]["mcc"] = ""
        rows[5]["resident_id"] = "1"
        rows[11]["merchant_no"] = A

    assert found_in_merchants(tmp_path, spoil) == [(2, "mcc"), (2, "uscc"), (7, "resident_id"), (13, "merchant_no")]


def test_a_birth_date_in_the_future_is_no_resident_id(tmp_path):
    # 310101 20990512 001 with its right check digit
    found = found_in_merchants(tmp_path, on_row(0, legal_representative_id="310101209905120012"))
    assert found == [(2, "legal_representative_id")]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, ""),
        ("terminal_sn,tusn\n", 1, "terminal_id"),
        ("terminal_sn,tusn,terminal_id,model,merchant_no,deploy_address,fee_plan,colour\n", 1, "colour"),
        ("terminal_sn,tusn,terminal_id,model,merchant_no,deploy_address,fee_plan\nSN-1,TU\n", 2, "terminal_id"),
        ('terminal_sn,tusn,terminal_id,model,merchant_no,deploy_address,fee_plan\n"SN-1,TU\n', 2, ""),
    ],
)
def test_a_file_of_another_form_is_told_where_it_goes_wrong(tmp_path, text, line, column):
    path = tmp_path / "terminals.csv"
    path.write_text(text, encoding="utf-8")

    _, findings = table.read(path, rules.TERMINAL_COLUMNS)

    assert (findings[0].line, findings[0].column) == (line, column)


def test_a_spreadsheets_own_encoding_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "merchants.csv"
    path.write_bytes(MERCHANTS.read_text(encoding="utf-8").encode("gb18030"))

    rows, (finding,) = table.read(path, rules.MERCHANT_COLUMNS)

    assert (rows, finding.line) == ([], 2)
    assert "CSV UTF-8" in finding.text.en


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "merchants.csv"
    text = MERCHANTS.read_text(encoding="utf-8").replace("\n", "\r\n\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())

    rows, findings = table.read(path, rules.MERCHANT_COLUMNS)

    assert (len(rows), findings) == (12, [])
    assert [*rules.wrong_merchants(rows, TODAY)] == []


def test_the_command_tells_mistakes_without_quoting_anyones_data_and_needs_no_stack_for_it(tmp_path, monkeypatch):
    monkeypatch.setenv("THAW_DATA_DIR", str(tmp_path))
    wrong = edited(MERCHANTS, tmp_path, on_row(0, legal_representative_id="310101198505120011"))

    told = CliRunner().invoke(build(), ["import", str(wrong), str(TERMINALS), "--json"])

    assert told.exit_code == 1
    answer = json.loads(told.stdout)
    assert answer["imported"] is False
    assert [(e["file"], e["line"], e["column"]) for e in answer["errors"]] == [
        ("merchants.csv", 2, "legal_representative_id")
    ]
    assert "310101198505120011" not in told.output
