"""Every effect of the ports, against its real partner: once per key, whatever happens to the answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg import sql

from activities.bank import Bank
from activities.calls import Call, RefusedError, UnavailableError, UnknownError
from activities.risk import Risk
from journal.parties import Account
from journal.registry import Act
from workflows.ports import EFFECTS, Order, PayoutState, Questioned, Questions, Receipt

M, SN, CASE = "898310154110001", "SN-1", "FA-20261109-AAAAAAAA"
HELD = 8_642_000


def order(n: int, **fields: Any) -> Order:
    return Order(**{"key": key(n), "case_id": CASE, "merchant_no": M, "terminal_sn": SN} | fields)


def key(n: int) -> str:
    return f"{CASE}:step:{n}"


@dataclass(frozen=True)
class Scene:
    """An effect, what must have been done before it, and its order."""

    effect: str
    order: Order
    before: tuple[Scene, ...] = field(default=())

    @property
    def partner(self) -> str:
        return EFFECTS[self.effect]


HOLD = Scene("ledger.hold", order(1, control_id="C1", amount_fen=HELD))
RESERVE = Scene("ledger.reserve", order(2, amount_fen=HELD, control_ids=("C1",)), (HOLD,))
AMOUNTS = {"release_fen": HELD - 300, "penalty_fen": 200, "claims_fen": 100}
RELEASE = Scene("ledger.ledger_release", order(3, related_key=key(2), **AMOUNTS), (HOLD, RESERVE))
BOOK = Scene("ledger.book_payout", order(4, amount_fen=500), (HOLD,))
BOUNCE = Scene("ledger.settle_payout", order(5, related_key=key(4), outcome="bounced"), (HOLD, BOOK))
BLOCK = Scene("terminals.block", order(6, control_id="C1", scope=("debit", "credit"), reason_code="J02"))
LIFT = Scene("risk.lift_risk_rule", order(7, control_id="C1", external_ref="ALERT-1"))
LEGAL = Scene("ledger.release_legal_hold", order(9, control_id="C1", amount_fen=HELD, release_fen=7), (HOLD,))
"""Made of two: the reservation on its way, whose answer is lost first, is simply asked for again."""
SCENES = (
    LEGAL,
    HOLD,
    RESERVE,
    RELEASE,
    BOOK,
    BOUNCE,
    BLOCK,
    LIFT,
    Scene("ledger.cancel_reservation", order(8, related_key=key(2)), (HOLD, RESERVE)),
    Scene("ledger.resend_payout", order(10, related_key=key(4)), (HOLD, BOOK, BOUNCE)),
    Scene("terminals.unblock_terminal", order(11, control_id="C1"), (BLOCK,)),
    Scene("risk.reinstate_risk_rule", order(12, control_id="C1", external_ref="ALERT-1"), (LIFT,)),
    Scene("risk.reduce_limits", order(13)),
    Scene("risk.restore_limits", order(18)),
    Scene("risk.monitor", order(14, until="2026-12-09T01:00:00.000000+00:00")),
    Scene("bank.pay_out", order(15, amount_fen=500)),
    Scene("status.report_status", order(16, state="released", reason_code="R01")),
    Scene("notices.send_notice", order(17, release_fen=HELD)),
)
STATEMENTS = {"ledger.open_accounts", "terminals.register"}
"""Effects without a key at their partner: they state how things shall be."""
VISITS = {"field.book_visit", "field.call_off_visit"}
"""Effects on a visit, which goes its own course: `test_field.py` tries them."""
AGREEMENTS = {"contracts.issue_agreement", "contracts.call_off_agreement"}
"""Likewise on an agreement: `test_contracts.py`."""

every_effect = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.effect)


def test_every_effect_of_the_ports_is_tried_here():
    assert {scene.effect for scene in SCENES} | STATEMENTS | VISITS | AGREEMENTS == set(EFFECTS)


@pytest.fixture
async def ready(scene: Scene, stand) -> Any:
    """The stand, with what the scene's effect builds on already done."""
    for earlier in scene.before:
        await stand.do(earlier.effect, earlier.order)
    return stand


async def stands(stand, scene: Scene) -> int:
    """How many effects stand at the partner under the scene's key."""
    statement = sql.SQL("select count(*) from {}.effects where key = %s").format(sql.Identifier(scene.partner))
    async with await psycopg.AsyncConnection.connect(stand.database) as connection:
        row = await (await connection.execute(statement, [scene.order.key])).fetchone()
    return row[0]


