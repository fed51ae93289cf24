"""Checkpoints seal every head that moved, in the database and in files outside, under keys that follow each other."""

import asyncio
import json

import psycopg
import pytest

from domain.merkle import leaf_hash, proven_root, root_of
from domain.stream import GENESIS
from journal.checkpoint import Checkpoint
from journal.outside import OutsideError
from journal.proofs import proof_of
from journal.sealing import AlteredSealsError, Sealer, WrongSigningKeyError
from journal.signing import InvalidSigningKeyError, Signed, SigningKey

KEY, NEXT_KEY, OTHER_KEY = "31" * 32, "32" * 32, "33" * 32
NOW = "2026-03-02T01:00:00.000000+00:00"


async def test_an_empty_journal_has_no_checkpoint(sealer, outside):
    sealed = await sealer.seal(NOW)

    assert (sealed.checkpoint, sealed.heads) == (None, 0)
    assert outside.numbers() == []


async def test_the_first_checkpoint_seals_every_head(sealer, outside, opened):
    cases = [await opened(stream) for stream in ("FA-1", "FA-2", "FA-3")]

    sealed = await sealer.seal(NOW)

    checkpoint = sealed.checkpoint
    assert sealed.heads == 3
    assert (checkpoint.number, checkpoint.previous, checkpoint.made_at) == (1, GENESIS, NOW)
    assert (checkpoint.streams, checkpoint.events) == (3, 3)
    assert checkpoint.key == SigningKey(KEY).public
    leaves = [leaf_hash(case.stream, case.head.position, case.head.hash) for case in cases]
    assert checkpoint.root == root_of(leaves).hex()
    signed = outside.read(1)
    assert Checkpoint.of(signed) == checkpoint
    assert signed.is_by(SigningKey(KEY).public)
    assert not signed.is_by(SigningKey(OTHER_KEY).public)
    assert outside.ring().problem() is None


async def test_a_quiet_journal_gets_no_new_checkpoint(sealer, opened):
    await opened("FA-1")
    first = await sealer.seal(NOW)

    again = await sealer.seal(NOW)

    assert (again.checkpoint, again.heads) == (first.checkpoint, 0)
    assert (await sealer.seal(NOW, everything=True)).heads == 0


@pytest.mark.parametrize("everything", [False, True])
async def test_later_checkpoints_seal_what_moved_and_what_is_new(sealer, outside, opened, everything):
    for number in range(11):
        await opened(f"FA-{number:02}")
    first = (await sealer.seal(NOW)).checkpoint
    for moved in ("FA-03", "FA-10"):
        await opened(moved, "confirm")
    for new in ("FA-0", "FA-99"):
        await opened(new)

    sealed = await sealer.seal(NOW, everything=everything)

    assert sealed.heads == 4
    assert sealed.checkpoint.previous == outside.read(1).hash
    assert (sealed.checkpoint.streams, sealed.checkpoint.events) == (13, 15)
    assert sealed.checkpoint.root != first.root
    for stream in ("FA-03", "FA-04", "FA-99"):
        proof = await proof_of(sealer.pool, stream)
        leaf = leaf_hash(stream, proof.head.position, proof.head.hash)
        path = [bytes.fromhex(step) for step in proof.path]
        assert proven_root(13, proof.head.leaf, leaf, path).hex() == sealed.checkpoint.root
        assert proof.head.position == (2 if stream == "FA-03" else 1)
        assert Checkpoint.of(proof.checkpoint) == sealed.checkpoint
    assert await proof_of(sealer.pool, "FA-none") is None


async def test_heads_beyond_the_most_at_once_come_under_the_next_checkpoints(pool, outside, opened):
    sealer = Sealer(pool, KEY, outside, most_at_once=2)
    for number in range(5):
        await opened(f"FA-{number}")

    rounds = [await sealer.seal(NOW) for _ in range(4)]

    assert [sealed.heads for sealed in rounds] == [2, 2, 1, 0]
    assert [sealed.more for sealed in rounds] == [True, True, False, False]
    assert rounds[-1].checkpoint.streams == 5


async def test_one_stream_is_sealed_first_when_it_is_asked_for(pool, outside, opened):
    for number in range(5):
        await opened(f"FA-{number}")

    await Sealer(pool, KEY, outside, most_at_once=1).seal(NOW, stream="FA-3")

    assert (await proof_of(pool, "FA-3")).head.leaf == 0


