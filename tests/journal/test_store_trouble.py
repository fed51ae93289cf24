"""A folder that is full, read-only or gone: said in words, nothing half-kept. It is a small disk in memory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.files import Files, StoreAwayError

SUBJECT = "merchant:1"


def mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """64 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mount(folder, "size=64k"):
        pytest.skip("only root, where mounting is allowed, can make a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def kept(disk: Path) -> list[Path]:
    return [path for path in disk.rglob("*") if path.is_file()]


async def test_a_full_disk_keeps_nothing_of_a_document_and_what_was_there_before(disk, pool, vault):
    files = Files(disk, pool, vault)
    await files.put("D-1", SUBJECT, b"small")
    with pytest.raises(StoreAwayError) as refused:
        await files.put("D-2", SUBJECT, bytes(200_000))
    assert refused.value.why == "full"
    assert len(kept(disk)) == 1
    assert [file.document_id for file in await files.of(SUBJECT)] == ["D-1"]
    assert await files.get("D-1") == b"small"
    await files.put("D-2", SUBJECT, b"small, too")


async def test_a_read_only_disk_is_read_and_takes_nothing(disk, pool, vault):
    files = Files(disk, pool, vault)
    await files.put("D-1", SUBJECT, b"small")
    assert mount(disk, "remount,ro")
    for change in (files.put("D-2", SUBJECT, b"more"), files.remove("D-1"), files.delete("D-1")):
        with pytest.raises(StoreAwayError) as refused:
            await change
        assert refused.value.why == "read-only"
    assert await files.get("D-1") == b"small"
    assert [file.document_id for file in await files.of(SUBJECT)] == ["D-1"]


async def test_a_folder_that_went_away_is_told(tmp_path, pool, vault):
    files = Files(tmp_path / "files", pool, vault)
    assert await files.reachable()
    (tmp_path / "files").rmdir()
    (tmp_path / "files").write_text("a file in its place")
    assert not await files.reachable()
    with pytest.raises(StoreAwayError):
        await files.put("D-1", SUBJECT, b"small")
    assert await files.of(SUBJECT) == ()
