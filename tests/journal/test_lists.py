"""What is read back in pages: cases for the list, streams for the relay and for recovery."""

from datetime import UTC, datetime

import pytest

from domain.stream import first_break
from journal.cases import Cases, Filters
from journal.pages import BadCursorError
from journal.relay import Relay


@pytest.fixture
async def five_cases(journal, writer):
    """Five open cases, one a day from 1 March on."""
    for day in range(1, 6):
        await writer(f"FA-{day}").append(
            journal,
            "open",
            "TerminalFrozen",
            "NoticeSent",
            opened_at=f"2026-03-0{day}T08:00:00+08:00",
            due_at=f"2026-03-1{day}T08:00:00+08:00",
            tier="L3" if day == 3 else "L1",
            reason_code="J02" if day == 3 else "R01",
            public_reason_code="Q05" if day == 3 else "R01",
            merchant_no="M-1" if day % 2 else "M-2",
        )
    return [f"FA-{day}" for day in range(1, 6)]


async def test_cases_are_listed_newest_first_in_pages_that_neither_repeat_nor_skip(journal, five_cases):
    cases, seen, cursor = Cases(journal.pool), [], None

    while True:
        page = await cases.page(cursor=cursor, limit=2)
        seen += [case.case_id for case in page.items]
        if (cursor := page.cursor) is None:
            break

    assert seen == five_cases[::-1]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(tier="L3"), ["FA-3"]),
        (Filters(merchant_no="M-2"), ["FA-4", "FA-2"]),
        (Filters(status="opened", kind="freeze_appeal", due_before=datetime(2026, 3, 12, tzinfo=UTC)), ["FA-1"]),
        (Filters(q="FA-2"), ["FA-2"]),
        (Filters(q="SN of FA-4"), ["FA-4"]),
        (Filters(reason="J02"), ["FA-3"]),
        (Filters(open=False), []),
        (Filters(assignee="reviewer1"), []),
    ],
)
async def test_the_list_can_be_narrowed(journal, five_cases, filters, found):
    page = await Cases(journal.pool).page(filters)

    assert [case.case_id for case in page.items] == found


async def test_asking_by_a_reason_that_is_not_disclosed_finds_nothing(journal, five_cases):
    cases = Cases(journal.pool)

    assert (await cases.page(Filters(reason="J02", public=True))).items == ()
    assert [case.case_id for case in (await cases.page(Filters(reason="Q05", public=True))).items] == ["FA-3"]


@pytest.mark.parametrize("cursor", ["nonsense", "", "W10", "WyJ5ZXN0ZXJkYXkiLCAiRkEtMSJd"])
async def test_a_cursor_that_no_page_gave_out_is_refused(journal, cursor):
    with pytest.raises(BadCursorError):
        await Cases(journal.pool).page(cursor=cursor)


async def test_streams_that_are_no_case_are_not_listed(journal, five_cases, writer):
    await writer("merchant:M-1", kind="merchant").append(journal, "register")

    assert len((await Cases(journal.pool).page()).items) == 5
    assert await Cases(journal.pool).find("merchant:M-1") is None


async def test_the_relay_reads_whole_streams_the_most_urgent_first_until_they_are_started(journal, five_cases):
    relay = Relay(journal.pool)

    page = await relay.unstarted(limit=2)

    assert [each.stream for each in page] == ["FA-1", "FA-2"]
    assert [[entry.type for entry in each.entries] for each in page] == [["TerminalFrozen", "NoticeSent"]] * 2
    assert all(first_break(each.entries) is None for each in page)
    assert await relay.mark_started(["FA-1", "FA-2"]) == 2
    assert await relay.mark_started(["FA-1"]) == 0
    assert [each.stream for each in await relay.unstarted()] == ["FA-3", "FA-4", "FA-5"]


async def test_the_most_urgent_case_is_started_first_however_late_it_came(journal, five_cases, writer):
    late = {"opened_at": "2026-03-09T08:00:00+08:00", "due_at": "2026-03-09T09:00:00+08:00"}
    await writer("FA-6").append(journal, "open", **late)

    page = await Relay(journal.pool).unstarted()

    assert [each.stream for each in page] == ["FA-6", *five_cases]


