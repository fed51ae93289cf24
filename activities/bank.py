"""The bank: payouts to the merchant's account, what became of them, and whose account it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from temporalio import activity

from activities.calls import Call, RefusedError, segment
from activities.heartbeats import heartbeating
from activities.records import HOME, Records
from domain.business_time import parse_time
from domain.release import ACCOUNT_CHANGED
from domain.text import Text, plain
from journal.parties import Account, MerchantDetails
from workflows.ports import BANK_CHECK_ACCOUNT, BANK_PAYOUT, AccountCheck, Order, PayoutState, Receipt

SAME_NAME = Text("户名与商户一致，账户可用。", "The account is in the merchant's own name and open.")
OTHER_NAME = Text(
    "户名与商户名称不一致，请提供同名账户。", "The account is not in the merchant's own name; please name one that is."
)
NOT_OPEN = Text("该账户已销户，请提供其他账户。", "The account is closed; please name another one.")
NO_ACCOUNT = Text(
    "账户信息无法核对，请重新填写。", "The account's details could not be checked; please enter them again."
)
UNCHECKABLE = frozenset({"invalid", "key-reused", "unknown-merchant", "unknown-account", "forgotten"})
"""Refusals that are about the account: it is no account, it changed meanwhile, or nothing is on file."""
_DIFFERS = {
    "holder": Text("户名", "the holder"),
    "bank": Text("开户行", "the bank"),
    "resident_id": Text("身份证号", "the resident id"),
    "uscc": Text("统一社会信用代码", "the unified social credit code"),
    "phone": Text("手机号", "the phone number"),
}


@dataclass(frozen=True, slots=True)
class Payout:
    payout_ref: str
    state: Literal["accepted", "confirmed", "bounced"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """`differs` names which particulars are not those the bank knows."""

    match: str
    state: str
    differs: tuple[str, ...] = field(default=())


class Bank:
    def __init__(self, call: Call, records: Records) -> None:
        self._call = call
        self._records = records

    @activity.defn(name="bank.pay_out")
    async def pay_out(self, order: Order) -> Receipt:
        """Send `amount_fen` to the account of `account_ref`, or to the merchant's settlement account.

        Raises RefusedError `account-changed` when the latter is no longer the one that was approved: nobody has looked
        at the new one. (What an earlier attempt sent to the approved one stands.)
        """
        async with heartbeating():
            account = await self._records.account(order.merchant_no, order.account_ref)
            if await self._has_changed(order):
                sent = await self._call.find(order.key, Payout)
                if sent is None:
                    raise RefusedError(HOME, ACCOUNT_CHANGED)
                return Receipt(sent.payout_ref)
        body = {
            "case_id": order.case_id,
            "amount_fen": order.amount_fen,
            "account": {"holder": account.holder, "number": account.number, "bank": account.bank or None},
        }
        return Receipt((await self._call.effect("/payouts", body, order.key, Payout)).payout_ref)

    async def _has_changed(self, order: Order) -> bool:
        if order.account_ref or not order.approved_at:
            return False
        changed = await self._records.registry.account_changed_at(order.merchant_no)
        return changed is not None and changed > parse_time(order.approved_at)

    @activity.defn(name="bank.look_up")
    async def look_up(self, order: Order) -> Receipt | None:
        """What became of the effect of `key`; None when it never took place."""
        found = await self._call.find(order.key, Payout)
        return Receipt(found.payout_ref) if found else None

    @activity.defn(name=BANK_PAYOUT)
    async def payout(self, order: Order) -> PayoutState:
        """How the payout of `key` stands; pending also while the bank knows of none."""
        payout = await self._call.get(f"/payouts/{segment(order.key)}", Payout)
        if payout is None or payout.state == "accepted":
            return PayoutState("pending", payout.payout_ref if payout else "")
        return PayoutState(payout.state, payout.payout_ref, payout.reason or "")

    @activity.defn(name=BANK_CHECK_ACCOUNT)
    async def check_account(self, order: Order) -> AccountCheck:
        """Whether the account of `account_ref` is the merchant's own: the same name, and the bank says so.

        A no is an answer here, never an error. Raises RefusedError when the bank refuses for a reason of another kind.
        """
        try:
            async with heartbeating():
                merchant = await self._records.details(order.merchant_no)
                account = await self._records.account(order.merchant_no, order.account_ref)
            if not _is_own(account, merchant):
                return AccountCheck(False, OTHER_NAME)
            key = f"{order.key}:{order.account_ref or HOME}"  # another account is another question
            checked = await self._call.ask("/account-checks", key, Checked, json=_factors(account, merchant))
        except RefusedError as refused:
            if refused.code not in UNCHECKABLE:
                raise
            return AccountCheck(False, NO_ACCOUNT)
        return _judged(checked)


def _judged(checked: Checked) -> AccountCheck:
    if checked.state != "open":
        return AccountCheck(False, NOT_OPEN)
    if checked.match == "yes":
        return AccountCheck(True, SAME_NAME)
    named = [_DIFFERS[name] for name in checked.differs if name in _DIFFERS]
    zh, en = "、".join(name.zh for name in named), ", ".join(name.en for name in named)
    return AccountCheck(
        False,
        Text(f"银行核对不一致：{zh or '账户信息'}。", f"The bank has other particulars: {en or 'of the account'}."),
    )


def _is_own(account: Account, merchant: MerchantDetails) -> bool:
    """Same name (同名): the merchant's own; for a sole trader or an individual also the person's behind it."""
    names = {merchant.name}
    if merchant.merchant_type != "company" and merchant.legal_representative:
        names.add(merchant.legal_representative.name)
    return plain(account.holder) in {plain(name) for name in names}


def _factors(account: Account, merchant: MerchantDetails) -> dict[str, str | None]:
    """What the bank compares: of a person's account name, number, id and phone (四要素), of a firm's name and uscc."""
    person = merchant.legal_representative
    if merchant.merchant_type != "individual" and plain(account.holder) == plain(merchant.name):
        identity: dict[str, str | None] = {"uscc": merchant.uscc}
    else:
        phone = next((contact.phone for contact in merchant.contacts if contact.phone), None)
        resident_id = person.resident_id if person else merchant.resident_id
        identity = {"resident_id": resident_id, "phone": phone}
    return {"holder": account.holder, "number": account.number, "bank": account.bank or None, **identity}
