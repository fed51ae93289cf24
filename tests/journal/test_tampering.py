"""What the database's superuser can do to a sealed journal, done exactly so: each is found and named."""

from __future__ import annotations

import json
from dataclasses import replace

import psycopg
import pytest

from domain.stream import Draft, Entry, Head, seal
from journal import writing
from journal.checkpoint import Checkpoint
from journal.key_ring import Ring
from journal.outside import Outside
from journal.sealing import Sealer
from journal.signing import SigningKey
from journal.verify import Plan, verify

KEY, FORGERS = SigningKey("31" * 32), SigningKey("66" * 32)
NOW = "2026-03-02T01:00:00.000000+00:00"


@pytest.fixture
async def sealed(opened, sealer):
    """Three cases of four entries, sealed by a checkpoint after each round of entries."""
    for command in ("open", "confirm", "submit", "check"):
        for stream in ("FA-1", "FA-2", "FA-3"):
            await opened(stream, command)
        await sealer.seal(NOW)


@pytest.fixture
def found(database, outside):
    """What verifying finds."""

    def run(**plan):
        report = verify(database, outside, Plan(**{"trusted": [KEY.public], **plan}))
        return [finding.problem for finding in report.findings]

    return run


@pytest.fixture
def rewrite(database):
    """Writes a case anew, its hashes and its head all as they must be: nothing in its own rows betrays it."""

    async def run(stream, change):
        async with await psycopg.AsyncConnection.connect(database) as superuser:
            await superuser.execute("set session_replication_role = replica")
            entries = change(list(await writing.read(superuser, stream)))
            chain = resealed(entries)
            await superuser.execute("delete from journal.events where stream = %s", (stream,))
            for entry in chain:
                await superuser.execute(
                    "insert into journal.events (stream, position, version, type, form, occurred_at, actor, command_id,"
                    " ordinal, data, previous_hash, hash) values (%(stream)s, %(position)s, %(version)s, %(type)s,"
                    " %(form)s, %(occurred_at)s, %(actor)s, %(command_id)s, 1, %(data)s,"
                    " decode(%(previous_hash)s, 'hex'), decode(%(hash)s, 'hex'))",
                    entry.row(),
                )
            last = chain[-1]
            await superuser.execute(
                "update journal.streams set position = %s, head = decode(%s, 'hex'), version = %s where stream = %s",
                (last.position, last.hash, last.version, stream),
            )
        return chain

    return run


def resealed(entries: list[Entry]) -> list[Entry]:
    """The entries as a chain in this order, each with its own author, time and command."""
    chain, head = [], Head()
    for entry in entries:
        draft = Draft(entry.type, entry.form, head.position + 1, entry.data)
        (one,) = seal(
            entry.stream, head, [draft],
            occurred_at=entry.occurred_at, actor=entry.actor, command_id=entry.command_id,
        )  # fmt: skip
        chain.append(one)
        head = Head(one.position, one.hash)
    return chain


def signed_row(signed, number):
    columns = "number, statement, signature, seen_to"
    values = f"{number}, '{signed.statement}', '{signed.signature}', '0'"
    return (
        f"delete from journal.checkpoints where number = {number}",
        f"insert into journal.checkpoints ({columns}) values ({values})",
    )


async def test_an_untouched_journal_is_sound(sealed, found, opened):
    assert found() == []
    await opened("FA-1", "later")
    assert found() == []


async def test_a_changed_byte(sealed, found, superuser):
    await superuser(
        "update journal.events set data = replace(data::text, '材料齐全', '材料不齐')::json "
        "where stream = 'FA-2' and position = 2"
    )

    assert found() == ["FA-2@2: its content does not match its hash"]