async def look_up(stand, scene: Scene) -> Receipt | None:
    return await stand.do(f"{scene.partner}.look_up", scene.order)


@every_effect
async def test_an_effect_is_done_once_however_often_it_is_asked_for(scene, ready):
    first = await ready.do(scene.effect, scene.order)
    again = await ready.do(scene.effect, scene.order)
    later = await ready.do(scene.effect, scene.order, attempt=2)

    assert first.ref
    assert again == later == first
    assert await stands(ready, scene) == 1
    assert await look_up(ready, scene) == first


@every_effect
async def test_a_lost_answer_is_unknown_and_found_by_its_key(scene, ready):
    await ready.fail(scene.partner, lose_answers=1)

    with pytest.raises(UnavailableError if scene.effect == LEGAL.effect else UnknownError):
        await ready.do(scene.effect, scene.order)
    found = await look_up(ready, scene)
    receipt = await ready.do(scene.effect, scene.order, attempt=2)

    assert receipt.ref
    assert found == (None if scene.effect == LEGAL.effect else receipt)
    assert await stands(ready, scene) == 1


@every_effect
async def test_an_outage_is_waited_out(scene, ready):
    await ready.fail(scene.partner, outage=True)
    with pytest.raises(UnavailableError) as away:
        await ready.do(scene.effect, scene.order)

    await ready.fail(scene.partner)
    receipt = await ready.do(scene.effect, scene.order, attempt=2)

    assert not away.value.non_retryable
    assert receipt.ref
    assert await stands(ready, scene) == 1


@every_effect
async def test_an_effect_that_never_took_place_is_not_found(scene, ready):
    assert await look_up(ready, scene) is None


async def test_accounts_are_opened_and_a_terminal_registered_as_often_as_one_likes(stand):
    for _ in range(2):
        assert await stand.do("ledger.open_accounts", order(1)) == Receipt(M)
        assert await stand.do("terminals.register", order(2)) == Receipt(SN)

    ledger, terminals = stand.partners["ledger"], stand.partners["terminals"]
    assert (await ledger.get(f"/merchants/{M}/balances")).status_code == 200
    terminal = (await terminals.get(f"/terminals/{SN}")).json()
    assert (terminal["binding"]["merchant_no"], terminal["state"]) == (M, "activated")


# What each partner is told


async def test_a_hold_beyond_the_payable_balance_is_refused_with_what_there_was(stand):
    await stand.partner("ledger", opening_fen="1000")

    with pytest.raises(RefusedError) as refused:
        await stand.do("ledger.hold", order(1, control_id="C1", amount_fen=1001))

    assert refused.value.details[0] == "insufficient-payable"
    assert refused.value.details[1]["available_fen"] == 1000


async def test_a_release_takes_its_parts_out_of_the_reservation(stand):
    for scene in (HOLD, RESERVE, RELEASE):
        await stand.do(scene.effect, scene.order)

    [hold] = (await stand.partners["ledger"].get("/holds", params={"case_id": CASE})).json()["holds"]
    assert (hold["released_fen"], hold["penalty_fen"], hold["claims_fen"]) == (HELD - 300, 200, 100)
    assert hold["remaining_fen"] == 0


async def test_a_legal_hold_is_given_back_whole_whatever_was_approved(stand):
    await stand.do(HOLD.effect, HOLD.order)

    await stand.do(LEGAL.effect, LEGAL.order)

    [hold] = (await stand.partners["ledger"].get("/holds", params={"case_id": CASE})).json()["holds"]
    assert (hold["released_fen"], hold["remaining_fen"], hold["reserved_fen"]) == (HELD, 0, 0)


async def test_a_terminal_unknown_to_its_management_is_registered_on_the_way(stand):
    await stand.do(BLOCK.effect, BLOCK.order)

    terminal = (await stand.partners["terminals"].get(f"/terminals/{SN}")).json()
    [block] = terminal["blocks"]
    assert (block["control_id"], sorted(block["scope"])) == ("C1", ["credit", "debit"])
    assert "J02" not in str(terminal)


async def test_a_terminal_nobody_registered_is_refused(stand):
    with pytest.raises(RefusedError) as refused:
        await stand.do("terminals.block", order(6, terminal_sn="SN-9", control_id="C1"))

    assert refused.value.details[0] == "unknown-terminal"


