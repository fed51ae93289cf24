"""Personal data can be read with the right key, by nobody else, and not at all once its subject is forgotten."""

import asyncio

import pytest
from psycopg import Rollback
from psycopg.sql import SQL, Identifier

from journal.keys import DamagedError, InvalidKekError, Kek
from journal.vault import ForgottenError, NoSuchRecordError, Vault, WrongKekError

OTHER_KEK = "22" * 32
LI = {"name": "李小龙", "resident_id": "110101199003078312"}
WANG = {"name": "王芳", "resident_id": "310101198512123421"}


@pytest.fixture
async def sealed(vault):
    """References to one record of each of two merchants."""
    return await vault.put("merchant:1", "identity", LI), await vault.put("merchant:2", "identity", WANG)


async def test_what_was_put_is_what_is_got(vault):
    ref = await vault.put("merchant:1", "identity", LI)
    assert await vault.get(ref) == LI


async def test_many_records_come_in_one_answer(vault, sealed):
    first, second = sealed
    assert await vault.get_many([first, second, first]) == {first: LI, second: WANG}


async def test_a_reference_tells_nothing_about_its_subject(vault):
    ref = await vault.put("merchant:898310154110001", "identity", LI)
    assert "898310154110001" not in ref
    assert "identity" not in ref


async def test_equal_data_is_sealed_differently_each_time(vault, pool):
    await vault.put("merchant:1", "identity", LI)
    await vault.put("merchant:1", "identity", LI)
    assert len(await _column(pool, "vault_records", "sealed")) == 2
    assert len(set(await _column(pool, "vault_records", "sealed"))) == 2


async def test_an_unknown_reference_is_named_in_the_error(vault, sealed):
    with pytest.raises(NoSuchRecordError, match="vault-nowhere"):
        await vault.get_many([sealed[0], "vault-nowhere"])


async def test_no_plain_text_reaches_the_database(vault, pool):
    await vault.put("merchant:1", "identity", LI)
    await vault.index("merchant:1", "resident_id", LI["resident_id"])
    for table in ("vault_keks", "vault_subjects", "vault_records", "vault_index"):
        for encoding in ("utf-8", "gbk"):
            for plain in LI.values():
                rows = await _rows(pool, table)
                assert not any(plain.encode(encoding).hex() in row for row in rows)


async def test_each_subject_has_one_key_of_its_own(vault, pool, sealed):
    await vault.put("merchant:1", "contacts", {"contacts": []})
    assert sorted(await _column(pool, "vault_subjects", "subject")) == ["merchant:1", "merchant:2"]
    assert len(set(await _column(pool, "vault_subjects", "wrapped_key"))) == 2


async def test_first_records_put_at_the_same_time_share_one_key(vault):
    refs = await asyncio.gather(*(vault.put("merchant:1", "note", {"n": n}) for n in range(4)))
    assert [(await vault.get(ref))["n"] for ref in refs] == [0, 1, 2, 3]


class TestForgetting:
    async def test_a_forgotten_subject_cannot_be_read(self, vault, sealed):
        assert await vault.forget("merchant:1")
        with pytest.raises(ForgottenError, match="merchant:1"):
            await vault.get(sealed[0])

    async def test_the_key_is_gone_from_the_database(self, vault, pool, sealed):
        await vault.forget("merchant:1")
        assert await _column(pool, "vault_subjects", "wrapped_key where subject = 'merchant:1'") == [None]

    async def test_others_are_still_read(self, vault, sealed):
        await vault.forget("merchant:1")
        assert await vault.get(sealed[1]) == WANG

    async def test_nothing_is_written_about_a_forgotten_subject(self, vault, sealed):
        await vault.forget("merchant:1")
        with pytest.raises(ForgottenError):
            await vault.put("merchant:1", "identity", LI)

    async def test_a_forgotten_subject_is_no_longer_found(self, vault):
        await vault.index("merchant:1", "uscc", "91310115MA1K0XQ7HQ")
        await vault.forget("merchant:1")
        assert await vault.find("uscc", "91310115MA1K0XQ7HQ") == ()

    async def test_forgetting_twice_says_so(self, vault, sealed):
        assert await vault.forget("merchant:1")
        assert not await vault.forget("merchant:1")

    async def test_a_subject_never_seen_can_be_forgotten_in_advance(self, vault):
        assert await vault.forget("merchant:9")
        with pytest.raises(ForgottenError):
            await vault.put("merchant:9", "identity", LI)

    async def test_what_is_being_written_is_finished_first_and_forgotten_too(self, vault, pool):
        async with pool.connection() as connection:
            async with connection.transaction():
                ref = await vault.put("merchant:1", "identity", LI, within=connection)
                forgetting = asyncio.create_task(vault.forget("merchant:1"))
                assert await vault.get(ref, within=connection) == LI
            assert await forgetting
        with pytest.raises(ForgottenError):
            await vault.get(ref)

    async def test_it_does_not_happen_when_the_callers_transaction_fails(self, vault, pool, sealed):
        async with pool.connection() as connection, connection.transaction():
            await vault.forget("merchant:1", within=connection)
            raise Rollback
        assert await vault.get(sealed[0]) == LI