async def test_recovery_pages_through_every_live_case(journal, five_cases, writer):
    relay = Relay(journal.pool)
    await relay.mark_started(five_cases)
    closed, watched = writer("FA-2"), writer("FA-4")
    await closed.catch_up(journal)
    await closed.append(journal, "withdraw", open=False, live=False)
    await watched.catch_up(journal)
    await watched.append(journal, "close", open=False, live=True, due_at=None)

    first = await relay.live(limit=3)
    second = await relay.live(after=first[-1].stream, limit=3)

    assert [(each.stream, each.position) for each in (*first, *second)] == [
        ("FA-1", 2), ("FA-3", 2), ("FA-4", 3), ("FA-5", 2),
    ]  # fmt: skip
    assert await relay.count_live() == 4
    assert await relay.mark_unstarted(five_cases) == 4
    assert [each.stream for each in await relay.unstarted(but=["FA-1"])] == ["FA-3", "FA-5", "FA-4"]


async def test_named_cases_are_read_with_all_their_entries_whether_live_or_not(journal, five_cases, writer):
    closed = writer("FA-2")
    await closed.catch_up(journal)
    await closed.append(journal, "withdraw", open=False, status="closed_withdrawn")

    found = await Relay(journal.pool).cases(["FA-2", "FA-5", "FA-unknown"])

    assert [(case.stream, case.status, len(case.entries)) for case in found] == [
        ("FA-2", "closed_withdrawn", 3), ("FA-5", "opened", 2),
    ]  # fmt: skip
    assert all(first_break(case.entries) is None for case in found)


async def test_a_merchant_is_unregistered_until_the_partners_know_its_newest_data(journal, writer):
    relay, merchant = Relay(journal.pool), writer("merchant:847100000000001", kind="merchant")
    await merchant.append(journal, "register", "MerchantRegistered")
    await writer("task:T-1", kind="task").append(journal, "claim")
    (first,) = await relay.unregistered()

    await merchant.append(journal, "update", "MerchantUpdated")
    known = await relay.mark_registered(first)
    (second,) = await relay.unregistered()

    assert (first.kind, first.name, first.position, known) == ("merchant", "847100000000001", 1, False)
    assert second.position == 2
    assert await relay.unregistered(but=[second.stream]) == ()
    assert await relay.mark_registered(second)
    assert await relay.unregistered() == ()


async def test_an_append_keeps_a_case_started(journal, five_cases, writer):
    relay = Relay(journal.pool)
    await relay.mark_started(five_cases)
    case = writer("FA-1")
    await case.catch_up(journal)

    await case.append(journal, "confirm")

    assert await relay.unstarted() == ()


async def test_the_cases_that_wait_for_an_officer_come_longest_waiting_first(journal, writer):
    for name, status, day in (("FA-1", "opened", 3), ("FA-2", "in_review_1", 1), ("FA-3", "awaiting_field", 2)):
        since = f"2026-03-0{day}T08:00:00+08:00"
        await writer(name).append(journal, "open", "TerminalFrozen", status=status, waiting_since=since)
    await writer("FA-4").append(journal, "open", "TerminalFrozen", waiting_since="2026-03-04T08:00:00+08:00")

    assert [case.case_id for case in await Cases(journal.pool).for_officers(2)] == ["FA-3", "FA-1"]


@pytest.mark.parametrize("table", ["tasks", "controls", "commands"])
async def test_what_belongs_to_a_case_is_found_beside_its_stream_by_an_index(journal, table):
    of_case = f"select from journal.streams as s join journal.{table} as t on t.case_id = s.stream"
    live = " and t.settled_at is null" if table == "commands" else ""
    async with journal.pool.connection() as connection:
        await connection.execute("set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off")
        try:
            found = await connection.execute(f"explain {of_case} where s.stream = 'FA-1'{live}".encode())
            plan = "\n".join(line for (line,) in await found.fetchall())
        finally:
            await connection.execute("reset all")
    assert "Seq Scan" not in plan
    assert "Index Cond: (case_id = " in plan
