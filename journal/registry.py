"""Merchants and terminals: registered and updated by events in their own streams, looked up in tables beside them.

Streams are `merchant:<merchant_no>` and `terminal:<terminal_sn>`. Their events, form 1:

    MerchantRegistered  {merchant_no, merchant_type, mcc, identity_ref, contacts_ref, account_ref, address_ref}
    MerchantUpdated     {merchant_no, changed: {field: its new value, …}}
    TerminalRegistered  {terminal_sn, tusn, terminal_id, model, merchant_no, deploy_address_ref, fee_plan}
    TerminalUpdated     {terminal_sn, changed: {field: its new value, …}}

Personal data stands in them only as a vault reference; new data is a new reference, so that `account_ref` among the
changed fields is how a changed payee shows. What did not change is not written again, and an upsert that changes
nothing writes no event. Event, table row and vault records commit together or not at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from psycopg import Rollback
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from domain.business_time import parse_time
from domain.stream import Draft, Head, canonical, seal
from journal import writing
from journal.parties import (
    Account,
    Merchant,
    MerchantDetails,
    NoSuchMerchantError,
    Terminal,
    TerminalDetails,
    subject_of,
)
from journal.requests import AppendRequest, compose
from journal.statements import Connection, Pool, load, reading, transaction
from journal.vault import Vault

SQL = load("registry")
ATTEMPTS = 5
"""How often an upsert starts over when another one of the same merchant or terminal got in between."""

Record = TypeVar("Record", Merchant, Terminal)


class BoundElsewhereError(Exception):
    """The terminal is bound to another merchant; it has to be unbound there before it can be bound here."""

    def __init__(self, terminal_sn: str, merchant_no: str) -> None:
        super().__init__(f"terminal {terminal_sn} is bound to merchant {merchant_no}")
        self.terminal_sn, self.merchant_no = terminal_sn, merchant_no


class TakenError(Exception):
    """Another terminal already has this value. `field` is `tusn`, or `terminal_id` within one merchant."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field} {value} belongs to another terminal")
        self.field, self.value = field, value


class ContendedError(Exception):
    """Other writers of the same stream kept getting in between. Trying again later is safe."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, under which command, and when (RFC 3339, UTC, microseconds): what every entry carries."""

    actor: str
    command_id: str
    occurred_at: str


@dataclass(frozen=True, slots=True)
class Written(Generic[Record]):
    """What an upsert came to: the record as it now stands, and the names of the fields that changed."""

    record: Record
    outcome: Literal["registered", "updated", "unchanged"]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _End:
    """Where a stream ends, and whether the command at hand already wrote to it."""

    stream: str
    head: Head
    version: int
    has_command: bool


