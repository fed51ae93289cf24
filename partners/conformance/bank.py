"""What Thaw relies on in the bank: a payout is confirmed or bounced once, and an account check says whose it is."""

from __future__ import annotations

import asyncio
from typing import Any

from partners.conformance.caller import Caller, answered, equal, holds, refused
from partners.conformance.suite import Example, Failed, Suite

HOLDER = "上海晨光便利店"
LOOKS, SECONDS_BETWEEN_LOOKS = 150, 0.1
"""How long a payout may be under way."""


def account(bank: Caller) -> dict[str, str]:
    """An account nobody used before."""
    return {"holder": HOLDER, "number": bank.new("62")}


def payout(bank: Caller, to: dict[str, str]) -> dict[str, Any]:
    return {"case_id": bank.new("FA"), "amount_fen": 8_642_000, "account": to}


async def example(bank: Caller) -> Example:
    body = payout(bank, account(bank))
    return Example("/payouts", {"json": body}, {"json": body | {"amount_fen": 1}}, 202)


SUITE = Suite("bank", example)


async def settled(bank: Caller, key: str) -> Any:
    """The payout once it is no longer under way."""
    for _ in range(LOOKS):
        standing = answered(await bank.get(f"/payouts/{key}"))
        if standing["state"] != "accepted":
            return standing
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    raise Failed(f"a payout was neither confirmed nor bounced within {LOOKS * SECONDS_BETWEEN_LOOKS:.0f} s")


@SUITE.check
async def a_payout_is_confirmed_and_credited_once(bank: Caller) -> None:
    """A payout is confirmed, found by its key, and credited once, however often it is asked for."""
    to, key = account(bank), bank.new_key()
    body = payout(bank, to)
    for _ in range(3):
        answered(await bank.effect("/payouts", body, key=key), 202)
    paid = await settled(bank, key)
    equal((paid["state"], paid["amount_fen"]), ("confirmed", body["amount_fen"]), "the payout")
    credited = answered(await bank.get(f"/accounts/{to['number']}/statement"))["movements"]
    equal([each["amount_fen"] for each in credited], [body["amount_fen"]], "what was credited, in fen")


@SUITE.check
async def a_payout_to_the_wrong_account_bounces(bank: Caller) -> None:
    """A payout bounces when its account is closed or someone else's, and says which."""
    closed, other = account(bank), account(bank)
    answered(await bank.put(f"/accounts/{closed['number']}", {"holder": HOLDER, "state": "closed"}))
    answered(await bank.put(f"/accounts/{other['number']}", {"holder": "别人"}))
    for to, reason in ((closed, "account_closed"), (other, "holder_mismatch")):
        key = bank.new_key()
        answered(await bank.effect("/payouts", payout(bank, to), key=key), 202)
        bounced = await settled(bank, key)
        equal((bounced["state"], bounced["reason"]), ("bounced", reason), "the payout")


@SUITE.check
async def a_payout_nobody_made_is_unknown(bank: Caller) -> None:
    """A payout nobody made is not found under its key (no-such-payout)."""
    refused(await bank.get(f"/payouts/{bank.new_key()}"), 404, "no-such-payout")


@SUITE.check
async def an_account_check_compares(bank: Caller) -> None:
    """An account check says whether the account is its holder's and open, and what differs, not how."""
    mine = account(bank)
    answered(await bank.put(f"/accounts/{mine['number']}", {"holder": HOLDER}))
    match = answered(await bank.effect("/account-checks", mine))
    equal((match["match"], match["state"], match["differs"]), ("yes", "open", []), "the check of the right holder")
    other = answered(await bank.effect("/account-checks", mine | {"holder": "别人"}))
    equal((other["match"], other["differs"]), ("no", ["holder"]), "the check of another holder")


@SUITE.check
async def amounts_are_whole_fen(bank: Caller) -> None:
    """Amounts are whole fen above nothing, in CNY: anything else is refused."""
    body = payout(bank, account(bank))
    for wrong in ({"amount_fen": 0}, {"amount_fen": -1}, {"amount_fen": 1.5}, {"currency": "USD"}):
        refused(await bank.effect("/payouts", body | wrong), 422)


@SUITE.check
async def a_micro_deposit_is_told_back(bank: Caller) -> None:
    """A micro-deposit of 1 to 99 fen shows on the statement; the right amount confirms it, three wrong ones fail it."""
    for right in (True, False):
        to = account(bank)
        deposit = answered(await bank.effect("/micro-deposits", to), 201)
        sent = answered(await bank.get(f"/accounts/{to['number']}/statement"))["movements"][0]["amount_fen"]
        holds(1 <= sent <= 99, f"a micro-deposit is 1 to 99 fen, not {sent}")
        where = f"/micro-deposits/{deposit['deposit_ref']}/confirm"
        states = ("confirmed",) if right else ("pending", "pending", "failed")
        for state in states:
            told = answered(await bank.effect(where, {"amount_fen": sent if right else 100 + sent}))
            equal(told["state"], state, "the micro-deposit")
        refused(await bank.effect(where, {"amount_fen": sent}), 409, "deposit-closed")


@SUITE.check_with_callbacks
async def the_outcome_is_told(bank: Caller) -> None:
    """A confirmation or a bounce is told by a signed callback under the payout's key."""
    closed = account(bank)
    answered(await bank.put(f"/accounts/{closed['number']}", {"holder": HOLDER, "state": "closed"}))
    for to, outcome in ((account(bank), "confirmed"), (closed, "bounced")):
        key = bank.new_key()
        answered(await bank.effect("/payouts", payout(bank, to), key=key), 202)
        (told,) = await bank.told(key)
        equal((told.hook, told.body["outcome"]), ("bank", outcome), "the hook and the outcome told")
