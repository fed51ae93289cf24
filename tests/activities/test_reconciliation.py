"""A day is reconciled over the real ledger, the real bank and a real journal; each difference is left at the desk."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import psycopg
import pytest

from activities.reconciliation import Reconciliation
from domain.business_time import local_date
from domain.case import Step
from domain.wire import History
from journal.callbacks import Callbacks
from tests.domain.appeals import HELD, Appeal, a_control, carry_out
from tests.domain.specification import CASE_ID, MERCHANT_NO, Past
from tests.journal.histories import write
from workflows import orders, ports


def today() -> date:
    """The real day in Shanghai: partners book on it."""
    return local_date(datetime.now(UTC))


@cache
def released_on(day: date) -> Past:
    """A case told as if on the morning of a day."""
    appeal = Appeal(a_control(held_fen=HELD), opened=f"{day} 06:00", penalty_fen=50_000, claims_fen=10_000)
    return carry_out(appeal.executing())


def released() -> Past:
    return released_on(today())


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that differs is looked at again without a pause."""
    monkeypatch.setattr("activities.reconciliation.PAUSE_SECONDS", 0.0)


@pytest.fixture
async def day(stand: Any, records: Any) -> Any:
    """A case released today: told in the journal, booked by the ledger, paid by the bank."""
    bank = await stand.partner("bank", delay_ms="1")
    await stand.partner("ledger", opening_fen=str(2 * HELD))
    await tell(stand, released())
    await carry_out_at_the_ledger(stand, released())
    await pay(bank, released())
    return stand


async def tell(stand: Any, past: Past) -> None:
    async with await psycopg.AsyncConnection.connect(stand.database) as connection:
        await write(connection, past.entries)


async def carry_out_at_the_ledger(stand: Any, past: Past, *, but: str = "") -> None:
    """All the ledger was to do for the case, under the keys and with the amounts of the procedure."""
    case = past.case
    for control in History().after(past.entries[:2]).case.controls:
        await stand.do("ledger.hold", orders.for_control(case, control, "hold"))
    for step in case.release.steps:
        if ports.EFFECTS[ports.STEPS[step.name]] == "ledger" and step.name != but:
            await stand.do(ports.STEPS[step.name], order_of(past, step))


def order_of(past: Past, step: Step) -> ports.Order:
    """The order as the procedure gave it: from the case as it stood when the step began."""
    starts = [n for n, e in enumerate(past.entries, 1) if e.type == "StepStarted" and f'"n":{step.n}}}' in e.data]
    return orders.for_step(History().after(past.entries[: starts[-1]]).case, step)


async def pay(bank: Any, past: Past, amount_fen: int | None = None, case_id: str = CASE_ID, key: str = "") -> None:
    step = next(step for step in past.case.release.steps if step.name == "pay_out")
    body = {
        "case_id": case_id,
        "amount_fen": amount_fen or past.case.release.payout_fen,
        "account": {"holder": "上海晨光便利店有限公司", "number": "6222021001112223334"},
    }
    headers = {"Idempotency-Key": key or step.planned.key}
    assert (await bank.post("/payouts", json=body, headers=headers)).status_code == 202


async def reconciled(stand: Any, day: str = "") -> dict[str, int]:
    found: ports.Reconciled = await stand.do(ports.LEDGER_RECONCILE, ports.ReconcileOrder(day or today().isoformat()))
    return dict(found.differences)


async def items(stand: Any) -> list[tuple[str, str, str, str | None]]:
    """The open work items at the desk."""
    found = await Callbacks(stand.records.registry._pool).open()
    return sorted((one.kind, one.recorded, one.claimed, one.case_id) for one in found)


async def test_a_day_on_which_all_three_agree_leaves_no_work(day):
    assert await reconciled(day) == {}
    assert await items(day) == []
    (run,) = await day.reconciling.runs()
    assert (run.day, run.cases, run.postings, run.bank_lines, run.differences) == (today(), 1, 5, 1, 0)


async def test_a_posting_by_hand_is_a_work_item_once_however_often_the_day_is_reconciled(day):
    ledger = await day.partner("ledger")
    body = {"merchant_no": MERCHANT_NO, "case_id": CASE_ID, "amount_fen": 700}
    await ledger.post("/penalties/reverse", json=body, headers={"Idempotency-Key": "by-hand"})

    assert await reconciled(day) == {"not-in-journal": 1}
    assert await reconciled(day) == {"not-in-journal": 1}

    assert await items(day) == [
        ("not-in-journal", "journal: nothing", "ledger: penalty_reversal 700 fen", CASE_ID),
    ]
    (run,) = await day.reconciling.runs()
    assert (run.runs, run.open) == (2, 1)


async def test_money_paid_that_nobody_ordered_is_found_whichever_case_it_names(day):
    bank = await day.partner("bank")
    await pay(bank, released(), 999, key="other-1")
    await pay(bank, released(), 555, case_id="FA-NONE", key="other-2")

    assert await reconciled(day) == {"unknown-payment": 2}
    assert [claimed for _, _, claimed, _ in await items(day)] == ["bank: payout 555 fen", "bank: payout 999 fen"]


async def test_a_booking_for_a_case_we_do_not_have_is_found(day):
    ledger = await day.partner("ledger")
    body = {"merchant_no": MERCHANT_NO, "case_id": "FA-NONE", "control_id": "C-NONE", "amount_fen": 700}
    await ledger.post("/holds", json=body, headers={"Idempotency-Key": "by-hand"})

    assert await reconciled(day) == {"unknown-case": 1}


async def test_what_ledger_and_bank_lack_and_what_the_bank_paid_otherwise_is_found(stand, records):
    bank = await stand.partner("bank", delay_ms="1")
    await stand.partner("ledger", opening_fen=str(2 * HELD))
    await tell(stand, released())
    await carry_out_at_the_ledger(stand, released(), but="settle_payout")

    assert await reconciled(stand) == {"not-at-bank": 1, "not-in-ledger": 1}

    await pay(bank, released(), 1)
    assert await reconciled(stand) == {"amount-differs": 1, "not-in-ledger": 1}
    kinds = [kind for kind, *_ in await items(stand)]
    assert kinds == ["amount-differs", "not-in-ledger"]  # what is not found any more is settled


async def test_a_micro_deposit_that_no_posting_tells_of_is_found(day):
    bank = await day.partner("bank")
    account = {"holder": "上海晨光便利店有限公司", "number": "6222021001112223334"}
    await bank.post("/micro-deposits", json=account, headers={"Idempotency-Key": "md"})

    assert await reconciled(day) == {"unbooked": 1}


async def test_a_file_the_bank_tears_off_is_found_and_the_rest_compared(day, monkeypatch):
    whole = Reconciliation.__init__

    def torn(self: Any, ledger: Any, bank: Any, journal: Any) -> None:
        whole(self, ledger, bank, journal)
        read = bank.text

        async def text(path: str) -> str:
            return (await read(path))[:-9]

        bank.text = text

    monkeypatch.setattr(Reconciliation, "__init__", torn)

    assert await reconciled(day) == {"not-at-bank": 1, "unreadable-line": 1}


async def test_another_day_sees_nothing_of_it(day):
    assert await reconciled(day, (today() - timedelta(days=20)).isoformat()) == {}


async def test_a_partner_that_is_away_leaves_no_half_run(day):
    await day.fail("bank", outage=True)

    with pytest.raises(Exception, match="bank is not available"):
        await reconciled(day)

    assert await day.reconciling.runs() == ()