class Registry:
    """Writes and finds merchants and terminals. `within` joins a transaction that the caller has open."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def register_merchant(
        self, details: MerchantDetails, act: Act, *, within: Connection | None = None
    ) -> Written[Merchant]:
        """Registers a merchant, or updates the one registered under this number.

        The same command again changes nothing. Raises `journal.vault.ForgottenError` for a merchant whose personal
        data was erased.
        """
        return await self._retried(lambda connection: self._upsert_merchant(connection, details, act), within)

    async def change_account(
        self, merchant_no: str, account: Account, act: Act, *, within: Connection | None = None
    ) -> Written[Merchant]:
        """Gives a merchant another settlement account. Raises `NoSuchMerchantError`."""

        async def attempt(connection: Connection) -> Written[Merchant] | None:
            details = await self.merchant_details(merchant_no, within=connection)
            return await self._upsert_merchant(connection, replace(details, settlement_account=account), act)

        return await self._retried(attempt, within)

    async def register_terminal(
        self, details: TerminalDetails, act: Act, *, within: Connection | None = None
    ) -> Written[Terminal]:
        """Registers a terminal bound to its merchant, or updates the one registered under this serial number.

        Raises `NoSuchMerchantError`, `BoundElsewhereError`, `TakenError`, and `journal.vault.ForgottenError`.
        """
        try:
            return await self._retried(lambda connection: self._upsert_terminal(connection, details, act), within)
        except UniqueViolation as error:
            field = "tusn" if error.diag.constraint_name == "terminals_tusn_taken" else "terminal_id"
            raise TakenError(field, getattr(details, field)) from error

    async def merchant(self, merchant_no: str, *, within: Connection | None = None) -> Merchant | None:
        """The merchant registered under this number."""
        async with reading(self._pool, within) as connection:
            return await _one(connection, Merchant, "merchant", {"merchant_no": merchant_no})

    async def merchant_details(self, merchant_no: str, *, within: Connection | None = None) -> MerchantDetails:
        """A merchant in full, with personal data: for those who may see it, which is for the caller to know.

        Raises `NoSuchMerchantError`, and `journal.vault.ForgottenError` after an erasure.
        """
        async with reading(self._pool, within) as connection:
            merchant = await self.merchant(merchant_no, within=connection)
            if merchant is None:
                raise NoSuchMerchantError(merchant_no)
            return await self._details(connection, merchant)

    async def account_changed_at(self, merchant_no: str) -> datetime | None:
        """When the merchant's settlement account last became another one; None for the one registered at first."""
        async with reading(self._pool) as connection:
            found = await connection.execute(SQL["account_changed_at"], {"stream": f"merchant:{merchant_no}"})
            row = await found.fetchone()
        return parse_time(row[0]) if row else None

    async def find_merchants(self, *, uscc: str | None = None, resident_id: str | None = None) -> tuple[Merchant, ...]:
        """The merchants known by this uscc, or by this resident id (their own or their legal representative's)."""
        wanted = {"uscc": uscc, "resident_id": resident_id, "legal_representative": resident_id}
        async with reading(self._pool) as connection:
            subjects = {
                subject
                for name, value in wanted.items()
                if value is not None
                for subject in await self._vault.find(name, _spelled(value), within=connection)
            }
            numbers = [subject.removeprefix(subject_of("")) for subject in subjects]
            return await _all(connection, Merchant, "merchants", {"merchant_nos": numbers})

    async def terminal(self, terminal_sn: str, *, within: Connection | None = None) -> Terminal | None:
        """The terminal registered under this serial number."""
        async with reading(self._pool, within) as connection:
            return await _one(connection, Terminal, "terminal", {"terminal_sn": terminal_sn})

    async def terminals_of(self, merchant_no: str, *, within: Connection | None = None) -> tuple[Terminal, ...]:
        """The terminals bound to a merchant, by serial number."""
        async with reading(self._pool, within) as connection:
            return await _all(connection, Terminal, "terminals_of", {"merchant_no": merchant_no})

    async def _upsert_merchant(
        self, connection: Connection, details: MerchantDetails, act: Act
    ) -> Written[Merchant] | None:
        end = await _end_of(connection, f"merchant:{details.merchant_no}", act)
        standing = await self.merchant(details.merchant_no, within=connection)
        if end.version != (standing.version if standing else 0):
            return None
        if standing and end.has_command:
            return Written(standing, "unchanged")
        sealed = details.sealed_parts()
        known = await self._vault.get_many(_refs(standing, sealed), within=connection) if standing else {}
        refs: dict[str, str] = {}
        for field, (kind, data) in sealed.items():
            held: str | None = getattr(standing, field, None)
            if held is None or known[held] != data:
                held = await self._vault.put(subject_of(details.merchant_no), kind, data, within=connection)
            refs[field] = held
        after = Merchant(
            merchant_no=details.merchant_no,
            merchant_type=details.merchant_type,
            mcc=details.mcc,
            version=standing.version + 1 if standing else 1,
            **refs,
        )
        written = await self._write(connection, end, standing, after, act)
        if written is not None and "identity_ref" in written.changed:
            await self._index(connection, details)
        return written

    async def _upsert_terminal(
        self, connection: Connection, details: TerminalDetails, act: Act
    ) -> Written[Terminal] | None:
        end = await _end_of(connection, f"terminal:{details.terminal_sn}", act)
        standing = await self.terminal(details.terminal_sn, within=connection)
        if end.version != (standing.version if standing else 0):
            return None
        if standing and end.has_command:
            return Written(standing, "unchanged")
        if standing and standing.merchant_no != details.merchant_no:
            raise BoundElsewhereError(details.terminal_sn, standing.merchant_no)
        if await self.merchant(details.merchant_no, within=connection) is None:
            raise NoSuchMerchantError(details.merchant_no)
        ref = await self._address_of(connection, details, standing)
        after = Terminal(
            terminal_sn=details.terminal_sn,
            tusn=details.tusn,
            terminal_id=details.terminal_id,
            model=details.model,
            merchant_no=details.merchant_no,
            deploy_address_ref=ref,
            fee_plan=details.fee_plan,
            version=standing.version + 1 if standing else 1,
        )
        return await self._write(connection, end, standing, after, act)

    async def _address_of(self, connection: Connection, details: TerminalDetails, standing: Terminal | None) -> str:
        """The reference to where the terminal stands; the place that is known of an address stays while that does."""
        ref = standing.deploy_address_ref if standing else None
        known = await self._vault.get(ref, within=connection) if ref else {}
        address: dict[str, Any] = {"address": details.deploy_address}
        if details.latitude is not None and details.longitude is not None:
            address |= {"latitude": details.latitude, "longitude": details.longitude}
        elif known.get("address") == details.deploy_address:
            address = dict(known)
        if ref is None or known != address:
            subject = subject_of(details.merchant_no)
            ref = await self._vault.put(subject, "deploy_address", address, within=connection)
        return ref

    async def _write(
        self, connection: Connection, end: _End, standing: Record | None, after: Record, act: Act
    ) -> Written[Record] | None:
        """Appends the event that leads from `standing` to `after`, and the row; None when another writer was faster."""
        kind = type(after).__name__.lower()
        facts = {name: value for name, value in asdict(after).items() if name != "version"}
        before = asdict(standing) if standing else {}
        changed = {name: value for name, value in facts.items() if before.get(name) != value}
        if standing and not changed:
            return Written(standing, "unchanged")
        draft = _event(standing, after, facts, changed)
        entries = seal(
            end.stream, end.head, [draft], occurred_at=act.occurred_at, actor=act.actor, command_id=act.command_id
        )
        request = AppendRequest.parse(compose(kind, end.head, entries))
        if not await writing.write(connection, request):
            return None
        await connection.execute(SQL[f"put_{kind}"], {**asdict(after), "at": act.occurred_at})
        return Written(after, "updated" if standing else "registered", tuple(changed))

    async def _index(self, connection: Connection, details: MerchantDetails) -> None:
        person = details.legal_representative
        values = {
            "uscc": details.uscc,
            "resident_id": details.resident_id,
            "legal_representative": person.resident_id if person else None,
        }
        for name, value in values.items():
            spelled = _spelled(value) if value is not None else None
            await self._vault.index(subject_of(details.merchant_no), name, spelled, within=connection)

    async def _details(self, connection: Connection, merchant: Merchant) -> MerchantDetails:
        refs = [getattr(merchant, field.name) for field in fields(merchant) if field.name.endswith("_ref")]
        return MerchantDetails.unsealed(merchant, await self._vault.get_many(refs, within=connection))

    async def _retried(
        self, attempt: Callable[[Connection], Awaitable[Written[Record] | None]], within: Connection | None
    ) -> Written[Record]:
        """Runs an attempt in a transaction, anew as long as it finds another writer ahead (it answers None)."""
        for _ in range(ATTEMPTS):
            async with transaction(self._pool, within) as connection:
                written = await attempt(connection)
                if written is not None:
                    return written
                raise Rollback
        raise ContendedError(f"gave way to other writers {ATTEMPTS} times")


