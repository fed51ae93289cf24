"""Erasing a person's data, so that nothing of it opens again and the journal still verifies.

In one transaction the obstacles are looked for, the data key is destroyed, the blind indexes are emptied and the fact
is noted. From then on nothing sealed for the person can be read by anybody, wherever copies of it are. Then what is
sealed is removed too, object by object: what is cut off there goes on with the next call, or with the relay's next
look. Intake and every writer of the vault hold the person's key while they write, so that nothing new comes in between.

Out of reach are the partners' own stores and backups of the database from before. A backup, or the database's log,
has the destroyed key only wrapped: give the vault another key-encryption key afterwards and destroy the old one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from domain.retention import Obstacle, Retention, obstacles
from domain.stream import Entry
from journal import writing
from journal.files import Files
from journal.parties import subject_of
from journal.privacy import SQL, Privacy, note, stream_of
from journal.registry import Act
from journal.statements import Connection, Pool, reading, transaction
from journal.vault import Vault

DESK = "system:thaw"


class ErasureRefusedError(Exception):
    """The data may not be erased: `obstacles` say why. Nothing was changed."""

    def __init__(self, merchant_no: str, found: tuple[Obstacle, ...]) -> None:
        super().__init__(f"merchant {merchant_no} cannot be erased: {'; '.join(each.text.en for each in found)}")
        self.merchant_no, self.obstacles = merchant_no, found


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, and when (RFC 3339); `new` is False for what had been erased before."""

    merchant_no: str
    at: str
    documents: int
    records: int
    new: bool


class Erasing:
    """Erases, and finishes what was cut off."""

    def __init__(self, pool: Pool, vault: Vault, files: Files) -> None:
        self._pool = pool
        self._vault = vault
        self._files = files
        self._privacy = Privacy(pool)

    async def erase(self, merchant_no: str, ground: str, act: Act, retention: Retention, today: date) -> Erased:
        """Erases everything of a merchant and of the people behind it, and removes the copies.

        `ground` is a code: `retention-ended`, `subject-request`. Again is no error and finishes what was cut off.
        Raises `ErasureRefusedError`, `journal.parties.NoSuchMerchantError`, `journal.privacy.OvertakenError`, and
        `journal.files.StoreAwayError` when the key is destroyed but documents could not be removed yet.
        """
        async with transaction(self._pool) as connection:
            await self._privacy.holding(merchant_no, within=connection)  # of someone unknown, no key is destroyed
            if new := await self._vault.forget(subject_of(merchant_no), within=connection):
                # Asked only now that whoever wrote for this person has ended, and whoever will write waits for us.
                holding = await self._privacy.holding(merchant_no, within=connection)
                if found := obstacles(holding, retention, today):
                    raise ErasureRefusedError(merchant_no, found)
                await note(
                    connection,
                    merchant_no,
                    "SubjectErased",
                    {
                        "ground": ground,
                        "retention_version": retention.version,
                        **await self._counted(connection, merchant_no),
                    },
                    act,
                )
        await self.remove_copies(merchant_no, act.occurred_at)
        noted = await self._noted(merchant_no)
        data = json.loads(noted.data) if noted else {}
        return Erased(
            merchant_no,
            noted.occurred_at if noted else act.occurred_at,
            data.get("documents", 0),
            data.get("records", 0),
            new,
        )

    async def erased_at(self, merchant_no: str) -> datetime | None:
        """When the merchant's data was erased; None when it was not."""
        noted = await self._noted(merchant_no)
        return datetime.fromisoformat(noted.occurred_at) if noted else None

    async def remove_copies(self, merchant_no: str, at: str) -> None:
        """Removes what is still kept sealed of an erased merchant: documents first, one by one, then all the rest.

        Raises `journal.files.StoreAwayError`; then a later call goes on.
        """
        asked = {"merchant_no": merchant_no, "subject": subject_of(merchant_no), "at": at}
        async with reading(self._pool) as connection:
            kept = await (await connection.execute(SQL["kept_files"], asked)).fetchall()
        for (document_id,) in kept:
            await self._files.remove(document_id)
        async with transaction(self._pool) as connection:
            emptied = (await connection.execute(SQL["empty_records"], asked)).rowcount
            for statement in ("shut_out", "drop_sessions", "drop_tokens", "drop_answers", "nothing_to_tell"):
                await connection.execute(SQL[statement], asked)
            if kept or emptied:
                fact = {"documents": len(kept), "records": emptied}
                end = len(await writing.read(connection, stream_of(merchant_no)))
                await note(connection, merchant_no, "CopiesRemoved", fact, Act(DESK, f"copies:{end}", at))

    async def unfinished(self, limit: int = 50) -> tuple[str, ...]:
        """Merchants that were erased and of whom something sealed is still kept."""
        async with reading(self._pool) as connection:
            rows = await (await connection.execute(SQL["unfinished"], {"limit": limit})).fetchall()
        return tuple(merchant_no for (merchant_no,) in rows)

    async def _counted(self, connection: Connection, merchant_no: str) -> dict[str, int]:
        asked = {"subject": subject_of(merchant_no)}
        files = await (await connection.execute(SQL["files_of"], asked)).fetchall()
        records = await (await connection.execute(SQL["records_of"], asked)).fetchall()
        return {"documents": len(files), "records": len(records)}

    async def _noted(self, merchant_no: str) -> Entry | None:
        return next((e for e in await self._privacy.notes(merchant_no) if e.type == "SubjectErased"), None)
