"""Merchants and terminals: every change is an event, every person is only a reference."""

import asyncio
import json
from dataclasses import replace

import pytest
from psycopg import Rollback

from domain.stream import first_break
from journal.parties import (
    Account,
    Contact,
    Merchant,
    MerchantDetails,
    NoSuchMerchantError,
    Person,
    Terminal,
    TerminalDetails,
)
from journal.registry import Act, BoundElsewhereError, Registry, TakenError
from journal.vault import ForgottenError

NO, OTHER_NO = "898310154110001", "898310154110002"
COMPANY = MerchantDetails(
    merchant_no=NO,
    merchant_type="company",
    name="上海晨光便利店有限公司",
    uscc="91310115MA1K0XQ7HQ",
    resident_id=None,
    legal_representative=Person("李小龙", "310101198512123421"),
    contacts=(Contact("王芳", "13800138000", "wang@example.com", "email", "zh"),),
    settlement_account=Account("上海晨光便利店有限公司", "6222021001112223334", "中国工商银行"),
    mcc="5411",
    address="上海市浦东新区世纪大道100号",
)
INDIVIDUAL = replace(
    COMPANY,
    merchant_no=OTHER_NO,
    merchant_type="individual",
    name="张三",
    uscc=None,
    resident_id="11010119900307831X",
    legal_representative=None,
)
TERMINAL = TerminalDetails(
    terminal_sn="SN-1",
    tusn="00000001SN1",
    terminal_id="10000001",
    model="A920",
    merchant_no=NO,
    deploy_address="上海市浦东新区世纪大道100号一楼",
    fee_plan="ESIGN59",
)


def act(command_id):
    """An officer's command."""
    return Act("officer:officer1", command_id, "2026-11-13T01:00:00.000000Z")


@pytest.fixture
def registry(pool, vault):
    return Registry(pool, vault)


@pytest.fixture
async def company(registry):
    """The company is registered."""
    return (await registry.register_merchant(COMPANY, act("c1"))).record


@pytest.fixture
async def terminal(registry, company):
    """The company has one terminal."""
    return (await registry.register_terminal(TERMINAL, act("t1"))).record