def _event(
    standing: Merchant | Terminal | None,
    after: Merchant | Terminal,
    facts: Mapping[str, Any],
    changed: Mapping[str, Any],
) -> Draft:
    kind = type(after).__name__
    if standing is None:
        return Draft(f"{kind}Registered", 1, after.version, canonical(facts))
    name = "merchant_no" if kind == "Merchant" else "terminal_sn"
    return Draft(f"{kind}Updated", 1, after.version, canonical({name: facts[name], "changed": changed}))


async def _end_of(connection: Connection, stream: str, act: Act) -> _End:
    found = await connection.execute(SQL["end_of"], {"stream": stream, "command_id": act.command_id})
    row = await found.fetchone()
    if row is None:
        return _End(stream, Head(), 0, False)
    position, hash_, version, has_command = row
    return _End(stream, Head(position, hash_), version, has_command)


def _refs(merchant: Merchant, sealed: Iterable[str]) -> list[str]:
    return [getattr(merchant, field) for field in sealed]


def _spelled(value: str) -> str:
    """An identity number in its one spelling, for the blind index."""
    return value.strip().upper()


async def _one(
    connection: Connection, record: type[Record], statement: str, values: Mapping[str, Any]
) -> Record | None:
    async with connection.cursor(row_factory=class_row(record)) as cursor:
        await cursor.execute(SQL[statement], values)
        return await cursor.fetchone()


async def _all(
    connection: Connection, record: type[Record], statement: str, values: Mapping[str, Any]
) -> tuple[Record, ...]:
    async with connection.cursor(row_factory=class_row(record)) as cursor:
        await cursor.execute(SQL[statement], values)
        return tuple(await cursor.fetchall())
