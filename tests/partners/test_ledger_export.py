"""The exported books, as two accounting programs that know nothing of ours read them."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.realization import realize

from partners.kit import Settings, running
from partners.ledger import app
from tests.partners.conftest import CASE, M

HLEDGER = shutil.which("hledger")
needs_hledger = pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed (CI installs Debian's package)")


async def test_beancount_takes_the_export_without_a_word_and_notices_a_wrong_one(books, tmp_path):
    await busy_day(books)
    text = await export(books, "beancount")

    assert bean_check(tmp_path / "books.beancount", text) == ""
    assert f"balance Liabilities:Merchant-Held:M{M}  -4.00 CNY" in text
    broken = text.replace("Liabilities:Merchant-Held", "Liabilities:Merchant-Payable", 3)
    assert bean_check(tmp_path / "broken.beancount", broken) != ""


@needs_hledger
async def test_hledger_takes_the_export_strictly_without_a_word_and_notices_a_wrong_one(books, tmp_path):
    await busy_day(books)
    text = await export(books, "hledger")

    assert hledger_check(tmp_path / "books.journal", text) == ""
    broken = text.replace("liabilities:merchant-held", "liabilities:merchant-payable", 3)
    assert hledger_check(tmp_path / "broken.journal", broken) != ""


@needs_hledger
async def test_beancount_hledger_and_the_ledger_itself_tell_the_same_balances(books, tmp_path):
    await busy_day(books)

    ours = {
        one["account"].replace("_", "-").replace(":", ":m"): Decimal(one["debit_fen"] - one["credit_fen"]) / 100
        for one in (await books.trial_balance())["accounts"]
        if one["debit_fen"] != one["credit_fen"]
    }
    by_beancount = beancount_balances(tmp_path / "books.beancount", await export(books, "beancount"))
    by_hledger = hledger_balances(tmp_path / "books.journal", await export(books, "hledger"))

    assert by_beancount == by_hledger == ours
    assert len(ours) > 8


@pytest.mark.parametrize("form", ["beancount", pytest.param("hledger", marks=needs_hledger)])
async def test_an_empty_ledger_exports_as_well(database, tmp_path, form):
    async with running(app(Settings(database_url=database))) as client:
        text = (await client.get("/export", params={"format": form})).text

    check = bean_check if form == "beancount" else hledger_check
    assert check(tmp_path / "empty", text) == ""


async def test_an_export_in_another_format_is_422(books):
    assert (await books.client.get("/export", params={"format": "excel"})).status_code == 422


async def export(books, form: str) -> str:
    return (await books.client.get("/export", params={"format": form})).text


async def busy_day(books) -> None:
    """Every kind of posting once, with awkward words in what callers may choose, and a day before the books began."""
    await books.post("/settlements", merchant_no=M, amount_fen=123, ref='day "1"; \\ 结算', booked_on="2025-12-31")
    await books.hold(1000)
    await books.reserve(600, key="r1")
    await books.release("r1", 400, penalty_fen=100, claims_fen=60, network_penalty_fen=40)
    await books.payout(300, "p1")
    await books.settle("p1", "bounced")
    await books.resend("p1")
    await books.settle("p1", "confirmed")
    await books.payout(250, "p2")
    await books.settle("p2", "bounced")
    await books.payout(150, "p3")
    await books.post("/penalties/reverse", merchant_no=M, case_id=CASE, amount_fen=50)
    hold = (await books.hold(77, "C2")).json()
    await books.post("/reversals", posting_id=hold["posting_id"], reason="a; mistake")
    for number, (plan, kind, target) in enumerate(
        [("PERS59", "activation_fee", 900), ("MER299", "deposit", None), ("SMART998", "purchase", None)], start=1
    ):
        terms = {"plan": plan, "kind": kind, "volume_target_fen": target}
        await books.post("/fees", f"f{number}", merchant_no=M, terminal_sn=f"SN-{number}", amount_fen=59, **terms)
        await books.takings(800, f"SN-{number}")
    await books.takings(10, "SN-1", kind="refund")
    await books.post("/fees/keep", fee_key="f1", reason="volume not reached")
    await books.post("/fees/give-back", fee_key="f1", reason="agreed")
    await books.post("/fees/refund", "f2:refund", fee_key="f2", case_id=CASE)


def bean_check(file: Path, text: str) -> str:
    """What beancount's own checker complains of."""
    file.write_text(text, encoding="utf-8")
    return output([sys.executable, "-m", "beancount.scripts.check", str(file)])


def hledger_check(file: Path, text: str) -> str:
    """What hledger complains of when it is strict: every account and commodity declared, all balanced, as asserted."""
    file.write_text(text, encoding="utf-8")
    return output([HLEDGER or "", "--file", str(file), "check", "--strict", "ordereddates"])


def output(command: list[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={"LANG": "C.UTF-8"})
    assert bool(ran.returncode) == bool(ran.stdout + ran.stderr), ran
    return ran.stdout + ran.stderr


def beancount_balances(file: Path, text: str) -> dict[str, Decimal]:
    """Account to balance, as beancount adds the postings up; accounts that hold nothing are left out."""
    file.write_text(text, encoding="utf-8")
    entries, errors, _ = loader.load_file(str(file))
    assert errors == []
    found: dict[str, Decimal] = {}
    todo = [realize(entries)]
    while todo:
        account = todo.pop()
        todo += account.values()
        for position in account.balance:
            assert position.units.currency == "CNY"
            found[bare(account.account)] = position.units.number
    return found


def hledger_balances(file: Path, text: str) -> dict[str, Decimal]:
    """The same as hledger adds them up."""
    file.write_text(text, encoding="utf-8")
    told = output_of([HLEDGER or "", "--file", str(file), "balance", "--flat", "--no-total", "--output-format=csv"])
    listed = list(csv.reader(io.StringIO(told)))[1:]
    return {bare(account): Decimal(amount.removesuffix(" CNY").replace(",", "")) for account, amount in listed}


def output_of(command: list[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env={"LANG": "C.UTF-8"})
    assert ran.stderr == ""
    return ran.stdout


def bare(account: str) -> str:
    """`bank` or `merchant-payable:m<number>`: without the root, in small letters."""
    return account.partition(":")[2].lower()