async def test_a_changed_byte_with_its_hash_made_to_match(sealed, found, superuser, database):
    async with await psycopg.AsyncConnection.connect(database) as reader:
        entry = (await writing.read(reader, "FA-2"))[1]
    forged = resealed([replace(entry, actor="officer:other")])[0]
    await superuser(
        f"update journal.events set actor = 'officer:other', hash = decode('{forged.hash}', 'hex') "
        "where stream = 'FA-2' and position = 2"
    )

    assert found() == ["FA-2@2: its content does not match its hash"]


async def test_a_removed_event(sealed, found, superuser):
    await superuser("delete from journal.events where stream = 'FA-2' and position = 2")

    assert found() == ["FA-2: position 3 follows 1"]


async def test_an_event_removed_and_the_chain_made_whole(sealed, found, rewrite):
    await rewrite("FA-2", lambda entries: entries[:1] + entries[2:])

    (problem,) = found()
    assert problem.startswith("FA-2@2: checkpoint 2 sealed ")
    assert problem.endswith("the chain was rewritten")


async def test_an_inserted_event(sealed, found, superuser):
    await superuser(
        "insert into journal.events (stream, position, version, type, form, occurred_at, actor, command_id, ordinal, "
        "data, previous_hash, hash) select stream, 5, version, type, form, occurred_at, actor, 'forged', 1, data, "
        "hash, sha256('x') from journal.events where stream = 'FA-2' and position = 4"
    )

    assert found() == ["FA-2@5: its content does not match its hash"]


async def test_an_event_inserted_in_the_middle_and_the_chain_made_whole(sealed, found, rewrite):
    await rewrite("FA-2", lambda e: [*e[:2], replace(e[1], command_id="forged", type="Waived"), *e[2:]])

    (problem,) = found()
    assert problem.startswith("FA-2@3: checkpoint 3 sealed ")


async def test_two_swapped_events(sealed, found, superuser):
    await superuser(
        "update journal.events set position = position + 10 where stream = 'FA-2' and position in (2, 3)",
        "update journal.events set position = 15 - position where stream = 'FA-2' and position in (12, 13)",
    )

    assert found() == ["FA-2@2: does not continue the entry before it"]


async def test_two_swapped_events_and_the_chain_made_whole(sealed, found, rewrite):
    await rewrite("FA-2", lambda entries: [entries[0], entries[2], entries[1], entries[3]])

    (problem,) = found()
    assert problem.startswith("FA-2@2: checkpoint 2 sealed ")


async def test_a_truncated_stream(sealed, found, superuser):
    await superuser("delete from journal.events where stream = 'FA-2' and position = 4")

    assert found() == ["FA-2: ends at 3, but checkpoint 4 sealed 4 entries"]


async def test_a_truncated_stream_whose_head_was_moved_back(sealed, found, rewrite):
    await rewrite("FA-2", lambda entries: entries[:2])

    assert found() == ["FA-2: ends at 2, but checkpoint 4 sealed 4 entries"]


async def test_a_whole_stream_removed_with_its_head(sealed, found, superuser):
    await superuser(
        "delete from journal.events where stream = 'FA-2'", "delete from journal.streams where stream = 'FA-2'"
    )

    assert found() == ["FA-2: checkpoint 4 sealed 4 entries, and none of them stands"]


async def test_a_whole_stream_removed_with_its_head_and_its_seals(sealed, found, superuser):
    await superuser(
        *(f"delete from journal.{table} where stream = 'FA-2'" for table in ("events", "streams", "sealed_heads"))
    )

    (problem,) = found()
    assert problem.startswith("checkpoint 1: ")


async def test_a_chain_rewritten_from_its_first_event(sealed, found, rewrite):
    await rewrite("FA-2", lambda entries: [replace(entry, actor="officer:other") for entry in entries])

    (problem,) = found()
    assert problem.startswith("FA-2@1: checkpoint 1 sealed ")


