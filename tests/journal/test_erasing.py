"""Erasing a person's data: refused with reasons while it must be kept; else nothing of it opens again anywhere."""

import asyncio
import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from domain.stream import first_break
from journal.erasing import Erasing, ErasureRefusedError
from journal.files import Files, StoreAwayError
from journal.intake import open_case
from journal.outside import Outside
from journal.parties import NoSuchMerchantError
from journal.people import People, User
from journal.privacy import NoSuchHoldError, Privacy
from journal.registry import Registry
from journal.vault import ForgottenError
from journal.verify import Plan, verify
from policies import retention
from tests.journal.test_registry import COMPANY, NO, TERMINAL, act

SCHEDULE = retention.load("2026-11-27")
SUBJECT = f"merchant:{NO}"
LATER = date.today().replace(day=1, year=date.today().year + 11)  # noqa: DTZ011 — the journal closes cases by its own clock


HANGING = """
import asyncio, sys
from pathlib import Path
from journal import Journal
from journal.erasing import Erasing
from journal.files import Files
from journal.vault import Vault
from tests.journal.test_erasing import LATER, NO, SCHEDULE, act

class Hanging(Files):
    async def remove(self, document_id):
        if document_id == "DOC-2":
            print(document_id, flush=True)
            await asyncio.Event().wait()
        return await super().remove(document_id)

async def main(database, folder):
    async with await Journal.open(database) as journal:
        vault = Vault(journal.pool, "11" * 32)
        erasing = Erasing(journal.pool, vault, Hanging(Path(folder), journal.pool, vault))
        await erasing.erase(NO, "retention-ended", act("e1"), SCHEDULE, LATER)

asyncio.run(main(*sys.argv[1:]))
"""
"""Erases, and never comes back from the second document."""


class Failing:
    """Files of which one cannot be removed for now."""

    def __init__(self, files, document_id):
        self._files, self.document_id = files, document_id

    async def remove(self, document_id):
        if document_id == self.document_id:
            raise StoreAwayError("away", "for a test")
        return await self._files.remove(document_id)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "files"


@pytest.fixture
def files(folder, pool, vault):
    return Files(folder, pool, vault)


@pytest.fixture
def registry(pool, vault):
    return Registry(pool, vault)


@pytest.fixture
def privacy(pool):
    return Privacy(pool)


@pytest.fixture
def erasing(pool, vault, files):
    return Erasing(pool, vault, files)


@pytest.fixture
async def merchant(registry, files, vault, pool):
    """A merchant with a terminal, two documents, a reading and someone who acts for it."""
    await registry.register_merchant(COMPANY, act("c1"))
    await registry.register_terminal(TERMINAL, act("c2"))
    for document_id in ("DOC-1", "DOC-2"):
        await files.put(document_id, SUBJECT, f"{document_id} 李小龙".encode())
    await vault.put(SUBJECT, "statement", {"text": "货款往来"})
    people = People(pool)
    await people.add(User("m1", "merchant", frozenset({"merchant"}), NO), "password")
    await people.issue_token("m1", token="thaw_m1")
    return NO


@pytest.fixture
def case_of(journal, writer):
    """Opens a case of the merchant, on a terminal of its own."""

    async def opened(case_id):
        case = writer(case_id, terminal_sn=f"T-{case_id}")
        answer = await case.append(journal, "open", "TerminalFrozen", merchant_no=NO)
        assert answer.outcome == "ok"
        return case

    return opened


async def close(journal, case, **columns):
    await case.append(journal, "close", "CaseClosed", merchant_no=NO, open=False, live=False, **columns)


def erase(erasing, command_id="e1", today=LATER):
    return erasing.erase(NO, "retention-ended", act(command_id), SCHEDULE, today)


@pytest.fixture
def journal_sound(database, tmp_path):
    """Whether every chain of the journal verifies."""

    async def sound():
        return (await asyncio.to_thread(verify, database, Outside(tmp_path / "checkpoints"), Plan())).sound

    return sound


async def count(pool, query):
    async with pool.connection() as connection:
        return (await (await connection.execute(query)).fetchone())[0]


