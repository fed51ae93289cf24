"""Taking a control out of the case it was attached to, when that case closed before it could take it up.

Intake then opens a new case by the same control. Each step may be repeated, so a crash between them loses nothing.
"""

from __future__ import annotations

from journal.statements import Pool, load

SQL = load("readmission")


async def drop_attached(pool: Pool, control_id: str) -> bool:
    """Takes away a control that still only stands by intake; False when it is gone, or its case has taken it up."""
    async with pool.connection() as connection:
        return bool((await connection.execute(SQL["drop_attached"], {"control_id": control_id})).rowcount)


async def move_ref(pool: Pool, source: str, external_ref: str, case_id: str) -> None:
    """Lets a source's name for a control lead to `case_id`."""
    named = {"source": source, "external_ref": external_ref, "case_id": case_id}
    async with pool.connection() as connection:
        await connection.execute(SQL["move_ref"], named)
