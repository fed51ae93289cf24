"""Entering sound rows into the registry: in one transaction, so all of them stand there afterwards, or none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from psycopg import Rollback

from desk.delivery import message_of
from domain.actors import Actor
from domain.business_time import format_time
from journal import Journal
from journal.cases import Cases, Filters
from journal.inbox import put
from journal.parties import MerchantDetails, NoSuchMerchantError
from journal.registry import Act, BoundElsewhereError, Registry, TakenError
from journal.statements import Connection
from journal.vault import ForgottenError, Vault
from workers.importing.rules import merchant_of, terminal_of
from workers.importing.table import Finding, Row
from workflows.messages import CommandOrder

IMPORTER = Actor("thaw-import", ("system",))
DECIDED_ON = ("name", "legal_representative", "settlement_account")
"""What decisions rest on: an open case hears when one of these changes."""


@dataclass(slots=True)
class Entered:
    """How many of each were registered, updated, unchanged; or what kept everything out."""

    merchants: Counter[str] = field(default_factory=Counter)
    terminals: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


async def enter(
    journal: Journal,
    vault: Vault,
    merchants: Sequence[Row],
    terminals: Sequence[Row],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Entered:
    """Enters all rows, or none when the registry refuses one. Partners are told by the relay, open cases by their
    inbox."""
    act = Act(IMPORTER.signing_as(("system",)), f"import:{uuid4().hex}", format_time(now()))
    entering = _Entering(Registry(journal.pool, vault), Cases(journal.pool), act)
    async with journal.pool.connection() as connection, connection.transaction():
        for row in merchants:
            await entering.merchant(connection, row)
        for row in terminals:
            await entering.terminal(connection, row)
        if entering.entered.findings:
            raise Rollback
    return entering.entered


class _Entering:
    """One import under way."""

    def __init__(self, registry: Registry, cases: Cases, act: Act) -> None:
        self._registry, self._cases, self._act = registry, cases, act
        self.entered = Entered()

    async def merchant(self, connection: Connection, row: Row) -> None:
        details = merchant_of(row)
        try:
            before = await self._before(connection, details.merchant_no)
            written = await self._registry.register_merchant(details, self._act, within=connection)
        except ForgottenError:
            self._note(
                row, "merchant_no", "该商户的个人信息已删除,不能再登记", "Its personal data was erased; remove the line"
            )
            return
        self.entered.merchants[written.outcome] += 1
        if before is not None and written.changed:
            await self._tell_cases(connection, before, details)

    async def terminal(self, connection: Connection, row: Row) -> None:
        try:
            written = await self._registry.register_terminal(terminal_of(row), self._act, within=connection)
        except NoSuchMerchantError:
            zh = "没有登记该商户。请在商户文件中加入,或更正商户号"
            self._note(row, "merchant_no", zh, "No such merchant. Add it to the merchants' file, or correct the number")
        except BoundElsewhereError:
            zh, en = (
                "该终端已绑定其他商户。请先解绑",
                "The terminal is bound to another merchant. Unbind it there first",
            )
            self._note(row, "terminal_sn", zh, en)
        except TakenError as error:
            self._note(row, error.field, "已属于另一终端。请核对", "Another terminal has it already. Correct it")
        except ForgottenError:
            self._note(row, "merchant_no", "该商户的个人信息已删除", "Its merchant's personal data was erased")
        else:
            self.entered.terminals[written.outcome] += 1

    def _note(self, row: Row, column: str, zh: str, en: str) -> None:
        self.entered.findings.append(row.finding(column, zh, en))

    async def _before(self, connection: Connection, merchant_no: str) -> MerchantDetails | None:
        try:
            return await self._registry.merchant_details(merchant_no, within=connection)
        except NoSuchMerchantError:
            return None

    async def _tell_cases(self, connection: Connection, before: MerchantDetails, after: MerchantDetails) -> None:
        """Approvals rest on who the merchant is: what changed waits in the inbox of each of its open cases."""
        changed = [name for name in DECIDED_ON if getattr(before, name) != getattr(after, name)]
        cursor = None
        while changed:
            page = await self._cases.page(Filters(merchant_no=after.merchant_no, open=True), cursor, 200)
            for case in page.items:
                for what in changed:
                    command_id = f"{self._act.command_id}:{case.case_id}:{what}"
                    order = CommandOrder("change_party", json.dumps({"what": what}), command_id, IMPORTER)
                    await put(connection, message_of(order), case.case_id)
            cursor = page.cursor
            if cursor is None:
                return
