"""Views: how fast they are made anew, and whether queue and search stay as quick when cases become very many.

- A rebuild of each view beside a bare `INSERT … SELECT` of the events it is made of, interleaved. (`of_its_own_rows`
  copies the view's rows instead, of which there may be a few hundred for as many thousand events.)
- A page of the queue and the claim of its next task, for people who may take much, little and nothing, among a thousand
  open cases and among a million.
- Searches for words that all, many, few and no cases say, among ten thousand cases and among a million.
- What a whole case takes in the journal, in bytes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

import journal as journals
from bench import crowd, stories
from bench.rounds import Contender, at_least, at_most, in_rounds, percentile, ratio, say, significant
from bench.servers import folder, postgres
from journal import Journal
from journal.cases import Cases, Filters
from journal.queue import Queue
from journal.rebuilding import rebuild
from journal.views import VIEWS, View
from workers.stack.postgres import Postgres
from workers.vocabulary import vocabulary

LEASE = timedelta(minutes=15)
ROLES = {"much": "reviewer", "little": "compliance_head", "nothing": "officer"}
SOUGHT = (
    "FA-20260101-0000{n:04}", "0000{n:04}", "SN-0000{n:04}", "8471000000{n:05}", "risk-{n}",
    "R03", "频繁大额", "velocity", "一机多户", "初审", "first review", "冻结申诉",
    "材料齐全", "营业执照", "现场核实 R01", "疑似套现", "套现", "跨境电商", "跨境", "cross-border", "疑似套现 second",
    "没有这样的词", "no such word", "境",
)  # fmt: skip

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Amount:
    """Rounds of rebuilds and the whole cases they read; open cases in the short and the long queue, cases in the small
    and the large search; how often each is asked; cases told one by one to see what they take."""

    rounds: int = 3
    cases: int = 5_000
    short: int = 1_000
    long: int = 1_000_000
    small: int = 10_000
    tries: int = 20
    told: int = 200


QUICK = Amount(1, 20, 50, 200, 100, 1, 4)


async def measure(amount: Amount) -> dict[str, Any]:
    """The figures of all four."""
    with folder() as where, postgres(where) as server:
        return {
            "size": await _size(server, amount),
            "rebuild": await _rebuilds(server, amount),
            **await _lists(server, amount),
        }


async def _opened(server: Postgres, name: str) -> Journal:
    url = server.create_database(name)
    await journals.migrate(url)
    return await Journal.open(url, max_size=2)


# --- rebuilds ---------------------------------------------------------------------------------------------------------


async def _rebuilds(server: Postgres, amount: Amount) -> dict[str, Any]:
    async with await _opened(server, "rebuilds") as journal:
        events = await crowd.whole(journal, amount.cases)
        found = {view.name: await _rebuild(journal, view, events, amount) for view in VIEWS.values()}
    return {"cases": amount.cases, "events": events, **found}


async def _rebuild(journal: Journal, view: View, events: int, amount: Amount) -> dict[str, Any]:
    words = vocabulary()
    await rebuild(journal.pool, view, words)

    async def ours() -> float:
        return events / (await rebuild(journal.pool, view, words)).seconds

    contenders: dict[str, Contender] = {
        "thaw": ours,
        "bare": lambda: _copied(journal, "journal.events", events),
        "rows": lambda: _copied(journal, f"views.{view.name}", events),
    }
    measured = await in_rounds(amount.rounds, contenders, f"rebuild {view.name}")
    return {
        "events_per_s": significant(median(measured["thaw"])),
        "beside": {"bare_insert_select": at_least(0.5, measured["thaw"], measured["bare"])},
        "of_its_own_rows": round(ratio(measured["thaw"], measured["rows"]), 3),
    }


async def _copied(journal: Journal, table: str, events: int) -> float:
    """Copies a table's rows into an empty one; answers as if each of the events had been copied."""
    name = f"bare_{next(_numbers)}"
    async with journal.pool.connection() as connection:
        await connection.execute("set statement_timeout = 0")
        await connection.execute(f"create table {name} as select * from {table} with no data".encode())
        began = perf_counter()
        await connection.execute(f"insert into {name} select * from {table}".encode())
        seconds = perf_counter() - began
        await connection.execute(f"drop table {name}".encode())
        await connection.execute("reset statement_timeout")
    return events / seconds