async def test_nothing_of_the_erased_opens_again_and_the_journal_still_verifies(
    merchant, erasing, registry, files, folder, vault, pool, privacy, journal_sound
):
    account = (await registry.merchant(NO)).account_ref
    erased = await erase(erasing)
    assert (erased.new, erased.documents, erased.records) == (True, 2, 6)
    with pytest.raises(ForgottenError):
        await registry.merchant_details(NO)
    with pytest.raises(ForgottenError):
        await vault.get(account)
    for document_id in ("DOC-1", "DOC-2"):
        with pytest.raises(ForgottenError):
            await files.get(document_id)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert await count(pool, "select count(*) from journal.vault_records where sealed <> ''") == 0
    assert await registry.find_merchants(uscc=COMPANY.uscc) == ()
    notes = await privacy.notes(NO)
    assert [entry.type for entry in notes] == ["SubjectErased", "CopiesRemoved"]
    assert json.loads(notes[0].data)["retention_version"] == "2026-11-27"
    assert first_break(notes) is None
    assert await journal_sound()


async def test_who_acted_for_the_erased_is_shut_out(merchant, erasing, pool):
    await erase(erasing)
    people = People(pool)
    assert await people.by_token("thaw_m1") is None
    assert await people.log_in("m1", "password") is None


async def test_others_are_untouched(merchant, erasing, vault, files):
    other = await vault.put("merchant:2", "note", {"n": 2})
    await files.put("DOC-9", "merchant:2", b"another's")
    await erase(erasing)
    assert await vault.get(other) == {"n": 2}
    assert await files.get("DOC-9") == b"another's"


async def test_erasing_again_changes_nothing(merchant, erasing, privacy):
    first = await erase(erasing, "e1")
    again = await erase(erasing, "e2")
    assert (again.new, again.at, again.documents) == (False, first.at, 2)
    assert len(await privacy.notes(NO)) == 2


async def test_an_unknown_merchant_is_named(erasing):
    with pytest.raises(NoSuchMerchantError, match=NO):
        await erase(erasing)


class TestRefusals:
    async def refused(self, erasing, vault, today=LATER):
        with pytest.raises(ErasureRefusedError) as refusal:
            await erase(erasing, today=today)
        assert await vault.put(SUBJECT, "note", {"still": "there"})
        return {(found.kind, found.about) for found in refusal.value.obstacles}

    async def test_while_a_case_is_open(self, merchant, erasing, vault, case_of):
        await case_of("FA-1")
        assert await self.refused(erasing, vault) == {("open-case", "FA-1")}

    async def test_while_a_closed_case_is_still_watched(self, merchant, erasing, vault, journal, case_of):
        case = await case_of("FA-1")
        await case.append(journal, "close", "CaseClosed", merchant_no=NO, open=False, live=True)
        assert await self.refused(erasing, vault) == {("open-case", "FA-1")}

    async def test_while_a_command_for_the_case_waits(self, merchant, erasing, vault, journal, pool, case_of):
        await close(journal, await case_of("FA-1"))
        async with pool.connection() as connection:
            await connection.execute(
                "insert into journal.commands (command_id, case_id, name, body, actor) "
                "values ('late', 'FA-1', 'add_control', '{}', 'robot:robot1')"
            )
        assert await self.refused(erasing, vault) == {("open-case", "FA-1")}

    async def test_while_a_control_stands_after_its_case(self, merchant, erasing, vault, journal, case_of, a_control):
        case = await case_of("FA-1")
        await close(journal, case, controls=[a_control("C-1", merchant_no=NO)])
        assert await self.refused(erasing, vault) == {("control", "C-1")}

    async def test_while_a_period_runs_with_its_last_day(self, merchant, erasing, vault, journal, case_of):
        await close(journal, await case_of("FA-1"))
        with pytest.raises(ErasureRefusedError, match="ten years after it closed, through 20") as refusal:
            await erase(erasing, today=date(2027, 1, 1))
        assert {found.about for found in refusal.value.obstacles} == {NO, "FA-1"}
        assert (await erase(erasing)).new

    async def test_while_a_legal_hold_stands_and_no_longer(self, merchant, erasing, vault, privacy):
        hold = await privacy.set_hold(NO, "court", "(2026)沪01执1号", act("h1"))
        again = await privacy.set_hold(NO, "court", "(2026)沪01执1号", act("h1"))
        assert hold == again
        assert await self.refused(erasing, vault) == {("legal-hold", hold.hold_id)}
        with pytest.raises(NoSuchHoldError, match="H-nowhere"):
            await privacy.end_hold(NO, "H-nowhere", "x", act("h2"))
        await privacy.end_hold(NO, hold.hold_id, "(2026)沪01执1号解除", act("h3"))
        await privacy.end_hold(NO, hold.hold_id, "(2026)沪01执1号解除", act("h3"))
        assert (await erase(erasing)).new
        with pytest.raises(ForgottenError):
            await privacy.set_hold(NO, "court", "too late", act("h4"))