class TestMerchants:
    async def test_a_registered_merchant_is_found_with_references_for_its_personal_data(self, registry):
        written = await registry.register_merchant(COMPANY, act("c1"))
        assert written.outcome == "registered"
        assert await registry.merchant(NO) == written.record
        assert (written.record.merchant_type, written.record.mcc, written.record.version) == ("company", "5411", 1)

    @pytest.mark.parametrize("details", [COMPANY, INDIVIDUAL], ids=["company", "individual"])
    async def test_the_details_come_back_whole(self, registry, details):
        await registry.register_merchant(details, act("c1"))
        assert await registry.merchant_details(details.merchant_no) == details

    async def test_registering_is_an_event_in_the_merchants_own_stream(self, registry, journal, company):
        (entry,) = await journal.read(f"merchant:{NO}")
        assert (entry.type, entry.form, entry.version, entry.actor) == ("MerchantRegistered", 1, 1, "officer:officer1")
        assert json.loads(entry.data) == {
            "merchant_no": NO,
            "merchant_type": "company",
            "mcc": "5411",
            "identity_ref": company.identity_ref,
            "contacts_ref": company.contacts_ref,
            "account_ref": company.account_ref,
            "address_ref": company.address_ref,
        }

    async def test_a_changed_settlement_account_is_an_event_with_a_new_reference(
        self, registry, journal, vault, company
    ):
        account = Account("上海晨光便利店有限公司", "6222029998887776665", "招商银行")
        written = await registry.change_account(NO, account, act("c2"))
        assert (written.outcome, written.changed) == ("updated", ("account_ref",))
        assert written.record == replace(company, account_ref=written.record.account_ref, version=2)
        _, updated = await journal.read(f"merchant:{NO}")
        assert updated.type == "MerchantUpdated"
        assert json.loads(updated.data) == {"merchant_no": NO, "changed": {"account_ref": written.record.account_ref}}
        assert (await vault.get(written.record.account_ref))["number"] == "6222029998887776665"
        assert (await vault.get(company.account_ref))["number"] == "6222021001112223334"

    async def test_an_upsert_that_changes_nothing_writes_nothing(self, registry, journal, pool, company):
        written = await registry.register_merchant(COMPANY, act("c2"))
        assert (written.outcome, written.changed, written.record) == ("unchanged", (), company)
        assert len(await journal.read(f"merchant:{NO}")) == 1
        assert await _count(pool, "vault_records") == 4

    async def test_a_repeated_command_does_not_undo_what_came_after_it(self, registry, journal, pool, company):
        renamed = replace(COMPANY, name="上海晨光超市有限公司")
        await registry.register_merchant(renamed, act("c2"))
        written = await registry.register_merchant(COMPANY, act("c1"))
        assert written.outcome == "unchanged"
        assert await registry.merchant_details(NO) == renamed
        assert await _count(pool, "vault_records") == 5

    async def test_several_updates_make_one_unbroken_chain(self, registry, journal, company):
        for n in range(2, 5):
            await registry.register_merchant(replace(COMPANY, mcc=f"541{n}"), act(f"c{n}"))
        entries = await journal.read(f"merchant:{NO}")
        assert [entry.version for entry in entries] == [1, 2, 3, 4]
        assert first_break(entries) is None

    async def test_registrations_of_one_merchant_at_once_leave_one_history(self, registry, journal):
        versions = [replace(COMPANY, mcc=f"541{n}") for n in range(3)]
        written = await asyncio.gather(
            *(registry.register_merchant(details, act(f"c{n}")) for n, details in enumerate(versions))
        )
        assert sorted(one.outcome for one in written) == ["registered", "updated", "updated"]
        entries = await journal.read(f"merchant:{NO}")
        assert first_break(entries) is None
        standing = await registry.merchant(NO)
        assert standing.version == len(entries) == 3
        assert json.loads(entries[-1].data)["changed"]["mcc"] == standing.mcc

    async def test_the_callers_transaction_decides(self, registry, journal, pool):
        async with pool.connection() as connection, connection.transaction():
            await registry.register_merchant(COMPANY, act("c1"), within=connection)
            raise Rollback
        assert await registry.merchant(NO) is None
        assert await journal.read(f"merchant:{NO}") == ()
        assert await _count(pool, "vault_records") == 0

    async def test_several_can_be_registered_together_or_not_at_all(self, registry, pool):
        async with pool.connection() as connection, connection.transaction():
            await registry.register_merchant(COMPANY, act("import"), within=connection)
            await registry.register_terminal(TERMINAL, act("import"), within=connection)
        assert await registry.terminal("SN-1") is not None

    async def test_an_unknown_merchant_has_no_details_and_no_account_to_change(self, registry):
        assert await registry.merchant(NO) is None
        with pytest.raises(NoSuchMerchantError, match=NO):
            await registry.merchant_details(NO)
        with pytest.raises(NoSuchMerchantError, match=NO):
            await registry.change_account(NO, COMPANY.settlement_account, act("c1"))

    @pytest.mark.parametrize(
        "changes",
        [{"uscc": None}, {"merchant_type": "sole_trader", "uscc": None}, {"merchant_type": "individual"}],
    )
    def test_the_kind_of_merchant_says_which_identity_it_needs(self, changes):
        with pytest.raises(ValueError, match="uscc"):
            replace(COMPANY, **changes)


class TestFinding:
    async def test_by_uscc_however_it_is_spelled(self, registry, company):
        assert await registry.find_merchants(uscc=" 91310115ma1k0xq7hq") == (company,)

    async def test_by_an_individuals_or_a_legal_representatives_resident_id(self, registry, company):
        individual = (await registry.register_merchant(INDIVIDUAL, act("c2"))).record
        assert await registry.find_merchants(resident_id="11010119900307831x") == (individual,)
        assert await registry.find_merchants(resident_id="310101198512123421") == (company,)

    async def test_all_merchants_of_one_company(self, registry, company):
        branch = (await registry.register_merchant(replace(COMPANY, merchant_no=OTHER_NO), act("c2"))).record
        assert await registry.find_merchants(uscc=COMPANY.uscc) == (company, branch)

    async def test_a_former_identity_finds_nothing(self, registry, company):
        await registry.register_merchant(replace(COMPANY, uscc="92440300MA5G8TNR4K"), act("c2"))
        assert await registry.find_merchants(uscc=COMPANY.uscc) == ()

    async def test_nothing_asked_finds_nothing(self, registry, company):
        assert await registry.find_merchants() == ()


