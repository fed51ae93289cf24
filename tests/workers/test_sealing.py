"""The relay seals the journal by itself, says what keeps it from that once, and goes on when it is mended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from domain.stream import Draft, Head, seal
from journal import Journal
from journal.outside import Outside
from journal.requests import compose
from journal.sealing import Sealer
from workers.sealing import Sealing

AT = "2026-03-02T01:00:00.000000+00:00"


@pytest.fixture
async def journal(database: str) -> AsyncIterator[Journal]:
    async with await Journal.open(database) as opened:
        yield opened


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(tmp_path / "checkpoints")


async def written(journal: Journal, *names: str) -> None:
    """A look at each of these merchants' data."""
    for name in names:
        stream = f"looks:{name}"
        entries = seal(
            stream, Head(), [Draft("PersonalDataSeen", 1, 1, "{}")],
            occurred_at=AT, actor="officer:officer1", command_id="look",
        )  # fmt: skip
        await journal.append(compose("looks", Head(), entries))


async def test_what_was_written_is_sealed_and_more_at_once(journal: Journal, outside: Outside) -> None:
    sealing = Sealing(Sealer(journal.pool, "31" * 32, outside, most_at_once=2), 60.0)
    assert not await sealing.round()
    await written(journal, "1", "2", "3")

    assert [await sealing.round() for _ in range(3)] == [True, False, False]
    assert outside.numbers() == [1, 2]


async def test_what_stands_in_the_way_is_said_once_and_tried_again(journal: Journal, outside: Outside) -> None:
    sealing = Sealing(Sealer(journal.pool, "31" * 32, outside), 60.0)
    await written(journal, "1")
    outside.folder.write_text("a file where the folder should be")
    with capture_logs() as lines:
        assert [await sealing.round() for _ in range(3)] == [False, False, False]
    assert [line["event"] for line in lines] == ["no checkpoint can be made"]

    outside.folder.unlink()
    await written(journal, "2")
    with capture_logs() as lines:
        await sealing.round()
    assert [(line["event"], line["number"]) for line in lines] == [("checkpoint", 2)]
    assert outside.numbers() == [1, 2], "the file of the first follows, too"


async def test_a_wrong_key_seals_nothing(journal: Journal, outside: Outside) -> None:
    await written(journal, "1")
    await Sealing(Sealer(journal.pool, "31" * 32, outside), 60.0).round()
    await written(journal, "2")
    with capture_logs() as lines:
        await Sealing(Sealer(journal.pool, "32" * 32, outside), 60.0).round()
    assert "THAW_SIGNING_KEY" in lines[0]["error"]
    assert outside.numbers() == [1]
