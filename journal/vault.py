"""The vault: personal data, sealed under one data key per subject.

A subject is whoever the data is about, such as `merchant:<no>`. Events, payloads and logs carry only the opaque
references the vault gives out. Forgetting a subject destroys its data key: what was sealed under it, here, in the
document store and in every copy of either, never opens again, while the references in the journal still verify.
(PostgreSQL keeps the old row version, a *wrapped* key, until it vacuums; it opens with nothing in the database.)

One record is one set of facts and never changes; new facts are a new record under a new reference.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from journal.keys import (
    DamagedError,
    Kek,
    Keyring,
    WrongKekError,
    blind,
    derive,
    identity,
    new_data_key,
    seal,
    unseal,
)
from journal.statements import Connection, Pool, load, reading, transaction

SQL = load("vault")
INDEX_SUBJECT = "thaw:blind-index"
"""The data key of this subject keys the blind indexes, so that a new key-encryption key leaves them valid."""

ATTEMPTS = 4
"""How often a new data key is wrapped anew because the current key-encryption key changed in that moment."""


class NoSuchRecordError(LookupError):
    """The vault never gave out this reference."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"the vault holds no record {ref}")
        self.ref = ref


class ForgottenError(Exception):
    """The subject's data key was destroyed: its data cannot be read, and none can be added."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"{subject} was forgotten; its data key no longer exists")
        self.subject = subject


@dataclass(frozen=True, slots=True)
class _Subject:
    kek_id: str
    wrapped_key: bytes | None
    forgotten_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Record:
    ref: str
    subject: str
    kind: str
    sealed: bytes
    kek_id: str
    wrapped_key: bytes | None
    forgotten_at: datetime | None


async def hold_subject(connection: Connection, subject: str) -> None:
    """Keeps the subject from being forgotten until the caller's transaction ends. Raises `ForgottenError`."""
    row = await (await connection.execute(SQL["subject"], {"subject": subject})).fetchone()
    if row is not None and row[1] is None:
        raise ForgottenError(subject)