class TestWrongKeys:
    async def test_another_key_encryption_key_reads_nothing_and_names_both_keys(self, pool, sealed):
        with pytest.raises(WrongKekError, match=f"{Kek('11' * 32).id}.*vault_key holds {Kek(OTHER_KEK).id}"):
            await Vault(pool, OTHER_KEK).get(sealed[0])

    @pytest.mark.parametrize("subject", ["merchant:1", "merchant:new"])
    async def test_another_key_encryption_key_writes_nothing(self, pool, sealed, subject):
        with pytest.raises(WrongKekError):
            await Vault(pool, OTHER_KEK).put(subject, "identity", LI)
        assert len(await _column(pool, "vault_records", "ref")) == 2
        assert "merchant:new" not in await _column(pool, "vault_subjects", "subject")

    async def test_it_is_found_out_at_start(self, pool, sealed):
        await Vault(pool, "11" * 32).check()
        with pytest.raises(WrongKekError):
            await Vault(pool, OTHER_KEK).check()

    async def test_an_empty_vault_accepts_any_key(self, pool):
        await Vault(pool, OTHER_KEK).check()

    @pytest.mark.parametrize(("text", "message"), [("", "has no key"), ("abcd", "64 hex digits"), ("x" * 64, "64 hex")])
    async def test_a_key_that_is_none_is_refused_without_repeating_it(self, pool, text, message):
        with pytest.raises(InvalidKekError, match=message) as refused:
            Vault(pool, text)
        assert not text or text not in str(refused.value)

    def test_a_key_does_not_show_itself(self):
        assert "11" * 8 not in repr(Kek("11" * 32))


class TestTampering:
    @pytest.mark.parametrize("column", ["ref", "kind"])
    async def test_a_renamed_record_does_not_open(self, vault, pool, sealed, column):
        await _execute(pool, SQL("update journal.vault_records set {} = 'moved'").format(Identifier(column)), 1)
        with pytest.raises(DamagedError):
            await vault.get("moved" if column == "ref" else sealed[0])

    async def test_a_record_moved_to_another_subject_does_not_open(self, vault, pool, sealed):
        await _execute(pool, SQL("update journal.vault_records set subject = 'merchant:2'"))
        with pytest.raises(DamagedError, match=sealed[0]):
            await vault.get(sealed[0])

    async def test_two_records_swapped_do_not_open(self, vault, pool):
        first, second = await vault.put("merchant:1", "n", {"n": 1}), await vault.put("merchant:1", "n", {"n": 2})
        swap = "update journal.vault_records r set sealed = o.sealed from journal.vault_records o where o.ref <> r.ref"
        await _execute(pool, SQL(swap))
        for ref in (first, second):
            with pytest.raises(DamagedError):
                await vault.get(ref)

    async def test_a_changed_byte_does_not_open(self, vault, pool, sealed):
        await _execute(pool, SQL("update journal.vault_records set sealed = set_byte(sealed, 20, 0) || '\\x00'"))
        with pytest.raises(DamagedError):
            await vault.get(sealed[0])

    async def test_another_subjects_key_does_not_open_it(self, vault, pool, sealed):
        stolen = "update journal.vault_subjects s set wrapped_key = o.wrapped_key from journal.vault_subjects o"
        await _execute(pool, SQL(stolen + " where o.subject = 'merchant:2'"))
        with pytest.raises(DamagedError):
            await vault.get(sealed[0])


class TestBlindIndex:
    async def test_subjects_are_found_by_a_value_that_is_not_stored(self, vault):
        await vault.index("merchant:1", "uscc", "91310115MA1K0XQ7HQ")
        await vault.index("merchant:2", "uscc", "91310115MA1K0XQ7HQ")
        await vault.index("merchant:3", "uscc", "92440300MA5G8TNR4K")
        assert await vault.find("uscc", "91310115MA1K0XQ7HQ") == ("merchant:1", "merchant:2")

    async def test_a_new_value_replaces_the_old_one(self, vault):
        await vault.index("merchant:1", "uscc", "OLD")
        await vault.index("merchant:1", "uscc", "NEW")
        assert (await vault.find("uscc", "OLD"), await vault.find("uscc", "NEW")) == ((), ("merchant:1",))

    async def test_no_value_removes_the_entry(self, vault):
        await vault.index("merchant:1", "uscc", "OLD")
        await vault.index("merchant:1", "uscc", None)
        assert await vault.find("uscc", "OLD") == ()

    async def test_one_value_under_two_names_cannot_be_linked(self, vault, pool):
        await vault.index("merchant:1", "resident_id", LI["resident_id"])
        await vault.index("merchant:2", "legal_representative", LI["resident_id"])
        assert len(set(await _column(pool, "vault_index", "digest"))) == 2

    async def test_nothing_is_found_in_an_empty_vault(self, vault):
        assert await vault.find("uscc", "91310115MA1K0XQ7HQ") == ()


async def _execute(pool, statement, limit=None):
    """Changes the vault's tables as a superuser would, the first `limit` records only."""
    if limit:
        statement += SQL(" where ref = (select ref from journal.vault_records order by created_at limit 1)")
    async with pool.connection() as connection:
        await connection.execute(statement)


async def _column(pool, table, column):
    name, _, rest = column.partition(" ")
    query = SQL("select {} from {} ").format(Identifier(name), Identifier("journal", table)) + SQL(rest)
    async with pool.connection() as connection:
        return [value for (value,) in await (await connection.execute(query)).fetchall()]


async def _rows(pool, table):
    """Every row's bytes in hex: what a search through the data files would meet."""
    query = SQL("select encode(convert_to(t::text, 'UTF8'), 'hex') from {} t").format(Identifier("journal", table))
    sealed = SQL("select encode(sealed, 'hex') from journal.vault_records")
    async with pool.connection() as connection:
        rows = await (await connection.execute(query)).fetchall() + await (await connection.execute(sealed)).fetchall()
    return [row for (row,) in rows]