async def test_a_block_never_placed_is_refused(stand):
    with pytest.raises(RefusedError) as refused:
        await stand.do("terminals.unblock_terminal", order(11, control_id="C9"))

    assert refused.value.details[0] == "no-such-block"


async def test_risk_control_says_which_transactions_a_control_is_about(stand):
    asked = {"ref": "T1", "amount_fen": 100, "at": "2026-11-08T01:00:00Z", "last4": "1234", "terminal_id": "10000001"}
    risk = await stand.partner("risk")
    await risk.put("/questioned/ALERT-1", json={"transactions": [asked]})

    found = await stand.do("risk.questions", order(1, external_ref="ALERT-1"))
    none = await stand.do("risk.questions", order(1, external_ref="ALERT-2/x"))

    assert found == Questions((Questioned(**asked),))
    assert none == Questions()


def refusing(status: int, code: str) -> Call:
    """Calls to a partner that refuses whatever it is asked."""
    problem = {"content-type": "application/problem+json"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, json={"code": code}, headers=problem))
    return Call(httpx2.AsyncClient(transport=transport, base_url="http://partner"), "partner")


@pytest.mark.parametrize(("status", "code", "error"), [(403, "x", UnavailableError), (409, "closed", RefusedError)])
async def test_risk_control_that_will_not_say_has_not_said_that_nothing_is_questioned(status, code, error):
    with pytest.raises(error):
        await Risk(refusing(status, code)).questions(order(1, external_ref="ALERT-1"))


@pytest.mark.parametrize(("status", "code", "error"), [(401, "x", UnavailableError), (409, "closed", RefusedError)])
async def test_a_bank_that_will_not_check_an_account_has_not_said_that_it_is_wrong(stand, status, code, error):
    ref = await put_account(stand)

    with pytest.raises(error):
        await Bank(refusing(status, code), stand.records).check_account(order(20, account_ref=ref))


async def test_limits_are_reduced_as_the_policy_says_and_restored_to_the_usual(stand):
    await stand.do("risk.reduce_limits", order(13))

    limit = (await stand.partners["risk"].get(f"/limits/{M}")).json()
    assert 0 < limit["factor_percent"] < 100

    await stand.do("risk.restore_limits", order(18))

    assert (await stand.partners["risk"].get(f"/limits/{M}")).json()["factor_percent"] == 100


# The bank


async def movements(bank: httpx2.AsyncClient, number: str) -> list[dict[str, Any]]:
    return (await bank.get(f"/accounts/{number}/statement")).json()["movements"]


async def test_a_payout_goes_to_the_settlement_account_and_its_fate_can_be_asked_for(stand):
    bank = await stand.partner("bank", delay_ms="0")
    await stand.do("bank.pay_out", order(15, amount_fen=500))

    state = PayoutState("pending")
    while state.outcome == "pending":
        state = await stand.do("bank.payout", order(15))

    assert (state.outcome, state.reason) == ("confirmed", "")
    [credit] = await movements(bank, "6222021001112223334")
    assert credit["amount_fen"] == 500


async def test_a_payout_to_a_closed_account_bounces_and_says_why(stand):
    bank = await stand.partner("bank", delay_ms="0")
    closed = {"holder": "上海晨光便利店有限公司", "bank": "中国工商银行", "state": "closed"}
    await bank.put("/accounts/6222021001112223334", json=closed)
    await stand.do("bank.pay_out", order(15, amount_fen=500))

    state = PayoutState("pending")
    while state.outcome == "pending":
        state = await stand.do("bank.payout", order(15))

    assert (state.outcome, state.reason) == ("bounced", "account_closed")


async def test_a_payout_the_bank_never_saw_is_pending(stand):
    assert await stand.do("bank.payout", order(99)) == PayoutState("pending")


async def put_account(stand, **account: str) -> str:
    data = {"holder": "上海晨光便利店有限公司", "number": "6217000010001234567", "bank": "建设银行"} | account
    return await stand.records.vault.put(f"merchant:{M}", "settlement_account", data)


async def test_a_payout_goes_to_the_account_that_was_named_instead(stand):
    bank = await stand.partner("bank", delay_ms="0")
    ref = await put_account(stand)

    await stand.do("bank.pay_out", order(15, amount_fen=500, account_ref=ref))
    while (await stand.do("bank.payout", order(15))).outcome == "pending":
        pass

    assert len(await movements(bank, "6217000010001234567")) == 1


