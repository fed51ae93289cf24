"""What holds in the books whatever is asked of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count, pairwise
from typing import Any

import httpx2
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from partners.kit import Settings, running
from partners.ledger import app
from tests.partners.conftest import in_one_transaction

M = "898310154110001"
OPENING = 1_000_000
CASE = "FA-20261109-AAAAAAAA"


def ledger(database: str, opening_fen: int = OPENING):
    return app(Settings(database_url=database, options={"opening_fen": str(opening_fen)}))


# What the database itself refuses

UNBALANCED = """
WITH posting AS (INSERT INTO ledger.postings (kind, key) VALUES ('forged', 'forged') RETURNING posting_id)
INSERT INTO ledger.lines (posting_id, line_no, account, side, amount_fen)
SELECT posting_id, line_no, 'bank', side, fen FROM posting, (VALUES {}) AS line (line_no, side, fen)
"""

LATE_LINES = """
INSERT INTO ledger.lines (posting_id, line_no, account, side, amount_fen)
SELECT posting_id, 7 + n, 'bank', side, 5 FROM ledger.postings, (VALUES (0, 'debit'), (1, 'credit')) AS v (n, side)
"""


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        ([UNBALANCED.format("(1, 'debit', 100), (2, 'credit', 99)")], "does not balance"),
        ([UNBALANCED.format("(1, 'debit', 100)")], "does not balance"),
        (["INSERT INTO ledger.postings (kind, key) VALUES ('empty', 'empty')"], "does not balance"),
        ([UNBALANCED.format("(1, 'debit', 0), (2, 'credit', 0)")], "amount_fen_check"),
        ([UNBALANCED.format("(1, 'debit', -5), (2, 'credit', -5)")], "amount_fen_check"),
        (["UPDATE ledger.lines SET amount_fen = amount_fen * 2"], "only added to"),
        (["UPDATE ledger.postings SET kind = 'other'"], "only added to"),
        (["DELETE FROM ledger.lines"], "only added to"),
        (["DELETE FROM ledger.postings"], "only added to"),
        (["TRUNCATE ledger.lines"], "only added to"),
        (["TRUNCATE ledger.postings CASCADE"], "only added to"),
        (["UPDATE ledger.accounts SET nature = 'asset'"], "only added to"),
        (["DELETE FROM ledger.holds"], "only added to"),
        (["UPDATE ledger.holds SET held_fen = 1"], "only added to"),
        (["TRUNCATE ledger.hold_moves"], "only added to"),
        (["TRUNCATE ledger.turnover"], "only added to"),
        (["SET session_replication_role = replica", "DELETE FROM ledger.lines"], "only added to"),
        (
            ["SET session_replication_role = replica", UNBALANCED.format("(1, 'debit', 100), (2, 'credit', 99)")],
            "does not balance",
        ),
        ([LATE_LINES], "no line may be added"),
        (
            [
                UNBALANCED.format("(1, 'debit', 100), (2, 'credit', 100)"),
                "SET CONSTRAINTS ALL IMMEDIATE",
                "INSERT INTO ledger.lines SELECT max(posting_id), 3, 'bank', 'debit', 5 FROM ledger.postings",
            ],
            "does not balance",
        ),
        (
            ["INSERT INTO ledger.postings (kind, key) SELECT 'hold', key FROM ledger.postings WHERE kind = 'hold'"],
            "postings_key_key",
        ),
    ],
)
async def test_the_database_refuses_an_unsound_or_edited_posting_to_anyone(books, database, statements, says):
    await books.hold(1000)
    before = await books.trial_balance()

    with pytest.raises(psycopg.IntegrityError, match=says):
        await in_one_transaction(database, statements)

    assert await books.trial_balance() == before


# Whatever is asked of it

PERCENT = st.integers(1, 110)


class Clerk:
    """Makes random but plausible calls for one merchant and one case; remembers what there is to act on."""

    def __init__(self, client: httpx2.AsyncClient, merchant_no: str, data: st.DataObject) -> None:
        self.client = client
        self.draw = data.draw
        self.merchant_no = merchant_no
        self.ours = {"merchant_no": merchant_no, "case_id": f"case-of-{merchant_no}"}
        self.done: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = []
        self.controls: dict[str, int] = {}
        self.reservations: dict[str, int] = {}
        self.payouts: list[str] = []
        self.postings: list[str] = []
        self.fees: list[str] = []

    async def act(self) -> None:
        """One call of a kind that has something to act on; it is done or definitely refused."""
        kinds = [self.hold, self.payout, self.penalty_reversal, self.settlement]
        kinds += [self.reserve] * 3 if self.controls else []
        kinds += [self.agree, self.fee_refund, self.fee_end]
        kinds += [self.release] * 3 + [self.cancel] if self.reservations else []
        kinds += [self.settle, self.resend] if self.payouts else []
        kinds += [self.reverse] if self.postings else []
        kinds += [self.repeat] if self.done else []
        await self.draw(st.sampled_from(kinds))()

    async def call(self, path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
        key = f"{self.ours['case_id']}:{len(self.done)}"
        answer = await self.client.post(path, json=body, headers={"Idempotency-Key": key})
        if answer.status_code == 409:
            return key, None
        assert answer.status_code == 201, answer.text
        told = answer.json()
        self.done.append((key, path, body, told))
        posting = told if "posting_id" in told else told.get("posting")
        self.postings += [posting["posting_id"]] if posting and "/fees" not in path else []
        return key, told

    async def settlement(self) -> None:
        body = {"merchant_no": self.merchant_no, "amount_fen": self.draw(st.integers(1, 5000)), "ref": "day"}
        kind, terminal_sn = self.draw(st.sampled_from(["sale", "sale", "refund"])), f"SN-{self.merchant_no}"
        await self.call("/settlements", body | {"kind": kind, "terminal_sn": terminal_sn})

    async def agree(self) -> None:
        terms = {"plan": "P", "kind": "activation_fee", "volume_target_fen": self.draw(st.integers(1, 4000))}
        body = {"merchant_no": self.merchant_no, "terminal_sn": f"SN-{self.merchant_no}", "amount_fen": 59}
        key, told = await self.call("/fees", body | terms)
        self.fees += [key] if told else []

    async def fee_refund(self) -> None:
        if self.fees:
            body = {"fee_key": self.draw(st.sampled_from(self.fees)), "case_id": self.ours["case_id"]}
            key, told = await self.call("/fees/refund", body)
            self.payouts += [key] if told else []

    async def fee_end(self) -> None:
        if self.fees:
            path = self.draw(st.sampled_from(["/fees/keep", "/fees/give-back"]))
            await self.call(path, {"fee_key": self.draw(st.sampled_from(self.fees)), "reason": "random"})

    async def hold(self) -> None:
        control_id, amount_fen = f"C{len(self.done)}-{self.merchant_no}", self.draw(st.integers(1, 5000))
        _, told = await self.call("/holds", self.ours | {"amount_fen": amount_fen, "control_id": control_id})
        if told:
            self.controls[control_id] = amount_fen

    async def reserve(self) -> None:
        chosen = self.draw(st.lists(st.sampled_from(sorted(self.controls)), min_size=1, max_size=3, unique=True))
        amount_fen = max(1, sum(self.controls[one] for one in chosen) * self.draw(PERCENT) // 100)
        key, told = await self.call("/reservations", self.ours | {"amount_fen": amount_fen, "control_ids": chosen})
        if told:
            self.reservations[key] = amount_fen

    async def cancel(self) -> None:
        await self.call("/reservations/cancel", {"reservation_key": self.draw(st.sampled_from([*self.reservations]))})

    async def release(self) -> None:
        key = self.draw(st.sampled_from([*self.reservations]))
        total = max(1, self.reservations[key] * self.draw(PERCENT) // 100)
        cuts = sorted(self.draw(st.lists(st.integers(0, total), min_size=3, max_size=3)))
        shares = [to - since for since, to in pairwise([0, *cuts, total])]
        kinds = ("release_fen", "penalty_fen", "claims_fen", "network_penalty_fen")
        amounts = dict(zip(kinds, shares, strict=True))
        await self.call("/releases", self.ours | amounts | {"reservation_key": key})

    async def payout(self) -> None:
        key, told = await self.call("/payouts", self.ours | {"amount_fen": self.draw(st.integers(1, 5000))})
        if told:
            self.payouts.append(key)

    async def settle(self) -> None:
        outcome = self.draw(st.sampled_from(["confirmed", "bounced"]))
        await self.call("/payouts/settle", {"payout_key": self.draw(st.sampled_from(self.payouts)), "outcome": outcome})

    async def resend(self) -> None:
        await self.call("/payouts/resend", {"payout_key": self.draw(st.sampled_from(self.payouts))})

    async def reverse(self) -> None:
        posting_id = self.draw(st.sampled_from(self.postings))
        await self.call("/reversals", {"posting_id": posting_id, "reason": "random"})

    async def penalty_reversal(self) -> None:
        await self.call("/penalties/reverse", self.ours | {"amount_fen": self.draw(st.integers(1, 500))})

    async def repeat(self) -> None:
        key, path, body, told = self.draw(st.sampled_from(self.done))
        answer = await self.client.post(path, json=body, headers={"Idempotency-Key": key})
        assert (answer.headers["Idempotent-Replay"], answer.json()) == ("true", told)


@pytest.fixture(scope="session")
async def shared_ledger(request: pytest.FixtureRequest, postgres: str) -> AsyncIterator[httpx2.AsyncClient]:
    """One ledger for all examples of a property; each example has its own merchant."""
    name = "ledger_properties"
    async with await psycopg.AsyncConnection.connect(postgres, autocommit=True) as administrator:
        await administrator.execute(f"CREATE DATABASE {name}")
    async with running(ledger(postgres.replace("/postgres", f"/{name}"), opening_fen=10_000)) as client:
        yield client


merchant_numbers = count(1)


# No shrinking: every try costs a hundred calls to a real database, and minutes would pass before a failure is told.
UNSHRUNK = [phase for phase in Phase if phase is not Phase.shrink]


@settings(max_examples=40, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), steps=st.integers(10, 40))
async def test_any_sequence_of_calls_keeps_the_books_in_balance_and_every_held_fen_accounted_for(
    shared_ledger, data, steps
):
    merchant_no = f"M{next(merchant_numbers)}"
    await shared_ledger.put(f"/merchants/{merchant_no}")
    clerk = Clerk(shared_ledger, merchant_no, data)

    for _ in range(steps):
        await clerk.act()

    trial = (await shared_ledger.get("/trial-balance")).json()
    assert trial["difference_fen"] == 0
    assert trial["debit_fen"] == trial["credit_fen"]
    merchant = (await shared_ledger.get(f"/merchants/{merchant_no}/balances")).json()
    assert all(fen >= 0 for fen in merchant["balances"].values())
    holds = (await shared_ledger.get("/holds", params={"case_id": clerk.ours["case_id"]})).json()["holds"]
    for hold in holds:
        went = sum(hold[name] for name in ("released_fen", "penalty_fen", "claims_fen", "network_penalty_fen"))
        assert hold["held_fen"] == went + hold["remaining_fen"]
        assert 0 <= hold["reserved_fen"] <= hold["remaining_fen"]
    assert merchant["balances"]["merchant_held"] == sum(hold["remaining_fen"] for hold in holds)
    assert merchant["reserved_fen"] == sum(hold["reserved_fen"] for hold in holds)
    assert merchant["balances"]["claims_payable"] == sum(hold["claims_fen"] for hold in holds)
