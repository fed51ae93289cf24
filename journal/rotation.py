"""A new key-encryption key for the vault: every data key is wrapped anew, in batches, while the desk goes on working.

First the new key becomes the current one: what is sealed from then on for new subjects is under it. Then the data keys
under the old one follow, a batch a transaction. In between both keys are needed, and every process accepts both; a
rotation that was cut off goes on where it stopped when it is asked for again with the same two keys. What is sealed
under the data keys themselves stays as it is, documents and blind indexes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from journal.keys import Kek, WrongKekError
from journal.statements import Connection, Pool, load, transaction

SQL = load("rotation")
BATCH = 500

Progress = Callable[[int, int], None]
"""Told after each batch how many data keys were wrapped anew, and how many there were to wrap."""


class SameKekError(ValueError):
    """The new key is the old one."""

    def __init__(self, kek_id: str) -> None:
        super().__init__(f"the new key-encryption key is the old one ({kek_id}); give another")


class RetiredKekError(ValueError):
    """The new key was in use once and was given up."""

    def __init__(self, kek_id: str) -> None:
        super().__init__(f"key-encryption key {kek_id} was given up before; make a fresh one")


@dataclass(frozen=True, slots=True)
class Rotated:
    """From which key to which (their fingerprints), and how many data keys this call wrapped anew."""

    old: str
    new: str
    wrapped: int


async def rotate(pool: Pool, old: str, new: str, *, batch: int = BATCH, progress: Progress | None = None) -> Rotated:
    """Wraps every data key under `new` (64 hex digits) instead of `old`. Returns when none is left under `old`.

    Raises `InvalidKekError` for what is no key, `SameKekError`, `RetiredKekError`, and `WrongKekError` when some of the
    vault is under a third key: then nothing was changed.
    """
    before, after = Kek(old), Kek(new)
    if before.id == after.id:
        raise SameKekError(after.id)
    await _make_current(pool, before, after)
    todo, done = await _left(pool, before), 0
    while True:
        async with transaction(pool) as connection:
            wrapped = await _wrap_batch(connection, before, after, batch)
        if not wrapped:
            return Rotated(before.id, after.id, done)
        done += wrapped
        if progress is not None:
            progress(done, max(todo, done))


async def _make_current(pool: Pool, before: Kek, after: Kek) -> None:
    """Retires the old key and introduces the new one; nothing happens when an earlier call got this far."""
    async with transaction(pool) as connection:
        rows = await (await connection.execute(SQL["keks"])).fetchall()
        for kek_id, retired, used in rows:
            if kek_id == after.id and retired:
                raise RetiredKekError(after.id)
            if kek_id not in {before.id, after.id} and (used or not retired):
                raise WrongKekError(kek_id, (before.id, after.id))
        if (after.id, False) not in {(kek_id, retired) for kek_id, retired, _ in rows}:
            if rows and before.id not in {kek_id for kek_id, _, _ in rows}:
                current = next(kek_id for kek_id, retired, _ in rows if not retired)
                raise WrongKekError(current, (before.id,))
            await connection.execute(SQL["retire"])
            await connection.execute(SQL["introduce"], {"kek_id": after.id})


async def _left(pool: Pool, before: Kek) -> int:
    async with transaction(pool) as connection:
        row = await (await connection.execute(SQL["left"], {"kek_id": before.id})).fetchone()
        return int(row[0]) if row else 0


async def _wrap_batch(connection: Connection, before: Kek, after: Kek, batch: int) -> int:
    rows = await (await connection.execute(SQL["batch"], {"kek_id": before.id, "limit": batch})).fetchall()
    if rows:
        wrapped = [after.wrap(before.unwrap(bytes(key))) for _, key in rows]
        subjects = [subject for subject, _ in rows]
        await connection.execute(SQL["wrap"], {"kek_id": after.id, "subjects": subjects, "wrapped": wrapped})
    return len(rows)