async def moved(stand, at: str) -> None:
    """The merchant's settlement account becomes another one."""
    other = Account("上海晨光便利店有限公司", "6217000010001234567", "建设银行")
    await stand.records.registry.change_account(M, other, Act("officer:officer1", f"moved-{at}", at))


async def test_nothing_is_paid_to_a_settlement_account_that_changed_since_the_approval(stand):
    await moved(stand, "2026-11-09T03:00:00.000000Z")
    approved = order(15, amount_fen=500, approved_at="2026-11-09T02:00:00.000000+00:00")

    with pytest.raises(RefusedError) as refused:
        await stand.do("bank.pay_out", approved)

    assert refused.value.details[0] == "account-changed"
    assert await stand.do("bank.look_up", approved) is None


async def test_a_settlement_account_that_changed_before_the_approval_or_was_named_for_the_payout_is_paid(stand):
    await moved(stand, "2026-11-09T01:30:00.000000Z")
    later, now = "2026-11-09T02:00:00.000000+00:00", "2026-11-09T01:15:00.000000+00:00"
    named = await put_account(stand)

    await stand.do("bank.pay_out", order(15, amount_fen=500, approved_at=later))
    await stand.do("bank.pay_out", order(21, amount_fen=500, approved_at=now, account_ref=named))

    assert await stand.do("bank.look_up", order(21)) is not None


async def test_what_was_paid_to_the_approved_account_before_it_changed_stands(stand):
    approved = order(15, amount_fen=500, approved_at="2026-11-09T02:00:00.000000+00:00")
    first = await stand.do("bank.pay_out", approved)
    await moved(stand, "2026-11-09T03:00:00.000000Z")

    assert await stand.do("bank.pay_out", approved, attempt=2) == first


async def test_another_account_of_the_same_name_passes_the_check(stand):
    ref = await put_account(stand, holder="上海晨光便利店 有限公司")

    check = await stand.do("bank.check_account", order(20, account_ref=ref))

    assert check.matches


async def test_an_account_in_another_name_does_not_and_the_bank_is_not_even_asked(stand):
    ref = await put_account(stand, holder="李小龙")

    check = await stand.do("bank.check_account", order(20, account_ref=ref))

    assert not check.matches
    assert "李小龙" not in check.finding.zh + check.finding.en


async def test_a_closed_account_does_not_pass(stand):
    bank = await stand.partner("bank")
    ref = await put_account(stand)
    closed = {"holder": "上海晨光便利店有限公司", "bank": "建设银行", "state": "closed"}
    await bank.put("/accounts/6217000010001234567", json=closed)

    check = await stand.do("bank.check_account", order(20, account_ref=ref))

    assert not check.matches


async def test_a_second_account_is_another_question_under_the_same_order_key(stand):
    bank = await stand.partner("bank")
    taken = {"holder": "另一家有限公司", "bank": "建设银行", "state": "open"}
    await bank.put("/accounts/6217000010001234567", json=taken)
    wrong, right = await put_account(stand), await put_account(stand, number="6217000010007654321")

    first = await stand.do("bank.check_account", order(20, account_ref=wrong))
    second = await stand.do("bank.check_account", order(20, account_ref=right))

    assert (first.matches, second.matches) == (False, True)


async def test_an_account_number_that_is_none_is_a_no_and_no_error(stand):
    ref = await put_account(stand, number="一二三")

    assert not (await stand.do("bank.check_account", order(20, account_ref=ref))).matches


async def test_a_merchant_who_was_forgotten_is_paid_nothing(stand):
    await stand.records.vault.forget(f"merchant:{M}")

    with pytest.raises(RefusedError) as refused:
        await stand.do("bank.pay_out", order(15, amount_fen=500))

    assert refused.value.details[0] == "forgotten"


async def test_the_state_reported_is_the_terminals(stand):
    await stand.do("status.report_status", order(16, state="released", reason_code="R01"))

    [report] = (await stand.partners["status"].get("/reports", params={"case_id": CASE})).json()
    assert (report["subject"], report["id"], report["state"]) == ("terminal", SN, "released")


async def test_a_payout_whose_account_changed_between_two_attempts_is_still_one(stand):
    paid = order(15, amount_fen=500)
    first = await stand.do("bank.pay_out", paid)

    second = await stand.do("bank.pay_out", replace(paid, account_ref=await put_account(stand)))

    assert second == first