# --- queue and search -------------------------------------------------------------------------------------------------


async def _lists(server: Postgres, amount: Amount) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        sizes = {"short": amount.short, "small": amount.small, "long": amount.long}
        made = {}
        for name, cases in sizes.items():
            journal = await stack.enter_async_context(await _opened(server, name))
            began = perf_counter()
            await crowd.open_with_tasks(journal, cases)
            if name != "short":
                await rebuild(journal.pool, VIEWS["search"], vocabulary())
                await crowd.worded(journal, cases, VIEWS["search"].statement("indexes", 1))
            say(f"{cases} cases are there after {perf_counter() - began:.0f} s")
            made[name] = journal
        return {
            "queue": await _queues(made["short"], made["long"], amount),
            "search": await _searches(made["small"], made["long"], amount),
        }


async def _queues(short: Journal, long: Journal, amount: Amount) -> dict[str, Any]:
    found: dict[str, Any] = {"open_cases": [amount.short, amount.long]}
    for what, role in ROLES.items():
        for name, ask in (("page", _page), ("next", _next)):
            few, many = await _interleaved(amount.tries, [partial(ask, short, role), partial(ask, long, role)])
            found[f"{name}_of_who_may_take_{what}"] = {
                "p50_ms": [significant(median(few)), significant(median(many))],
                **at_most(3, median(many), median(few)),
            }
    return found


async def _page(journal: Journal, role: str) -> None:
    await Queue(journal.pool, LEASE).page("reviewer1", [role])


async def _next(journal: Journal, role: str) -> None:
    await Queue(journal.pool, LEASE).claim_next("reviewer1", [role])


async def _searches(small: Journal, large: Journal, amount: Amount) -> dict[str, Any]:
    times: list[list[float]] = [[], []]
    for words in SOUGHT:
        for number in range(amount.tries):
            q = words.format(n=number * 37 + 11)
            asks = [partial(_found, small, q), partial(_found, large, q)]
            for so_far, some in zip(times, await _interleaved(1, asks), strict=True):
                so_far.extend(some)
    p95 = [percentile(each, 0.95) for each in times]
    return {
        "cases": [amount.small, amount.long],
        "words": len(SOUGHT),
        "p50_ms": [significant(median(each)) for each in times],
        "p95_ms": [significant(each) for each in p95],
        **at_most(5, p95[1], p95[0]),
    }


async def _found(journal: Journal, q: str) -> None:
    await Cases(journal.pool).page(Filters(q=q))


async def _interleaved(tries: int, asks: Sequence[Callable[[], Awaitable[None]]]) -> list[list[float]]:
    """Milliseconds of each, asked in turns; the first turn warms up and is not counted."""
    times: list[list[float]] = [[] for _ in asks]
    for number in range(tries + 1):
        for each, ask in zip(times, asks, strict=True):
            began = perf_counter()
            await ask()
            if number:
                each.append((perf_counter() - began) * 1000)
    return times


# --- size -------------------------------------------------------------------------------------------------------------


async def _size(server: Postgres, amount: Amount) -> dict[str, Any]:
    """Bytes of disk that a whole case takes in the journal, by table, indexes included."""
    async with await _opened(server, "size") as journal:
        half = amount.told // 2
        for number in range(half):
            await stories.write(journal, stories.whole(f"FA-20260101-A{number:07}"))
        before = await _bytes(journal)
        for number in range(half, 2 * half):
            await stories.write(journal, stories.whole(f"FA-20260101-A{number:07}"))
        after = await _bytes(journal)
    grown = {table: round((after[table] - before[table]) / half) for table in after}
    say(f"a case takes {sum(grown.values())} bytes")
    return {
        "events_of_a_case": sum(len(append.drafts) for append in stories.whole("FA-ONE")),
        "bytes_per_case": sum(grown.values()),
        **{table: grew for table, grew in grown.items() if grew},
    }


async def _bytes(journal: Journal) -> dict[str, int]:
    async with journal.pool.connection() as connection:
        found = await connection.execute(
            "select tablename, pg_total_relation_size(format('journal.%I', tablename)::regclass)"
            " from pg_tables where schemaname = 'journal'"
        )
        return dict(await found.fetchall())