async def test_what_was_committed_late_is_sealed_by_the_next_checkpoint(sealer, database, opened, writer):
    """A transaction that began before a checkpoint and committed after it is not passed over."""
    late = writer("looks-1", kind="looks")
    await opened("FA-1")
    async with await psycopg.AsyncConnection.connect(database) as slow:
        await slow.execute("select pg_current_xact_id()")
        await sealer.seal(NOW)
        await opened("FA-2")
        await sealer.seal(NOW)
        (entry,) = late.entries("look", "PersonalDataSeen")
        await slow.execute(
            "with head as (insert into journal.streams (stream, kind, position, head, version) "
            "values (%(stream)s, 'looks', 1, decode(%(hash)s, 'hex'), 1)) "
            "insert into journal.events (stream, position, version, type, form, occurred_at, actor, command_id, "
            "ordinal, data, previous_hash, hash) values (%(stream)s, 1, 1, %(type)s, 1, %(occurred_at)s, %(actor)s, "
            "%(command_id)s, 1, %(data)s, decode(%(previous_hash)s, 'hex'), decode(%(hash)s, 'hex'))",
            entry.row(),
        )

    sealed = await sealer.seal(NOW)

    assert sealed.heads == 1
    assert (await proof_of(sealer.pool, "looks-1")).head.position == 1


async def test_many_makers_make_one_chain(pool, outside, opened):
    makers = [Sealer(pool, KEY, outside) for _ in range(4)]
    for number in range(6):
        await opened(f"FA-{number}")
        await asyncio.gather(*(maker.seal(NOW) for maker in makers))

    chain = [outside.read(number) for number in outside.numbers()]

    assert len(chain) == 6
    assert [Checkpoint.of(one).previous for one in chain] == [GENESIS, *(one.hash for one in chain[:-1])]


async def test_checkpoints_cannot_be_changed_by_those_who_obey_the_triggers(sealer, opened, pool):
    await opened("FA-1")
    await sealer.seal(NOW)

    for table in ("checkpoints", "signing_keys", "sealed_heads"):
        async with pool.connection() as connection:
            with pytest.raises(psycopg.errors.RestrictViolation):
                await connection.execute(f"delete from journal.{table}".encode())


async def test_a_missing_file_is_written_again_with_the_next_checkpoint(sealer, outside, opened):
    for stream in ("FA-1", "FA-2", "FA-3"):
        await opened(stream)
        await sealer.seal(NOW)
    kept = [outside.read(number) for number in (1, 2, 3)]
    for number in (2, 3):
        (outside.folder / f"{number:08d}.json").unlink()

    await sealer.seal(NOW)

    assert [outside.read(number) for number in outside.numbers()] == kept


async def test_a_database_that_is_behind_the_files_gets_no_new_checkpoint(sealer, outside, opened, superuser):
    for stream in ("FA-1", "FA-2"):
        await opened(stream)
        await sealer.seal(NOW)
    kept = outside.read(2)
    await superuser("delete from journal.checkpoints where number = 2")
    await superuser("delete from journal.sealed_heads where checkpoint = 2")

    with pytest.raises(OutsideError, match=r"checkpoint 2 stands in .* but not in the database"):
        await sealer.seal(NOW)
    assert outside.read(2) == kept


async def test_another_file_under_a_checkpoints_number_is_never_written_over(sealer, outside, opened):
    await opened("FA-1")
    await sealer.seal(NOW)
    path = outside.folder / "00000001.json"
    path.write_text(path.read_text().replace(NOW, NOW.replace("2026", "2025")))
    forged = path.read_text()
    await opened("FA-2")

    with pytest.raises(OutsideError, match="another checkpoint 1"):
        await sealer.seal(NOW)
    assert path.read_text() == forged


async def test_a_rewritten_head_keeps_its_old_seal_and_is_named(sealer, opened, superuser):
    for stream in ("FA-1", "FA-2"):
        await opened(stream)
    await sealer.seal(NOW)
    await superuser("update journal.streams set head = sha256('x') where stream = 'FA-1'")
    await opened("FA-2", "confirm")

    sealed = await sealer.seal(NOW, everything=True)

    assert (sealed.heads, sealed.rewritten) == (1, ("FA-1",))
    assert (await proof_of(sealer.pool, "FA-1")).head.position == 1


async def test_a_tree_that_was_lost_or_altered_is_computed_anew(sealer, opened, superuser):
    for number in range(5):
        await opened(f"FA-{number}")
    await sealer.seal(NOW)
    for damage in ("delete from journal.tree_nodes", "update journal.tree_nodes set hash = sha256('x')"):
        await superuser(damage)
        await opened("FA-3", damage)

        checkpoint = (await sealer.seal(NOW)).checkpoint

        proof = await proof_of(sealer.pool, "FA-1")
        leaf = leaf_hash("FA-1", 1, proof.head.hash)
        path = [bytes.fromhex(step) for step in proof.path]
        assert proven_root(5, proof.head.leaf, leaf, path).hex() == checkpoint.root


