"""The document store: what merchants upload, sealed under the subject's data key.

Sealed bytes lie in an object store (a local folder, or a bucket); a row per document says where, whose they are, and
the SHA-256 of the plain bytes. Documents never change: another content is another document. Forgetting the subject in
the vault makes every document of theirs unreadable, wherever copies of the folder or bucket may be.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore
from psycopg.rows import class_row

from journal.keys import DamagedError
from journal.statements import Connection, Pool, load, reading, transaction
from journal.vault import ForgottenError, Vault

SQL = load("files")
NOTHING = "-"
"""A folder of the store that nothing is ever put into."""
DOCUMENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


Why = Literal["away", "full", "read-only", "denied"]


class NoSuchFileError(LookupError):
    """No document is stored under this id."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"no document {document_id} is stored")
        self.document_id = document_id


class AnotherFileError(Exception):
    """A document with this id is stored already, with other content or about another subject."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"document {document_id} is stored already and is not this one")
        self.document_id = document_id


class StoreAwayError(Exception):
    """The document store does not do its work now: it is `away`, `full`, `read-only`, or it lets us not in (`denied`).

    Nothing was kept of what was to be stored; trying again is safe.
    """

    def __init__(self, why: Why, said: str) -> None:
        super().__init__(f"the document store is {why}: {said}")
        self.why = why


_SIGNS: tuple[tuple[str, Why], ...] = (
    ("(os error 28)", "full"), ("(os error 122)", "full"), ("(os error 30)", "read-only"), ("(os error 13)", "denied"),
)  # fmt: skip
"""How the library words the errors of a folder: no space or quota left, a read-only file system, no permission."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One stored document. `sha256` (hex) and `size` (bytes) are of the plain content; `removed`: that is gone."""

    document_id: str
    subject: str
    object_key: str
    sha256: str
    size: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class SameFile:
    """The bytes of a known document under other ids: about whom, how often, and when first."""

    sha256: str
    subject: str
    times: int
    first_at: datetime


