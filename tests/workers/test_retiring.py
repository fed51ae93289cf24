"""The relay finishes erasures that were cut off, and erases by itself only where the schedule says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journal.files import Files
from journal.vault import ForgottenError
from policies import retention
from tests.desk.house import MERCHANT_NO, House, opened, prepared
from workers.file_store import bucket
from workers.retiring import Retiring
from workers.stack.ports import any_free

SUBJECT = f"merchant:{MERCHANT_NO}"
SCHEDULE = retention.load("2026-11-27")
AUTOMATIC = replace(SCHEDULE, erasing="automatic")


def in_eleven_years() -> datetime:
    now = datetime.now(UTC)
    return now.replace(year=now.year + 11, day=1)


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    """A desk eleven years on, with one document of a merchant whose retention ended."""
    async with opened(await prepared(database, tmp_path), clock=in_eleven_years) as house:
        await house.desk.files.put("DOC-1", SUBJECT, b"licence")
        yield house


async def test_what_is_due_is_left_alone_as_long_as_it_is_only_listed(house: House) -> None:
    assert SCHEDULE.erasing == "listed"
    assert [holding.merchant_no for holding, _ in await house.desk.privacy.due(SCHEDULE, in_eleven_years().date())]
    await Retiring(house.desk).round()
    assert await house.desk.files.get("DOC-1") == b"licence"


async def test_where_the_schedule_says_so_it_is_erased_once_and_signed_by_the_desk(house: House) -> None:
    retiring = Retiring(house.desk)
    assert await retiring.erase_due(AUTOMATIC) == 1
    assert await retiring.erase_due(AUTOMATIC) == 0
    with pytest.raises(ForgottenError):
        await house.desk.registry.merchant_details(MERCHANT_NO)
    notes = await house.desk.privacy.notes(MERCHANT_NO)
    assert [(note.type, note.actor) for note in notes] == [
        ("SubjectErased", "system:thaw"), ("CopiesRemoved", "system:thaw"),
    ]  # fmt: skip
    assert house.files() == []


async def test_an_erasure_that_the_document_store_held_up_is_finished_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = house.desk
    away = bucket("s3://x", endpoint=f"http://127.0.0.1:{any_free()}", region="r", key_id="k", secret="s")
    with monkeypatch.context() as instead:
        instead.setattr(desk.erasing, "_files", Files(away, desk.pool, desk.vault))
        erased = await house.compliance1.post(f"/api/v1/privacy/{SUBJECT}/erase", {"ground": "retention-ended"})
        assert erased.status_code == 503
        with pytest.raises(ForgottenError):
            await desk.files.get("DOC-1")
        assert await Retiring(desk).finish() == 0
    assert len(house.files()) == 1

    assert await Retiring(desk).finish() == 1
    assert house.files() == []
    assert await Retiring(desk).finish() == 0
    again = await house.compliance1.post(f"/api/v1/privacy/{SUBJECT}/erase", {"ground": "retention-ended"})
    assert (again.status_code, again.json()["erased_before"]) == (200, True)


async def test_answers_kept_for_repeats_go_when_their_time_is_up(house: House) -> None:
    body = {"basis": "court", "reference": "1"}
    assert (await house.compliance1.post(f"/api/v1/privacy/{SUBJECT}/holds", body, key="k-1")).status_code == 201
    assert await house.desk.idempotency.purge() == 0
    async with house.desk.pool.connection() as connection:
        await connection.execute("update journal.idempotency_keys set expires_at = now()")
    assert await Retiring(house.desk).round()
    assert not await Retiring(house.desk).round()
