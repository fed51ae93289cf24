"""Documents come back as they were put, lie sealed on disk, and are gone with their subject's key."""

import asyncio
import hashlib

import pytest
from psycopg.errors import QueryCanceled

from journal.files import AnotherFileError, Files, NoSuchFileError
from journal.keys import DamagedError
from journal.vault import ForgottenError, Vault, WrongKekError

LICENCE = "营业执照 张三饮食店 91310115MA1K0XQ7HQ".encode() * 500
SUBJECT = "merchant:1"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "a folder with spaces" / "文件"


@pytest.fixture
def files(folder, pool, vault):
    return Files(folder, pool, vault)


def _on_disk(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_document_comes_back_as_it_was_put(files):
    stored = await files.put("D-1", SUBJECT, LICENCE)
    assert stored.sha256 == hashlib.sha256(LICENCE).hexdigest()
    assert stored.size == len(LICENCE)
    assert await files.get("D-1") == LICENCE
    assert await files.find("D-1") == stored


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 40_000], ids=["empty", "ten megabytes"])
async def test_size_does_not_matter(files, content):
    await files.put("D-1", SUBJECT, content)
    assert await files.get("D-1") == content


async def test_the_folder_holds_no_plain_bytes_and_is_closed_to_others(files, folder):
    await files.put("D-1", SUBJECT, LICENCE)
    (path,) = _on_disk(folder)
    assert "张三饮食店".encode() not in path.read_bytes()
    assert folder.stat().st_mode & 0o077 == 0


async def test_the_same_document_again_is_stored_once(files, folder):
    first = await files.put("D-1", SUBJECT, LICENCE)
    assert await files.put("D-1", SUBJECT, LICENCE) == first
    assert len(_on_disk(folder)) == 1


@pytest.mark.parametrize(("subject", "content"), [(SUBJECT, b"other"), ("merchant:2", LICENCE)])
async def test_a_taken_id_is_refused_and_leaves_no_file(files, folder, subject, content):
    await files.put("D-1", SUBJECT, LICENCE)
    with pytest.raises(AnotherFileError, match="D-1"):
        await files.put("D-1", subject, content)
    assert await files.get("D-1") == LICENCE
    assert len(_on_disk(folder)) == 1


async def test_of_two_documents_put_under_one_id_at_once_one_is_stored(files, folder):
    put = await asyncio.gather(
        files.put("D-1", SUBJECT, b"one"), files.put("D-1", SUBJECT, b"two"), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in put) == ["AnotherFileError", "StoredFile"]
    assert await files.get("D-1") in (b"one", b"two")
    assert len(_on_disk(folder)) == 1


@pytest.mark.parametrize("document_id", ["", "../../etc/passwd", "a/b", ".hidden", "x" * 81])
async def test_an_id_that_could_lead_elsewhere_is_refused(files, document_id):
    with pytest.raises(ValueError, match="not a document id"):
        await files.put(document_id, SUBJECT, LICENCE)


async def test_a_deleted_document_is_gone_from_table_and_folder(files, folder):
    await files.put("D-1", SUBJECT, LICENCE)
    assert await files.delete("D-1")
    assert _on_disk(folder) == []
    with pytest.raises(NoSuchFileError):
        await files.get("D-1")
    assert not await files.delete("D-1")


async def test_a_subjects_documents_are_listed_in_the_order_they_came(files):
    for document_id in ("D-2", "D-1"):
        await files.put(document_id, SUBJECT, document_id.encode())
    await files.put("D-3", "merchant:2", b"x")
    assert [file.document_id for file in await files.of(SUBJECT)] == ["D-2", "D-1"]


async def test_forgetting_the_subject_closes_its_documents(files, vault):
    await files.put("D-1", SUBJECT, LICENCE)
    await vault.forget(SUBJECT)
    with pytest.raises(ForgottenError):
        await files.get("D-1")
    assert (await files.find("D-1")).sha256 == hashlib.sha256(LICENCE).hexdigest()


async def test_nothing_is_stored_about_a_forgotten_subject(files, vault, folder):
    await vault.forget(SUBJECT)
    with pytest.raises(ForgottenError):
        await files.put("D-1", SUBJECT, LICENCE)
    assert _on_disk(folder) == []


async def test_another_key_encryption_key_reads_nothing(files, folder, pool):
    await files.put("D-1", SUBJECT, LICENCE)
    with pytest.raises(WrongKekError):
        await Files(folder, pool, Vault(pool, "22" * 32)).get("D-1")


async def test_a_changed_byte_on_disk_is_noticed(files, folder):
    await files.put("D-1", SUBJECT, LICENCE)
    (path,) = _on_disk(folder)
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    with pytest.raises(DamagedError, match="D-1"):
        await files.get("D-1")


async def test_two_documents_swapped_on_disk_are_noticed(files, folder):
    one, two = await files.put("D-1", SUBJECT, b"one"), await files.put("D-2", SUBJECT, b"two")
    (folder / one.object_key).write_bytes((folder / two.object_key).read_bytes())
    with pytest.raises(DamagedError, match="D-1"):
        await files.get("D-1")


async def test_a_missing_file_on_disk_is_named(files, folder):
    stored = await files.put("D-1", SUBJECT, LICENCE)
    (folder / stored.object_key).unlink()
    with pytest.raises(DamagedError, match=r"D-1.*missing"):
        await files.get("D-1")


async def test_a_document_whose_row_cannot_be_written_leaves_no_file(files, folder, pool):
    async with pool.connection() as connection:
        await connection.execute(
            "create function journal.full() returns trigger language plpgsql as "
            "$$ begin raise 'disk full' using errcode = 'query_canceled'; end $$"
        )
        await connection.execute(
            "create trigger full_disk before insert on journal.files execute function journal.full()"
        )
    with pytest.raises(QueryCanceled):
        await files.put("D-1", SUBJECT, LICENCE)
    assert _on_disk(folder) == []
