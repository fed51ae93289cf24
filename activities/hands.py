"""Which activities there are, by task queue, and what they need: one place for workers to register them from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2

from activities.bank import Bank
from activities.calls import TIMEOUT, Call
from activities.circuit import Asked, Circuit, Note, never, nowhere
from activities.contracts import Contracts
from activities.documents import Documents
from activities.field import FieldService
from activities.journal import JournalHands
from activities.ledger import Ledger
from activities.notices import Notices, Staff
from activities.reconciliation import Reconciliation
from activities.records import Records
from activities.risk import Risk
from activities.status import Status
from activities.terminals import Terminals
from journal import Journal
from journal.reconciling import Reconciling
from wording import Places, Wording
from workflows.ports import QUEUES

Activities = list[Callable[..., Any]]

READING = httpx2.Timeout(100.0, connect=3.0, pool=3.0)
"""Seconds. Reading a paper takes its time, and papers wait for one another."""


@dataclass(frozen=True, slots=True)
class HandsConfig:
    """Where the partners are, and what notices need to know.

    `lead_email` and `operations_email` may also be the http(s) address of a chat robot. `otp_key` is
    `domain.one_time.one_time_key(payload_key)`.
    """

    ledger_url: str
    terminals_url: str
    bank_url: str
    risk_url: str
    status_url: str
    documents_url: str
    notices_url: str
    field_url: str
    contracts_url: str
    portal_url: str
    desk_url: str
    otp_key: bytes = field(repr=False)
    lead_email: str = "lead@thaw.example"
    operations_email: str = "operations@thaw.example"
    staff_language: Literal["zh", "en"] = "zh"

    def url(self, partner: str) -> str:
        url: str = getattr(self, f"{partner}_url")
        return url


@asynccontextmanager
async def open_calls(config: HandsConfig, note: Note = nowhere, asked: Asked = never) -> AsyncIterator[dict[str, Call]]:
    """A client per partner, closed at the end of the block; no proxy of the environment stands between. `note` writes
    down which of them answer, `asked` says when one that does not is to be tried."""
    async with AsyncExitStack() as stack:
        calls = {}
        for partner in QUEUES:
            timeout = READING if partner == "documents" else TIMEOUT
            client = httpx2.AsyncClient(base_url=config.url(partner), timeout=timeout, trust_env=False)
            calls[partner] = Call(await stack.enter_async_context(client), partner, Circuit(partner, note, asked=asked))
        yield calls


def hands(
    config: HandsConfig, calls: Mapping[str, Call], records: Records, reconciling: Reconciling
) -> Mapping[str, Activities]:
    """The activities of every partner's task queue. `calls` are those of `open_calls`, by partner."""
    reconciliation = Reconciliation(calls["ledger"], calls["bank"], reconciling)
    wording = Wording(Places(config.portal_url, config.desk_url, config.otp_key))
    staff = Staff(config.lead_email, config.operations_email, config.staff_language)
    return {
        "ledger": [*activities_of(Ledger(calls["ledger"])), *activities_of(reconciliation)],
        "terminals": activities_of(Terminals(calls["terminals"], records)),
        "risk": activities_of(Risk(calls["risk"])),
        "bank": activities_of(Bank(calls["bank"], records)),
        "status": activities_of(Status(calls["status"])),
        "notices": activities_of(Notices(calls["notices"], records, wording, staff)),
        "field": activities_of(FieldService(calls["field"], records)),
        "contracts": activities_of(Contracts(calls["contracts"], records, wording)),
        "documents": activities_of(Documents(calls["documents"], records, calls["bank"])),
    }


def local(journal: Journal) -> Activities:
    """The local activities of the procedures' own worker."""
    return activities_of(JournalHands(journal))


def activities_of(hand: object) -> Activities:
    """The methods of `hand` that are activities."""
    methods = (getattr(hand, name) for name in dir(type(hand)) if not name.startswith("_"))
    return [method for method in methods if name_of(method)]


def name_of(method: Callable[..., Any]) -> str | None:
    """The name a method is registered under as an activity; None for one that is none."""
    definition = getattr(method, "__temporal_activity_definition", None)
    return definition.name if definition else None