async def test_what_is_found_is_the_same_however_many_share_the_work(sealed, found, rewrite, superuser):
    await rewrite("FA-2", lambda entries: entries[:2])
    await superuser(
        "delete from journal.events where stream = 'FA-3'",
        "delete from journal.streams where stream = 'FA-3'",
        "update journal.sealed_heads set hash = sha256('x') where stream = 'FA-1' and checkpoint = 1",
    )

    alone = found()

    assert len(alone) == 4
    assert found(processes=2, streams_at_once=1) == alone


async def test_a_chain_rewritten_with_its_seals_made_to_match(sealed, found, rewrite, superuser):
    chain = await rewrite("FA-2", lambda entries: [replace(entry, actor="officer:other") for entry in entries])
    await superuser(
        *(
            f"update journal.sealed_heads set hash = decode('{entry.hash}', 'hex') "
            f"where stream = 'FA-2' and position = {entry.position}"
            for entry in chain
        )
    )

    (problem,) = found()
    assert problem.startswith("checkpoint 1: the sealed heads in the database lead to another root")


async def test_a_chain_rewritten_and_sealed_again_by_the_next_checkpoint(sealed, found, rewrite, sealer, opened):
    """Sealing goes on over the other cases, but never over one that does not continue what was sealed of it."""
    await rewrite("FA-2", lambda entries: [replace(entry, actor="officer:other") for entry in entries])
    await opened("FA-1", "later")

    again = await sealer.seal(NOW, everything=True)

    assert again.rewritten == ("FA-2",)
    (problem,) = found()
    assert problem.startswith("FA-2@1: checkpoint 1 sealed ")


async def test_a_checkpoint_forged_with_another_key(sealed, found, superuser, outside):
    honest = Checkpoint.of(outside.read(4))
    forged = replace(honest, root="00" * 32, key=FORGERS.public).signed(FORGERS)
    await superuser(*signed_row(forged, 4))

    assert found() == ["checkpoint 4 reads differently in the database and in the folder"]


async def test_a_checkpoint_forged_with_another_key_in_the_files_too(sealed, found, superuser, outside):
    honest = Checkpoint.of(outside.read(4))
    forged = replace(honest, made_at=NOW.replace("03-02", "03-01"), key=FORGERS.public).signed(FORGERS)
    await superuser(*signed_row(forged, 4))
    (outside.folder / "00000004.json").write_text(json.dumps(forged.row()))

    assert found() == ["checkpoint 4: forged: no key of the ring signed it"]


async def test_a_checkpoint_whose_words_were_changed_under_its_signature(sealed, found, superuser, outside):
    forged = replace(outside.read(4), statement=outside.read(4).statement.replace('"events":12', '"events":11'))
    await superuser(*signed_row(forged, 4))
    (outside.folder / "00000004.json").write_text(json.dumps(forged.row()))

    assert "checkpoint 4: forged: no key of the ring signed it" in found()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form":"thaw-checkpoint/1"}'])
async def test_a_checkpoint_replaced_by_what_is_none(sealed, found, superuser, outside, text):
    await superuser(f"update journal.checkpoints set statement = '{text}' where number = 4")
    assert found() == ["checkpoint 4 reads differently in the database and in the folder"]

    (outside.folder / "00000004.json").write_text(text)
    assert any(problem.startswith("checkpoint 4") for problem in found())


async def test_checkpoints_removed_from_the_database_with_what_they_sealed(sealed, found, superuser):
    await superuser(
        "delete from journal.checkpoints where number > 2", "delete from journal.sealed_heads where checkpoint > 2"
    )

    assert found() == [
        "checkpoints 3 to 4 stand in the folder but not in the database: removed there",
        "checkpoint 3: its sealed heads were removed",
    ]