class TestCutOff:
    async def test_what_a_store_would_not_give_up_goes_with_the_next_call(
        self, merchant, pool, vault, files, erasing, privacy
    ):
        with pytest.raises(StoreAwayError):
            await erase(Erasing(pool, vault, Failing(files, "DOC-2")))
        with pytest.raises(ForgottenError):
            await vault.put(SUBJECT, "note", {})
        assert await erasing.unfinished() == (NO,)
        assert [file.removed for file in await files.of(SUBJECT)] == [True, False]

        await erasing.remove_copies(NO, "2037-01-01T00:00:00.000000+00:00")
        assert await erasing.unfinished() == ()
        assert [file.removed for file in await files.of(SUBJECT)] == [True, True]
        assert [entry.type for entry in await privacy.notes(NO)] == ["SubjectErased", "CopiesRemoved"]

    async def test_a_process_killed_between_two_documents_leaves_what_the_next_call_finishes(
        self, merchant, database, folder, files, vault, erasing, journal_sound
    ):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HANGING, database, folder, cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert await process.stdout.readline() == b"DOC-2\n"
        process.kill()
        await process.wait()
        assert [file.removed for file in await files.of(SUBJECT)] == [True, False]
        with pytest.raises(ForgottenError):
            await files.get("DOC-2")
        again = await erase(erasing, "e2")
        assert (again.new, again.documents) == (False, 2)
        assert [path for path in folder.rglob("*") if path.is_file()] == []
        assert await journal_sound()

    async def test_two_who_finish_it_at_once_do_not_disturb_each_other(
        self, merchant, pool, vault, files, erasing, journal_sound
    ):
        with pytest.raises(StoreAwayError):
            await erase(Erasing(pool, vault, Failing(files, "DOC-1")))
        await asyncio.gather(*(erase(erasing, f"e{n}") for n in range(3)))
        assert await erasing.unfinished() == ()
        assert await journal_sound()


class TestAtTheSameTime:
    async def test_a_case_that_is_just_being_opened_is_waited_for_and_wins(
        self, merchant, erasing, pool, vault, journal, writer
    ):
        case = writer("FA-1", terminal_sn="T-1")
        async with pool.connection() as blocker:
            await blocker.execute("begin; lock table journal.streams in share mode")
            opening = asyncio.create_task(
                open_case(pool, [case.request("open", "TerminalFrozen", merchant_no=NO)], None)
            )
            await asyncio.sleep(0.2)  # it holds the subject and waits for the table
            erasure = asyncio.create_task(erase(erasing))
            await asyncio.sleep(0.2)
            await blocker.execute("commit")
        assert (await opening).case_id == "FA-1"
        with pytest.raises(ErasureRefusedError, match="FA-1"):
            await erasure

    async def test_no_case_is_opened_for_the_erased(self, merchant, erasing, pool, writer):
        await erase(erasing)
        case = writer("FA-1", terminal_sn="T-1")
        with pytest.raises(ForgottenError):
            await open_case(pool, [case.request("open", "TerminalFrozen", merchant_no=NO)], None)


class TestDue:
    async def test_who_may_be_erased_is_listed_with_the_day_since_when(self, merchant, privacy, registry, vault):
        (found,) = await privacy.due(SCHEDULE, LATER)
        assert (found[0].merchant_no, found[1]) == (NO, date(2036, 11, 14))
        assert await privacy.due(SCHEDULE, date(2036, 11, 14)) == (found,)
        assert await privacy.due(SCHEDULE, date(2036, 11, 13)) == ()

    async def test_cases_controls_and_holds_keep_someone_off_the_list(
        self, merchant, privacy, journal, case_of, a_control
    ):
        case = await case_of("FA-1")
        assert await privacy.due(SCHEDULE, LATER) == ()
        await close(journal, case)
        closed_on = datetime.now().astimezone().date()
        assert await privacy.due(SCHEDULE, closed_on.replace(year=closed_on.year + 9)) == ()
        assert len(await privacy.due(SCHEDULE, LATER + timedelta(days=40))) == 1
        await privacy.set_hold(NO, "dispute", "12363-1", act("h1"))
        assert await privacy.due(SCHEDULE, LATER + timedelta(days=40)) == ()

    async def test_the_erased_are_not_listed_again(self, merchant, privacy, erasing):
        await erase(erasing)
        assert await privacy.due(SCHEDULE, LATER) == ()