class TestTerminals:
    async def test_a_registered_terminal_is_found_and_bound(self, registry, terminal, vault):
        assert terminal == Terminal(
            terminal_sn="SN-1",
            tusn="00000001SN1",
            terminal_id="10000001",
            model="A920",
            merchant_no=NO,
            deploy_address_ref=terminal.deploy_address_ref,
            fee_plan="ESIGN59",
            version=1,
        )
        assert await registry.terminal("SN-1") == terminal
        assert await registry.terminals_of(NO) == (terminal,)
        assert await vault.get(terminal.deploy_address_ref) == {"address": TERMINAL.deploy_address}

    async def test_registering_and_updating_are_events(self, registry, journal, terminal):
        written = await registry.register_terminal(replace(TERMINAL, fee_plan="MER299"), act("t2"))
        assert (written.outcome, written.changed) == ("updated", ("fee_plan",))
        registered, updated = await journal.read("terminal:SN-1")
        assert (registered.type, updated.type) == ("TerminalRegistered", "TerminalUpdated")
        assert json.loads(updated.data) == {"terminal_sn": "SN-1", "changed": {"fee_plan": "MER299"}}
        assert first_break((registered, updated)) is None

    async def test_the_same_again_writes_nothing(self, registry, journal, terminal):
        assert (await registry.register_terminal(TERMINAL, act("t2"))).outcome == "unchanged"
        assert len(await journal.read("terminal:SN-1")) == 1

    async def test_where_it_stands_is_sealed_with_the_address_and_stays_while_that_does(
        self, registry, vault, terminal
    ):
        placed = replace(TERMINAL, latitude=31.1883, longitude=121.4365)
        await registry.register_terminal(placed, act("t2"))
        assert (await registry.register_terminal(TERMINAL, act("t3"))).outcome == "unchanged"
        known = await vault.get((await registry.terminal("SN-1")).deploy_address_ref)
        assert known == {"address": TERMINAL.deploy_address, "latitude": 31.1883, "longitude": 121.4365}

        await registry.register_terminal(replace(TERMINAL, deploy_address="上海市黄浦区中山路1号"), act("t4"))
        known = await vault.get((await registry.terminal("SN-1")).deploy_address_ref)
        assert known == {"address": "上海市黄浦区中山路1号"}

    async def test_a_terminal_of_an_unknown_merchant_is_refused(self, registry):
        with pytest.raises(NoSuchMerchantError, match=NO):
            await registry.register_terminal(TERMINAL, act("t1"))

    async def test_a_bound_terminal_is_not_bound_to_another_merchant(self, registry, journal, terminal):
        await registry.register_merchant(INDIVIDUAL, act("c2"))
        with pytest.raises(BoundElsewhereError, match=NO):
            await registry.register_terminal(replace(TERMINAL, merchant_no=OTHER_NO), act("t2"))
        assert await registry.terminal("SN-1") == terminal

    @pytest.mark.parametrize(
        ("field", "changes"), [("tusn", {"terminal_id": "10000002"}), ("terminal_id", {"tusn": "00000001SN2"})]
    )
    async def test_two_terminals_never_share_an_identity(self, registry, journal, terminal, field, changes):
        with pytest.raises(TakenError, match=field):
            await registry.register_terminal(replace(TERMINAL, terminal_sn="SN-2", **changes), act("t2"))
        assert await registry.terminal("SN-2") is None
        assert await journal.read("terminal:SN-2") == ()


class TestPrivacy:
    async def test_neither_events_nor_tables_tell_who_anyone_is(self, registry, pool, terminal):
        await registry.register_merchant(INDIVIDUAL, act("c2"))
        told = "\n".join(await _everything(pool))
        person = COMPANY.legal_representative
        private = {COMPANY.name, COMPANY.uscc, COMPANY.address, person.name, person.resident_id, "王芳", "13800138000"}
        private |= {"wang@example.com", "6222021001112223334", INDIVIDUAL.name, INDIVIDUAL.resident_id}
        assert not [word for word in private if word in told or word.encode().hex() in told]

    async def test_a_forgotten_merchant_keeps_its_history_and_loses_its_identity(
        self, registry, journal, vault, company, terminal
    ):
        await vault.forget(company.subject)
        assert first_break(await journal.read(f"merchant:{NO}")) is None
        assert await registry.merchant(NO) == company
        assert await registry.find_merchants(uscc=COMPANY.uscc) == ()
        with pytest.raises(ForgottenError):
            await registry.merchant_details(NO)
        with pytest.raises(ForgottenError):
            await vault.get(terminal.deploy_address_ref)
        with pytest.raises(ForgottenError):
            await registry.register_merchant(COMPANY, act("c9"))

    def test_the_vaults_subject_is_the_merchant(self):
        assert Merchant(NO, "company", "5411", "a", "b", "c", "d", 1).subject == f"merchant:{NO}"


async def _count(pool, table):
    async with pool.connection() as connection:
        row = await (await connection.execute(f"select count(*) from journal.{table}")).fetchone()
    return row[0]


async def _everything(pool):
    """Every row of every table of the journal as text."""
    async with pool.connection() as connection:
        tables = await (
            await connection.execute("select tablename from pg_tables where schemaname = 'journal'")
        ).fetchall()
        rows = []
        for (table,) in tables:
            rows += await (await connection.execute(f"select t::text from journal.{table} t")).fetchall()
    return [row for (row,) in rows]