class Vault:
    """Seals and opens personal data.

    Every method that takes `within` may join a transaction the caller has open; without it, it makes its own.
    """

    def __init__(self, pool: Pool, keys: Keyring | str) -> None:
        """`keys` are the settings `vault_key` and `vault_key_next`, or the first of them alone, 64 hex digits each.

        Raises `journal.keys.InvalidKekError` for anything else.
        """
        self._pool = pool
        self._keys = Keyring(keys) if isinstance(keys, str) else keys

    async def check(self) -> None:
        """Makes sure, at start, that the keys at hand open all of this vault, or raises `WrongKekError`."""
        async with reading(self._pool) as connection:
            for (kek_id,) in await (await connection.execute(SQL["keks_in_use"])).fetchall():
                self._keys.get(kek_id)

    async def put(self, subject: str, kind: str, data: Mapping[str, Any], *, within: Connection | None = None) -> str:
        """Seals `data` (JSON values) as a new record of `subject` and gives back its reference.

        Raises `ForgottenError` for a forgotten subject and `WrongKekError` when the vault belongs to another key.
        """
        ref = f"vault-{secrets.token_hex(16)}"
        plain = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        async with transaction(self._pool, within) as connection:
            data_key = await self._key_to_write(connection, subject)
            sealed = seal(data_key, plain, identity("record", subject, kind, ref))
            await connection.execute(
                SQL["new_record"], {"ref": ref, "subject": subject, "kind": kind, "sealed": sealed}
            )
        return ref

    async def get(self, ref: str, *, within: Connection | None = None) -> dict[str, Any]:
        """The data of one record.

        Raises `NoSuchRecordError`, `ForgottenError`, `WrongKekError`, or `DamagedError` if the record was altered.
        """
        return (await self.get_many([ref], within=within))[ref]

    async def get_many(self, refs: Iterable[str], *, within: Connection | None = None) -> dict[str, dict[str, Any]]:
        """Several records by reference in one round trip; all of them, or an error as for `get`."""
        wanted = list(dict.fromkeys(refs))
        async with (
            reading(self._pool, within) as connection,
            connection.cursor(row_factory=class_row(_Record)) as cursor,
        ):
            await cursor.execute(SQL["records"], {"refs": wanted})
            found = {record.ref: record for record in await cursor.fetchall()}
        for ref in wanted:
            if ref not in found:
                raise NoSuchRecordError(ref)
        return {ref: self._open(found[ref]) for ref in wanted}

    async def known(self, refs: Iterable[str]) -> dict[str, dict[str, Any] | None]:
        """Several records by reference in one round trip; None for what is forgotten or was never there."""
        found: dict[str, dict[str, Any] | None] = dict.fromkeys(refs)
        if not found:
            return {}
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(_Record)) as cursor:
            await cursor.execute(SQL["records"], {"refs": list(found)})
            for record in await cursor.fetchall():
                with suppress(ForgottenError):
                    found[record.ref] = self._open(record)
        return found

    async def text(self, ref: str | None) -> str | None:
        """What somebody wrote, by reference; None where there is none or it was forgotten."""
        found = (await self.known([ref]))[ref] if ref else None
        return str(found["text"]) if found else None

    async def seal(self, subject: str, name: str, plain: bytes, *, within: Connection | None = None) -> bytes:
        """Bytes sealed under the subject's data key, to be kept elsewhere. `name` says what they are, for `unseal`."""
        async with transaction(self._pool, within) as connection:
            data_key = await self._key_to_write(connection, subject)
        return seal(data_key, plain, identity("bytes", subject, name))

    async def unseal(self, subject: str, name: str, sealed: bytes, *, within: Connection | None = None) -> bytes:
        """What `seal` sealed. Raises `ForgottenError`, `WrongKekError`, or `DamagedError` if `name` is wrong."""
        async with reading(self._pool, within) as connection:
            row = await self._subject(connection, subject, "peek_subject")
        if row is None:
            raise DamagedError(f"{subject} has no data key, yet {name} is said to be sealed under it")
        try:
            return unseal(self._unwrap(subject, row), sealed, identity("bytes", subject, name))
        except DamagedError as error:
            raise DamagedError(f"{name} of {subject}: {error}") from error

    async def index(self, subject: str, name: str, value: str | None, *, within: Connection | None = None) -> None:
        """Makes `subject` findable by `value` in the blind index `name`, in place of its former value; None removes it.

        Only an HMAC of the value is stored. Equal values must arrive spelled equally.
        """
        async with transaction(self._pool, within) as connection:
            await self._key_to_write(connection, subject)
            if value is None:
                await connection.execute(SQL["unindex"], {"subject": subject, "name": name})
            else:
                digest = blind(await self._index_key(connection), name, value)
                await connection.execute(SQL["index"], {"subject": subject, "name": name, "digest": digest})

    async def find(self, name: str, value: str, *, within: Connection | None = None) -> tuple[str, ...]:
        """The subjects whose value in the blind index `name` is `value`."""
        async with reading(self._pool, within) as connection:
            if await self._subject(connection, INDEX_SUBJECT, "peek_subject") is None:
                return ()
            digest = blind(await self._index_key(connection), name, value)
            rows = await (await connection.execute(SQL["find"], {"name": name, "digest": digest})).fetchall()
        return tuple(subject for (subject,) in rows)

    async def forget(self, subject: str, *, within: Connection | None = None) -> bool:
        """Destroys the subject's data key and its index entries, for good. False if that had been done before.

        Whether a subject may be forgotten (no open case, no legal hold) is for the caller to decide.
        """
        async with transaction(self._pool, within) as connection:
            await self._current(connection)
            forgotten = await connection.execute(SQL["forget"], {"subject": subject})
            await connection.execute(SQL["forget_index"], {"subject": subject})
            return forgotten.rowcount == 1

    async def _index_key(self, connection: Connection) -> bytes:
        """The key of the blind indexes, made by whoever needs it first."""
        row = await self._subject(connection, INDEX_SUBJECT, "peek_subject")
        data_key = self._unwrap(INDEX_SUBJECT, row) if row else await self._key_to_write(connection, INDEX_SUBJECT)
        return derive(data_key, "blind index")

    async def _key_to_write(self, connection: Connection, subject: str) -> bytes:
        """The subject's data key, made if it has none, locked against being forgotten until the transaction ends."""
        for _ in range(ATTEMPTS):
            row = await self._subject(connection, subject, "subject")
            if row is not None:
                return self._unwrap(subject, row)
            kek = await self._current(connection)
            wrapped = kek.wrap(new_data_key())
            await connection.execute(SQL["new_subject"], {"subject": subject, "kek_id": kek.id, "wrapped_key": wrapped})
        raise WrongKekError("made current just now", self._keys.ids)  # again and again: never seen

    async def _current(self, connection: Connection) -> Kek:
        """The key that new data keys are wrapped with; the first key given becomes that of a vault without one."""
        await connection.execute(SQL["introduce_kek"], {"kek_id": self._keys.first.id})
        row = await (await connection.execute(SQL["current_kek"])).fetchone()
        return self._keys.get(row[0]) if row else self._keys.first

    async def _subject(self, connection: Connection, subject: str, statement: str) -> _Subject | None:
        async with connection.cursor(row_factory=class_row(_Subject)) as cursor:
            await cursor.execute(SQL[statement], {"subject": subject})
            return await cursor.fetchone()

    def _open(self, record: _Record) -> dict[str, Any]:
        associated = identity("record", record.subject, record.kind, record.ref)
        try:
            plain = unseal(self._unwrap(record.subject, record), record.sealed, associated)
        except DamagedError as error:
            raise DamagedError(f"record {record.ref} of {record.subject}: {error}") from error
        data: dict[str, Any] = json.loads(plain)
        return data

    def _unwrap(self, subject: str, row: _Subject | _Record) -> bytes:
        if row.wrapped_key is None:
            raise ForgottenError(subject)
        return self._keys.get(row.kek_id).unwrap(row.wrapped_key)