class Files:
    """Puts, gets and deletes documents by id."""

    def __init__(self, store: Path | ObjectStore, pool: Pool, vault: Vault) -> None:
        """`store` is a folder, made (closed to other users) if it is missing, or any obstore store."""
        self._folder = store if isinstance(store, Path) else None
        self._store = _local(store) if isinstance(store, Path) else store
        self._pool = pool
        self._vault = vault

    async def put(
        self, document_id: str, subject: str, content: bytes, *, within: Connection | None = None
    ) -> StoredFile:
        """Stores a document about `subject`. The same document again is answered with what is stored.

        Raises `AnotherFileError` for a taken id, `StoreAwayError`, and the vault's errors. When it raises, it leaves no
        object behind; a process killed in the middle, or a later rollback of `within`, may leave one, sealed and listed
        nowhere.
        """
        if not DOCUMENT_ID.fullmatch(document_id):
            raise ValueError(f"{document_id!r} is not a document id")
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        object_key = f"{sha256[:2]}/{document_id}.{secrets.token_hex(8)}"
        new = StoredFile(document_id, subject, object_key, sha256, len(content))
        standing = await self._find(document_id, within)
        if standing is None:
            standing = await self._store_and_enter(new, content, within)
        if (standing.subject, standing.sha256) != (subject, sha256):
            raise AnotherFileError(document_id)
        return standing

    async def get(self, document_id: str) -> bytes:
        """The plain bytes of a document.

        Raises `NoSuchFileError`, the vault's `ForgottenError` and `WrongKekError`, `StoreAwayError`, and `DamagedError`
        when the stored bytes are gone or are not those that were put.
        """
        file = await self.find(document_id)
        if file.removed:
            raise ForgottenError(file.subject)
        try:
            with _told():
                sealed = bytes(await (await self._store.get_async(file.object_key)).bytes_async())
        except FileNotFoundError as error:
            raise DamagedError(f"document {document_id}: its bytes are missing from the document store") from error
        content = await self._vault.unseal(file.subject, f"document {document_id}", sealed)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise DamagedError(f"document {document_id}: its content is not what was stored")
        return content

    async def find(self, document_id: str) -> StoredFile:
        """What is known about a document without opening it. Raises `NoSuchFileError`."""
        file = await self._find(document_id, None)
        if file is None:
            raise NoSuchFileError(document_id)
        return file

    async def of(self, subject: str) -> tuple[StoredFile, ...]:
        """Every document stored about `subject`, oldest first."""
        async with (
            reading(self._pool) as connection,
            connection.cursor(row_factory=class_row(StoredFile)) as cursor,
        ):
            await cursor.execute(SQL["files_of"], {"subject": subject})
            return tuple(await cursor.fetchall())

    async def delete(self, document_id: str) -> bool:
        """Removes a document as if it had never been, bytes first, so that a repeat finishes what a crash left. False
        if none is stored. Raises `StoreAwayError`."""
        file = await self._find(document_id, None)
        if file is None:
            return False
        with _told():
            await self._remove(file.object_key)
        async with reading(self._pool) as connection:
            await connection.execute(SQL["delete_file"], {"document_id": document_id})
        return True

    async def remove(self, document_id: str) -> bool:
        """Removes a document's bytes; that it was there, with its hash, stays known. A repeat finishes what a crash
        left. False if none is stored, or it was removed before. Raises `StoreAwayError`."""
        file = await self._find(document_id, None)
        if file is None or file.removed:
            return False
        with _told():
            await self._remove(file.object_key)
        async with reading(self._pool) as connection:
            await connection.execute(SQL["mark_removed"], {"document_id": document_id})
        return True

    async def reachable(self) -> bool:
        """Whether the store answers and lets us write, as far as can be told without writing."""
        if self._folder is not None:
            return await asyncio.to_thread(_writable, self._folder)
        try:
            async with asyncio.timeout(2):
                await self._store.list_with_delimiter_async(NOTHING)
        except (BaseError, OSError, TimeoutError):
            return False
        return True

    async def _store_and_enter(self, new: StoredFile, content: bytes, within: Connection | None) -> StoredFile:
        """Writes the sealed bytes, then the row; takes the bytes back if the row does not come to stand."""
        try:
            async with transaction(self._pool, within) as connection:
                name = f"document {new.document_id}"
                sealed = await self._vault.seal(new.subject, name, content, within=connection)
                with _told():
                    await self._store.put_async(new.object_key, sealed, use_multipart=False)
                    if self._folder is not None:
                        await asyncio.to_thread(_to_disk, self._folder / new.object_key)
                entered = await connection.execute(SQL["new_file"], _row(new))
        except BaseException:
            with suppress(BaseError, OSError):  # a store that takes nothing may give nothing back either
                await asyncio.shield(self._remove(new.object_key))
            raise
        if entered.rowcount == 1:
            return new
        await self._remove(new.object_key)
        standing = await self._find(new.document_id, within)
        if standing is None:
            raise AnotherFileError(new.document_id)
        return standing

    async def _find(self, document_id: str, within: Connection | None) -> StoredFile | None:
        async with (
            reading(self._pool, within) as connection,
            connection.cursor(row_factory=class_row(StoredFile)) as cursor,
        ):
            await cursor.execute(SQL["file"], {"document_id": document_id})
            return await cursor.fetchone()

    async def _remove(self, object_key: str) -> None:
        try:
            await self._store.delete_async(object_key)
        except FileNotFoundError:
            return


@contextmanager
def _told() -> Iterator[None]:
    """Tells the store's many errors as one, but for a missing object's."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        said = str(error).partition("\n")[0]
        if isinstance(error, PermissionError | PermissionDeniedError | UnauthenticatedError):
            raise StoreAwayError("denied", said) from error
        raise StoreAwayError(next((why for sign, why in _SIGNS if sign in said), "away"), said) from error


def _writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK)


def _local(folder: Path) -> LocalStore:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LocalStore(folder, automatic_cleanup=True)


def _to_disk(path: Path) -> None:
    """Makes a new file outlast a power failure, which a row committed after it would."""
    for changed in (path, path.parent, path.parent.parent):
        descriptor = os.open(changed, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _row(file: StoredFile) -> dict[str, str | int]:
    return {
        "document_id": file.document_id,
        "subject": file.subject,
        "object_key": file.object_key,
        "sha256": file.sha256,
        "size": file.size,
    }
