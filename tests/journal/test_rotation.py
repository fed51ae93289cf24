"""A new key-encryption key takes the old one's place without anything becoming unreadable on the way."""

import asyncio

import pytest

from journal.keys import InvalidKekError, Kek, Keyring, WrongKekError
from journal.rotation import RetiredKekError, SameKekError, rotate
from journal.vault import ForgottenError, Vault

OLD, NEW, THIRD = "11" * 32, "22" * 32, "33" * 32


def subjects(count):
    return [f"merchant:{n}" for n in range(count)]


@pytest.fixture
async def refs(vault):
    """One record of each of seven merchants, sealed while the old key was current."""
    return {subject: await vault.put(subject, "note", {"of": subject}) for subject in subjects(7)}


async def used(pool):
    """Which keys wrap how many data keys."""
    query = "select kek_id, count(*) from journal.vault_subjects where wrapped_key is not null group by kek_id"
    async with pool.connection() as connection:
        return dict(await (await connection.execute(query)).fetchall())


async def test_everything_opens_with_the_new_key_and_nothing_with_the_old_one(pool, refs):
    told = []
    rotated = await rotate(pool, OLD, NEW, batch=3, progress=lambda done, total: told.append((done, total)))
    assert (rotated.old, rotated.new, rotated.wrapped) == (Kek(OLD).id, Kek(NEW).id, 7)
    assert told == [(3, 7), (6, 7), (7, 7)]
    assert await used(pool) == {Kek(NEW).id: 7}
    assert {s: (await Vault(pool, NEW).get(ref))["of"] for s, ref in refs.items()} == {s: s for s in refs}
    with pytest.raises(WrongKekError, match=f"{Kek(NEW).id}.*holds {Kek(OLD).id}"):
        await Vault(pool, OLD).get(refs["merchant:0"])


async def test_blind_indexes_and_sealed_documents_outlast_it(pool, vault):
    await vault.index("merchant:1", "uscc", "91310115MA1K0XQ7HQ")
    sealed = await vault.seal("merchant:1", "document D-1", b"licence")
    await rotate(pool, OLD, NEW)
    after = Vault(pool, NEW)
    assert await after.find("uscc", "91310115MA1K0XQ7HQ") == ("merchant:1",)
    assert await after.unseal("merchant:1", "document D-1", sealed) == b"licence"


async def test_cut_off_in_the_middle_both_keys_read_and_write_and_a_repeat_finishes_it(pool, refs):
    class CutOffError(Exception):
        pass

    def cut_off(done, total):
        raise CutOffError

    with pytest.raises(CutOffError):
        await rotate(pool, OLD, NEW, batch=3, progress=cut_off)
    assert await used(pool) == {Kek(OLD).id: 4, Kek(NEW).id: 3}

    both = Vault(pool, Keyring(OLD, NEW))
    await both.check()
    assert [(await both.get(ref))["of"] for ref in refs.values()] == list(refs)
    new = await both.put("merchant:new", "note", {"of": "new"})
    with pytest.raises(WrongKekError):
        await Vault(pool, OLD).check()
    with pytest.raises(WrongKekError):
        await Vault(pool, NEW).check()

    assert (await rotate(pool, OLD, NEW)).wrapped == 4
    await Vault(pool, NEW).check()
    assert (await Vault(pool, NEW).get(new))["of"] == "new"
    assert (await rotate(pool, OLD, NEW)).wrapped == 0


async def test_a_process_that_began_before_looks_for_the_key_it_does_not_know(pool, refs):
    written_down = []
    running = Vault(pool, Keyring(OLD, more=lambda: tuple(written_down)))
    assert await running.get(refs["merchant:0"])
    await rotate(pool, OLD, NEW)
    with pytest.raises(WrongKekError):
        await running.get(refs["merchant:0"])
    written_down.append(NEW)
    assert (await running.get(refs["merchant:0"]))["of"] == "merchant:0"
    assert await running.put("merchant:8", "note", {})


async def test_new_merchants_that_come_in_meanwhile_are_not_left_under_the_old_key(pool, refs):
    busy = Vault(pool, Keyring(OLD, NEW))

    async def come_in(n):
        return await busy.put(f"merchant:late-{n}", "note", {"n": n})

    late, rotated = await asyncio.gather(
        asyncio.gather(*(come_in(n) for n in range(40))), rotate(pool, OLD, NEW, batch=2)
    )
    assert rotated.wrapped >= 7
    assert set(await used(pool)) == {Kek(NEW).id}
    assert [(await Vault(pool, NEW).get(ref))["n"] for ref in late] == list(range(40))


async def test_a_data_key_that_is_being_made_while_the_key_changes_is_waited_for(pool, refs):
    busy = Vault(pool, OLD)
    async with pool.connection() as connection, connection.transaction():
        ref = await busy.put("merchant:late", "note", {"n": 1}, within=connection)
        rotation = asyncio.create_task(rotate(pool, OLD, NEW))
        await asyncio.sleep(0.2)
        assert not rotation.done()
    assert (await rotation).wrapped == 8
    assert await Vault(pool, NEW).get(ref) == {"n": 1}


async def test_the_forgotten_stay_forgotten(pool, vault, refs):
    await vault.forget("merchant:1")
    assert (await rotate(pool, OLD, NEW)).wrapped == 6
    with pytest.raises(ForgottenError):
        await Vault(pool, NEW).get(refs["merchant:1"])


@pytest.mark.parametrize(("old", "new", "error", "says"), [
    (THIRD, NEW, WrongKekError, Kek(OLD).id),
    (OLD, OLD, SameKekError, "is the old one"),
    (OLD, "22", InvalidKekError, "64 hex digits"),
    ("", NEW, InvalidKekError, "has no key"),
])  # fmt: skip
async def test_with_wrong_keys_nothing_changes(pool, refs, old, new, error, says):
    with pytest.raises(error, match=says):
        await rotate(pool, old, new)
    assert await used(pool) == {Kek(OLD).id: 7}
    await Vault(pool, OLD).check()


async def test_while_it_is_unfinished_no_third_key_is_taken(pool, refs):
    async with pool.connection() as connection:
        await connection.execute("update journal.vault_keks set retired_at = now()")
        await connection.execute("insert into journal.vault_keks (kek_id) values (%s)", (Kek(NEW).id,))
    with pytest.raises(WrongKekError, match=Kek(OLD).id):
        await rotate(pool, NEW, THIRD)
    assert (await rotate(pool, OLD, NEW)).wrapped == 7


async def test_a_key_that_was_given_up_does_not_come_back(pool, refs):
    await rotate(pool, OLD, NEW)
    with pytest.raises(RetiredKekError, match=Kek(OLD).id):
        await rotate(pool, NEW, OLD)


async def test_a_vault_never_written_to_can_be_given_another_key(pool):
    assert (await rotate(pool, OLD, NEW)).wrapped == 0
    assert await Vault(pool, NEW).put("merchant:1", "note", {})
