"""The queue and its claims: shown to those entitled, one holder at a time, each claim in the task's own stream."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

import policies
from domain.business_time import format_time
from domain.ranking import Standing, rank, ranked
from domain.stream import first_break
from journal.asides import Asides
from journal.claims import NotTaken
from journal.queue import Queue, QueuedTask
from journal.ranking import Ranking

MINUTE = timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, span: timedelta) -> None:
        self.now += span


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(journal, clock):
    return Queue(journal.pool, 15 * MINUTE, clock)


@pytest.fixture
def waiting(journal, case, a_task):
    """Puts these tasks (id, and what differs) into the queue as the whole set of one case."""

    async def put(**tasks):
        body = [a_task(task_id, **columns) for task_id, columns in tasks.items()]
        count = len(await journal.read(case.stream))
        assert (await case.append(journal, f"tasks-{count}", tasks=body)).outcome == "ok"

    return put


async def ids(queue, user="reviewer1", roles=("reviewer",), **more):
    return [task.task_id for task in (await queue.page(user, roles, **more)).items]


async def test_the_most_urgent_comes_first(queue, waiting):
    await waiting(
        later={"rank_at": "2026-03-06T00:00:00Z"},
        now={"rank_at": "2026-03-03T00:00:00Z"},
        also_later={"rank_at": "2026-03-06T00:00:00Z"},
    )

    assert await ids(queue) == ["now", "also_later", "later"]
    assert (await queue.claim_next("reviewer1", ["reviewer"])).task_id == "now"


async def test_a_task_is_shown_to_its_roles_only(queue, waiting):
    await waiting(l1={}, l3={"roles": ["supervisor", "compliance_head"], "level": "L3"})

    assert await ids(queue, roles=["reviewer"]) == ["l1"]
    assert await ids(queue, roles=["reviewer", "supervisor"]) == ["l1", "l3"]
    assert await ids(queue, roles=["officer"]) == []
    assert await ids(queue, roles=["reviewer", "supervisor"], tier="L3") == ["l3"]
    assert await ids(queue, kind="freeze_appeal") == ["l1"]
    assert await ids(queue, kind="review_2") == []


async def test_who_is_excluded_neither_sees_nor_gets_it_whatever_their_roles(queue, waiting):
    await waiting(second={"kind": "review_2", "excluded": ["reviewer1"], "roles": ["reviewer", "supervisor"]})

    assert await ids(queue, "reviewer1", ["reviewer", "supervisor"]) == []
    assert await queue.claim_next("reviewer1", ["reviewer", "supervisor"]) is None
    assert await queue.claim("second", "reviewer1", ["supervisor"]) == NotTaken("excluded")
    assert await ids(queue, "reviewer2") == ["second"]


async def test_pages_of_the_queue_neither_repeat_nor_skip(queue, waiting):
    await waiting(**{f"t{number}": {"rank_at": f"2026-03-0{3 + number // 3}T00:00:00Z"} for number in range(7)})
    seen, cursor = [], None

    while True:
        page = await queue.page("reviewer1", ["reviewer"], cursor=cursor, limit=3)
        seen += [task.task_id for task in page.items]
        if (cursor := page.cursor) is None:
            break

    assert seen == [f"t{number}" for number in range(7)]


async def test_a_task_tells_what_a_reviewer_needs_before_opening_the_case(queue, waiting, case):
    await waiting(t1={"amount_fen": 8_642_000, "priority": {"amount_minutes": 30}})

    (task,) = (await queue.page("reviewer1", ["reviewer"])).items

    assert (task.case_id, task.case_kind, task.amount_fen) == (case.stream, "freeze_appeal", 8_642_000)
    assert task.priority == {"amount_minutes": 30}
    assert task.sentence_en == "Waiting for an officer to confirm the reason."
    assert task.holder is None


async def test_what_another_holds_is_not_offered_and_what_one_holds_oneself_is_shown(queue, waiting):
    await waiting(t1={}, t2={})
    mine = await queue.claim_next("reviewer1", ["reviewer"])

    assert mine.holder == "reviewer1"
    assert await ids(queue, "reviewer1") == ["t1", "t2"]
    assert await ids(queue, "reviewer2") == ["t2"]
    assert (await queue.claim_next("reviewer2", ["reviewer"])).task_id == "t2"
    assert await queue.claim_next("reviewer3", ["reviewer"]) is None


async def test_of_many_who_claim_one_task_exactly_one_gets_it(queue, waiting, journal):
    await waiting(t1={})

    answers = await asyncio.gather(*(queue.claim("t1", f"reviewer{n}", ["reviewer"]) for n in range(12)))

    (won,) = [answer for answer in answers if isinstance(answer, QueuedTask)]
    refused = [answer for answer in answers if isinstance(answer, NotTaken)]
    assert {(answer.reason, answer.holder) for answer in refused} == {("claimed-by-another", won.holder)}
    assert [entry.type for entry in await journal.read("task:t1")] == ["TaskClaimed"]


async def test_many_who_ask_for_the_next_task_each_get_another(queue, waiting):
    await waiting(**{f"t{number}": {} for number in range(8)})

    answers = await asyncio.gather(*(queue.claim_next(f"reviewer{n}", ["reviewer"]) for n in range(12)))

    assert sorted(answer.task_id for answer in answers if answer) == [f"t{number}" for number in range(8)]
    assert answers.count(None) == 4


async def test_a_lease_that_has_run_out_may_be_taken(queue, waiting, clock, journal):
    await waiting(t1={})
    await queue.claim("t1", "reviewer1", ["reviewer"])
    clock.passes(14 * MINUTE)
    assert (await queue.claim("t1", "reviewer2", ["reviewer"])).reason == "claimed-by-another"
    clock.passes(1 * MINUTE)

    assert await queue.holder("t1") is None
    assert (await queue.claim("t1", "reviewer2", ["reviewer"])).holder == "reviewer2"

    entries = await journal.read("task:t1")
    assert [entry.type for entry in entries] == ["TaskClaimed", "TaskClaimed"]
    assert json.loads(entries[1].data)["lapsed_from"] == "reviewer1"
    assert first_break(entries) is None


async def test_a_renewed_claim_runs_from_now_and_a_lapsed_one_cannot_be_renewed(queue, waiting, clock, journal):
    await waiting(t1={})
    await queue.claim("t1", "reviewer1", ["reviewer"])
    clock.passes(10 * MINUTE)

    renewed = await queue.renew("t1", "reviewer1", ["reviewer"])

    assert renewed.held_until == clock.now + 15 * MINUTE
    assert (await queue.renew("t1", "reviewer2", ["reviewer"])).reason == "claimed-by-another"
    clock.passes(15 * MINUTE)
    assert await queue.renew("t1", "reviewer1", ["reviewer"]) == NotTaken("not-claimed")
    entries = await journal.read("task:t1")
    assert [(entry.type, entry.actor) for entry in entries] == [
        ("TaskClaimed", "reviewer:reviewer1"),
        ("ClaimRenewed", "reviewer:reviewer1"),
    ]


async def test_a_released_task_is_free_at_once(queue, waiting, journal):
    await waiting(t1={})
    await queue.claim("t1", "reviewer1", ["reviewer"])

    assert await queue.release("t1", "reviewer2", ["reviewer"]) == NotTaken("not-claimed")
    assert await queue.release("t1", "reviewer1", ["reviewer"]) is None

    assert await queue.holder("t1") is None
    assert [entry.type for entry in await journal.read("task:t1")] == ["TaskClaimed", "ClaimReleased"]
    assert (await queue.claim("t1", "reviewer2", ["reviewer"])).holder == "reviewer2"


async def test_a_task_the_case_no_longer_names_is_closed_and_its_claim_ends(queue, waiting):
    await waiting(t1={}, t2={})
    await queue.claim("t1", "reviewer1", ["reviewer"])

    await waiting(t2={})

    assert await ids(queue) == ["t2"]
    assert await queue.holder("t1") is None
    assert await queue.claim("t1", "reviewer1", ["reviewer"]) == NotTaken("task-closed")
    assert await queue.claim("t9", "reviewer1", ["reviewer"]) == NotTaken("no-such-task")
    assert await queue.claim("t2", "officer1", ["officer"]) == NotTaken("not-entitled")


async def test_an_append_that_says_nothing_of_tasks_leaves_them_and_their_claims(queue, waiting, case, journal):
    await waiting(t1={})
    await queue.claim("t1", "reviewer1", ["reviewer"])

    await case.append(journal, "notice", "NoticeSent")
    await waiting(t1={"rank_at": "2026-03-03T00:00:00Z"})

    (task,) = await queue.of_case(case.stream)
    assert (task.task_id, task.holder) == ("t1", "reviewer1")
    assert task.rank_at == datetime(2026, 3, 3, tzinfo=UTC)


async def test_whoever_listens_hears_of_tasks_and_claims_and_of_nothing_else(queue, waiting, case, journal, database):
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as listener:
        await listener.execute("listen thaw_queue")
        await waiting(t1={})
        await waiting(t1={})  # unchanged
        await case.append(journal, "notice", "NoticeSent")
        await queue.claim("t1", "reviewer1", ["reviewer"])
        await waiting(t2={})
        await listener.execute("notify thaw_queue, 'the end'")

        heard = [notice.payload async for notice in listener.notifies(stop_after=1)]
        while heard[-1] != "the end":
            heard += [notice.payload async for notice in listener.notifies(stop_after=1)]

    assert sorted(heard) == ["t1", "t1", "t1", "t2", "the end"]


async def test_the_figures_count_what_waits_what_is_late_and_what_was_done(waiting, case, journal):
    queue = Queue(journal.pool, MINUTE)
    await waiting(t1={"due_at": None}, t2={}, t3={"kind": "review_2", "level": "L2", "due_at": None})
    await queue.claim("t1", "reviewer1", ["reviewer"])

    stats = await queue.stats()

    assert [(row.kind, row.level, row.waiting, row.claimed, row.overdue) for row in stats.tasks] == [
        ("review_1", "L1", 2, 1, 1),
        ("review_2", "L2", 1, 0, 0),
    ]
    assert [(row.status, row.open, row.held_fen) for row in stats.cases] == [("opened", 1, 8_642_000)]
    assert (stats.throughput.cases_unstarted, stats.throughput.cases_day) == (1, 0)

    await case.append(journal, "close", "CaseClosed", open=False, tasks=[])
    stats = await queue.stats()
    assert (stats.tasks, stats.cases) == ((), ())
    assert (stats.throughput.tasks_day, stats.throughput.cases_day) == (3, 1)


@pytest.fixture
def asides(journal, clock):
    return Asides(journal.pool, clock)


async def test_a_task_put_off_is_in_nobodys_queue_until_its_time(queue, asides, waiting, clock, journal):
    await waiting(t1={}, t2={})
    assert await asides.put("t1", "reviewer1", ("reviewer",), clock.now + 60 * MINUTE, "waits for the bank") == "done"
    assert await ids(queue, "reviewer2") == ["t2"]
    assert await ids(queue, "reviewer2", aside=True) == ["t1"]
    assert (await queue.claim_next("reviewer2", ("reviewer",))).task_id == "t2"
    assert await queue.claim_next("reviewer3", ("reviewer",)) is None
    assert (await asides.of(["t1", "t2"]))["t1"].reason == "waits for the bank"
    clock.passes(61 * MINUTE)
    assert "t1" in await ids(queue, "reviewer2")
    (entry,) = await journal.read("task:t1")
    assert (entry.type, json.loads(entry.data)["reason"]) == ("TaskPutOff", "waits for the bank")


async def test_putting_off_gives_the_claim_back_and_a_claim_ends_it(queue, asides, waiting, clock):
    await waiting(t1={})
    await queue.claim("t1", "reviewer1", ("reviewer",))
    assert isinstance(await asides.put("t1", "reviewer2", ("reviewer",), clock.now + MINUTE, "no"), NotTaken)
    assert await asides.put("t1", "reviewer1", ("reviewer",), clock.now + 60 * MINUTE, "later") == "done"
    assert await queue.holder("t1") is None
    assert isinstance(await queue.claim("t1", "reviewer2", ("reviewer",)), QueuedTask)
    assert await asides.of(["t1"]) == {}


async def test_a_look_tells_what_changed_since_the_last_and_nothing_else(queue, asides, waiting, clock):
    await waiting(t1={}, t2={})
    mark, touched = await queue.touched(None)
    assert touched == set()
    mark, touched = await queue.touched(mark)
    assert touched == set()
    await queue.claim("t2", "reviewer1", ("reviewer",))
    mark, touched = await queue.touched(mark)
    assert touched == {"t2"}
    clock.passes(16 * MINUTE)  # the lease runs out, which nobody writes down
    mark, touched = await queue.touched(mark)
    assert touched == {"t2"}
    await asides.put("t1", "reviewer1", ("reviewer",), clock.now + 10 * MINUTE, "later")
    mark, touched = await queue.touched(mark)
    clock.passes(11 * MINUTE)
    assert "t1" in (await queue.touched(mark))[1]


async def test_the_queue_is_narrowed_by_due_time_and_amount(queue, waiting):
    await waiting(
        soon={"due_at": "2026-03-03T00:00:00Z", "amount_fen": 100},
        large={"due_at": "2026-03-09T00:00:00Z", "amount_fen": 900_000},
    )
    assert await ids(queue, due_before=datetime(2026, 3, 4, tzinfo=UTC)) == ["soon"]
    assert await ids(queue, amount_from=1_000) == ["large"]


async def test_a_view_is_kept_under_its_name_up_to_twenty(asides):
    for number in range(20):
        assert await asides.keep_view("reviewer1", f"v{number}", "tier=L2")
    assert not await asides.keep_view("reviewer1", "one more", "tier=L3")
    assert await asides.keep_view("reviewer1", "v3", "tier=L3")  # of the same name: in its place
    assert {view.name: view.query for view in (await asides.reader("reviewer1")).views}["v3"] == "tier=L3"
    await asides.drop_view("reviewer1", "v3")
    assert len((await asides.reader("reviewer1")).views) == 19
    assert (await asides.reader("reviewer2")).views == []


# --- ranking anew ---------------------------------------------------------------------------------------------------

RULES = policies.load("2026-11-28").queue


def ranked_task(clock, *, amount_fen, days, level="L1", due=timedelta(days=3)):
    """What a task shows that was last ranked when its case was opened, `days` ago."""
    opened = clock.now - timedelta(days=days)
    standing = Standing(opened, clock.now + due, level, amount_fen, opened, opened)
    return standing, {
        "level": level, "since": format_time(opened), "due_at": format_time(standing.due_at),
        "amount_fen": amount_fen, **ranked(standing, RULES, "2026-11-28", opened),
    }  # fmt: skip


@pytest.fixture
def ranking(journal, clock):
    return Ranking(journal.pool, lambda version: policies.load(version).queue, clock)


async def test_the_queue_ranked_step_by_step_is_in_the_order_of_a_queue_ranked_anew(queue, waiting, ranking, clock):
    chance = random.Random(53)
    made = {
        f"t{n:02d}": ranked_task(
            clock, amount_fen=chance.choice([0, 10**6, 10**7, 10**9]), days=chance.randrange(40),
            level=chance.choice(["L0", "L1", "L2", "L3"]), due=timedelta(minutes=chance.randrange(2000)),
        )
        for n in range(40)
    }  # fmt: skip
    await waiting(**{task_id: columns for task_id, (_, columns) in made.items()})

    for _ in range(4):
        while await ranking.rerank(batch=7):
            pass
        anew = sorted((rank(standing, RULES, clock.now).at, task_id) for task_id, (standing, _) in made.items())
        assert await ids(queue) == [task_id for _, task_id in anew]
        assert await ranking.rerank() == 0
        clock.passes(timedelta(days=9))


async def test_only_a_task_whose_moment_has_come_is_ranked_anew_and_watchers_are_told(queue, waiting, ranking, clock):
    await waiting(
        soon=ranked_task(clock, amount_fen=10_000 * 100, days=0)[1],
        later=ranked_task(clock, amount_fen=100, days=0, due=timedelta(days=2))[1],
    )
    mark, _ = await queue.touched(None)
    assert await ranking.rerank() == 0

    clock.passes(timedelta(days=1))
    assert await ranking.rerank() == 1

    _, touched = await queue.touched(mark)
    assert touched == {"soon"}
    shown = await queue.find("soon")
    assert shown.priority["money_days_boost_minutes"] == 30
    assert shown.rank_at == shown.due_at - 30 * MINUTE


async def test_what_moved_up_is_what_next_gives(queue, waiting, ranking, clock):
    await waiting(
        small=ranked_task(clock, amount_fen=100, days=0, due=timedelta(days=3))[1],
        large=ranked_task(clock, amount_fen=10**9, days=0, due=timedelta(days=3, hours=1))[1],
    )
    assert await ids(queue) == ["small", "large"]
    clock.passes(timedelta(days=1))
    await ranking.rerank()

    assert await ids(queue) == ["large", "small"]
    assert (await queue.claim_next("reviewer1", ["reviewer"])).task_id == "large"


async def test_two_who_rank_at_once_share_the_tasks(queue, waiting, ranking, clock):
    await waiting(**{f"t{n}": ranked_task(clock, amount_fen=10**8, days=2)[1] for n in range(10)})

    assert sum(await asyncio.gather(*(ranking.rerank(batch=5) for _ in range(4)))) == 10
