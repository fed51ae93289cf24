"""What a fresh desk starts with: the demo users, their merchant and one terminal of it. Safe to run again.

The people are invented; their numbers have valid check digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from argon2 import PasswordHasher

from desk.config import DeskConfig
from domain.business_time import format_time
from journal import Journal
from journal.parties import Account, Contact, MerchantDetails, Person, TerminalDetails
from journal.people import People, User, UserExistsError
from journal.registry import Act, Registry
from journal.vault import Vault

TERMINAL_SN = "SN-DEMO-0001"
_ADDRESS = "上海市浦东新区世纪大道 100 号"


async def seed(
    config: DeskConfig, users: Mapping[str, Mapping[str, Any]], *, hasher: PasswordHasher | None = None
) -> None:
    """Enters the users (name → roles, password, token, merchant_no) and, before them, the merchants they act for. Who
    is there already keeps their password; their token is admitted again. `hasher` sets what a password costs."""
    async with await Journal.open(config.database_url) as journal:
        vault = Vault(journal.pool, config.vault_keys())
        registry = Registry(journal.pool, vault)
        for merchant_no in sorted({user["merchant_no"] for user in users.values() if user.get("merchant_no")}):
            await _enter_merchant(registry, merchant_no)
        people = People(journal.pool, hasher=hasher)
        for name, user in users.items():
            await _enter_user(people, name, user)


async def _enter_merchant(registry: Registry, merchant_no: str) -> None:
    """The demo merchant and its terminal, unless the number is taken: then whatever stands there is kept."""
    if await registry.merchant(merchant_no) is None:
        await registry.register_merchant(_merchant(merchant_no), _act(f"seed:{merchant_no}"))
    if not await registry.terminals_of(merchant_no) and await registry.terminal(TERMINAL_SN) is None:
        await registry.register_terminal(_terminal(merchant_no), _act(f"seed:{TERMINAL_SN}"))


def _act(command_id: str) -> Act:
    return Act("system:thaw", command_id, format_time(datetime.now(UTC)))


def _merchant(merchant_no: str) -> MerchantDetails:
    return MerchantDetails(
        merchant_no=merchant_no,
        merchant_type="company",
        name="上海融雪贸易有限公司",
        uscc="91310115MA1K0XQ7HQ",
        resident_id=None,
        legal_representative=Person("陈融", "310101198505120018"),
        contacts=(Contact("陈融", "13800000001", "merchant1@example.com", "email", "zh"),),
        settlement_account=Account("上海融雪贸易有限公司", "6222021001116245702", "中国工商银行上海分行"),
        mcc="5411",
        address=_ADDRESS,
    )


def _terminal(merchant_no: str) -> TerminalDetails:
    return TerminalDetails(
        terminal_sn=TERMINAL_SN,
        tusn="00000302DEMO00000001",
        terminal_id="31000001",
        model="X990",
        merchant_no=merchant_no,
        deploy_address=_ADDRESS,
        fee_plan="CLASSIC198",
    )


async def _enter_user(people: People, name: str, user: Mapping[str, Any]) -> None:
    entered = User(name, name, frozenset(user["roles"]), user.get("merchant_no"))
    if await people.find(name) is None:  # a password's hash is dear; another start may still come in between
        with suppress(UserExistsError):
            await people.add(entered, user["password"])
    await people.issue_token(name, label="stack.json", token=user["token"])