async def test_everything_since_a_checkpoint_undone_as_if_it_never_was(sealed, found, rewrite, superuser, outside):
    """The database alone would be sound: only what stands outside tells."""
    for stream in ("FA-1", "FA-2", "FA-3"):
        await rewrite(stream, lambda entries: entries[:2])
    await superuser(
        "delete from journal.checkpoints where number > 2", "delete from journal.sealed_heads where checkpoint > 2"
    )
    assert found()

    kept = outside.read(4)
    for number in (3, 4):
        (outside.folder / f"{number:08d}.json").unlink()
    assert found() == [], "files and tables agree: nothing here can tell any more"
    assert found(kept=[kept]) == ["checkpoint 4, which was kept elsewhere, is not the one that stands here"]


async def test_a_checkpoint_removed_from_the_middle(sealed, found, superuser, outside):
    await superuser("delete from journal.checkpoints where number = 2")
    assert found() == ["checkpoint 2 stands in the folder but not in the database: removed there"]

    (outside.folder / "00000002.json").unlink()
    assert "checkpoint 2 is missing everywhere" in found()


async def test_a_file_removed_outside(sealed, found, outside):
    (outside.folder / "00000003.json").unlink()

    assert found() == ["checkpoint 3 stands in the database but not in the folder: removed there"]


async def test_a_key_ring_made_up_with_every_checkpoint_signed_anew(sealed, found, superuser, outside):
    """Whoever rules the database and the files can make up a whole history: but not under a key that is known."""
    ring, previous = Ring().with_first(FORGERS, NOW), "00" * 32
    for number in outside.numbers():
        forged = replace(Checkpoint.of(outside.read(number)), key=FORGERS.public, previous=previous).signed(FORGERS)
        previous = forged.hash
        await superuser(*signed_row(forged, number))
        (outside.folder / f"{number:08d}.json").write_text(json.dumps(forged.row()))
    (outside.folder / "keys.json").write_text(json.dumps([signed.row() for signed in ring.statements]))
    first = ring.statements[0]
    await superuser(f"update journal.signing_keys set statement = '{first.statement}', signature = '{first.signature}'")

    assert found(trusted=[]) == []
    (problem,) = found()
    assert problem.startswith(f"key {KEY.public[:16]}, which is trusted, is not in the key ring")


async def test_a_key_slipped_into_the_ring(sealed, found, superuser, outside):
    body = outside.ring().statements[0].body() | {"number": 2, "public_key": FORGERS.public}
    forged = FORGERS.sign(body)
    await superuser(
        "insert into journal.signing_keys (number, statement, signature) "
        f"values (2, '{forged.statement}', '{forged.signature}')"
    )

    problems = found()
    assert problems[0].startswith("the key ring in the database: key 2 ")
    assert problems[1] == "the key rings in the database and in the folder of checkpoints differ"


async def test_a_journal_whose_key_changed_is_sound_and_its_old_key_signs_no_more(
    sealed, found, pool, sealer, outside, opened, superuser
):
    await sealer.rotate(FORGERS, NOW)
    await opened("FA-1", "later")
    await Sealer(pool, "66" * 32, outside).seal(NOW)
    assert found() == []
    assert found(trusted=[FORGERS.public]) == []

    newest = Checkpoint.of(outside.read(5))
    late = replace(newest, number=6, previous=outside.read(5).hash, key=KEY.public).signed(KEY)
    await superuser(*signed_row(late, 6))
    outside.write(6, late)
    assert f"checkpoint 6: signed by {KEY.public[:16]}, which others had followed" in found()


async def test_heads_sealed_in_anothers_place_are_found(sealed, found, superuser):
    await superuser("update journal.sealed_heads set stream = 'FA-9' where stream = 'FA-2' and checkpoint = 4")

    assert "checkpoint 4: FA-9 is sealed in another's place, or behind where it was" in found()


async def test_without_the_folder_the_table_is_still_checked_and_said_to_lack_it(sealed, database, tmp_path):
    report = verify(database, Outside(tmp_path / "elsewhere"), Plan())

    assert [finding.problem for finding in report.findings] == [
        "checkpoints 1 to 4 stand in the database but not in the folder: removed there"
    ]