async def test_sealed_heads_that_were_altered_are_not_built_upon(sealer, opened, superuser):
    for number in range(5):
        await opened(f"FA-{number}")
    await sealer.seal(NOW)
    await superuser("update journal.sealed_heads set hash = sha256('x') where stream = 'FA-2'")
    await superuser("delete from journal.tree_nodes")
    await opened("FA-3", "confirm")

    with pytest.raises(AlteredSealsError, match="no longer lead to the root of checkpoint 1"):
        await sealer.seal(NOW)


async def test_a_stream_whose_seals_were_removed_is_not_sealed_as_if_it_were_new(sealer, opened, superuser):
    for number in range(3):
        await opened(f"FA-{number}")
    await sealer.seal(NOW)
    await superuser("delete from journal.sealed_heads where stream = 'FA-1'")

    with pytest.raises(AlteredSealsError, match="covers 3 streams, but the seals of 2 stand"):
        await sealer.seal(NOW, everything=True)

    for stream in ("FA-1", "FA-new"):
        await opened(stream, "later")
    sealed = await sealer.seal(NOW)
    assert (sealed.heads, sealed.rewritten) == (1, ("FA-1",))
    assert await proof_of(sealer.pool, "FA-1") is None


async def test_a_database_whose_transactions_count_from_lower_is_sealed_by_comparing_all(sealer, opened, superuser):
    """As after a dump was restored into another server."""
    await opened("FA-1")
    await sealer.seal(NOW)
    await superuser("update journal.checkpoints set seen_to = '999999999'")
    await opened("FA-1", "confirm")
    await opened("FA-2")

    assert (await sealer.seal(NOW)).heads == 2


@pytest.mark.parametrize("text", ["", "31" * 31, "31" * 33, "xy" * 32, "secret"])
def test_a_malformed_key_is_refused_without_being_shown(text):
    with pytest.raises(InvalidSigningKeyError, match="64 hex digits") as refusal:
        SigningKey(text)
    assert not text or text not in str(refusal.value)


async def test_a_key_that_was_never_introduced_signs_nothing(pool, sealer, outside, opened):
    await opened("FA-1")
    await sealer.seal(NOW)
    await opened("FA-2")

    with pytest.raises(WrongSigningKeyError, match=SigningKey(KEY).public[:16]):
        await Sealer(pool, OTHER_KEY, outside).seal(NOW)
    assert outside.numbers() == [1]


async def test_a_new_key_follows_the_old_one_which_signs_until_it_does(pool, sealer, outside, opened):
    await opened("FA-1")
    await sealer.seal(NOW)

    ring = await sealer.rotate(SigningKey(NEXT_KEY), NOW)
    assert await sealer.rotate(SigningKey(NEXT_KEY), NOW) == ring
    assert ring.keys == (SigningKey(KEY).public, SigningKey(NEXT_KEY).public)
    assert outside.ring() == ring
    assert ring.problem() is None

    for stream, key in (("FA-2", KEY), ("FA-3", NEXT_KEY)):
        await opened(stream)
        checkpoint = (await Sealer(pool, key, outside).seal(NOW)).checkpoint
        assert checkpoint.key == SigningKey(key).public
    await opened("FA-4")
    with pytest.raises(WrongSigningKeyError, match="start this process again with the new key"):
        await sealer.seal(NOW)
    with pytest.raises(WrongSigningKeyError, match="has followed"):
        await sealer.rotate(SigningKey(OTHER_KEY), NOW)


async def test_a_ring_with_a_key_nobody_introduced_is_found_out(sealer, outside, opened):
    await opened("FA-1")
    await sealer.seal(NOW)
    await sealer.rotate(SigningKey(NEXT_KEY), NOW)
    path = outside.folder / "keys.json"
    rows = json.loads(path.read_text())
    assert outside.ring().problem() is None

    rows[1] = (
        SigningKey(OTHER_KEY).sign(rows[1]["statement"] | {"public_key": SigningKey(OTHER_KEY).public}).row()
    )  # signed, but not by the key before it
    path.write_text(json.dumps(rows))

    assert "not introduced by" in outside.ring().problem()


@pytest.mark.parametrize("text", ["", "[]", '{"statement": 1, "signature": "x"}', "{"])
def test_a_file_that_is_no_checkpoint_is_refused(outside, text):
    outside.folder.mkdir()
    (outside.folder / "00000001.json").write_text(text)

    with pytest.raises(OutsideError, match="is no checkpoint"):
        outside.read(1)


def test_a_signed_statement_reads_back_as_it_was_written():
    signed = SigningKey(KEY).sign({"form": "test/1", "字": "纸", "n": 3})

    assert Signed.of_row(json.loads(json.dumps(signed.row()))) == signed
