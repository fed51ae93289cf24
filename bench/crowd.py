"""Many cases at once, made by SQL out of one that was really told: for measurements that need more than can be told."""

from __future__ import annotations

from bench import stories
from journal import Journal

TEMPLATE = "FA-TEMPLATE"
NAME = "'FA-20260101-' || lpad(n::text, 8, '0')"

DATA = f"""
    replace(replace(replace(replace(data::text, 'X-C-FA-TEMPLATE', 'RISK-' || n),
        'SN-FA-TEMPLATE', 'SN-' || lpad(n::text, 8, '0')), 'C-FA-TEMPLATE', 'C-' || substr(md5(n::text), 1, 16)),
        'FA-TEMPLATE', {NAME})
"""
"""An event's body with names such as sources, terminals and the desk give them."""

# What is copied is read once, into a set of its own: sought in the table that is being filled, it would be sought among
# ever more rows, once for each of them.

_STREAMS = f"""
    with one as materialized (select s from journal.streams as s where s.stream = %(template)s)
    insert into journal.streams
    select made.*
    from one
    cross join generate_series(1, %(cases)s) as n
    cross join lateral jsonb_populate_record(one.s, jsonb_build_object(
        'stream', {NAME}, 'terminal_sn', 'SN-' || lpad(n::text, 8, '0'), 'merchant_no', (847100000000000 + n / 3)::text,
        'open', %(open)s, 'opened_at', (one.s).opened_at - n * interval '10 seconds')) as made
"""
_EVENTS = f"""
    with e as materialized (select * from journal.events where stream = %(template)s)
    insert into journal.events (
        stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
    )
    select {NAME}, position, version, type, form,
        to_char((occurred_at::timestamptz - n * interval '10 seconds') at time zone 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
        actor, replace(command_id, %(template)s, {NAME}), ordinal, {DATA}::json,
        previous_hash, hash
    from generate_series(1, %(cases)s) as n, e
"""
_TASKS = f"""
    insert into journal.tasks (
        task_id, case_id, case_kind, kind, level, roles, excluded, since, due_at, rank_at, reranks_at,
        amount_fen, priority
    )
    select {NAME} || ':review_1', {NAME}, 'freeze_appeal', case n % 5 when 0 then 'review_2' else 'review_1' end,
        'L' || 1 + n % 3,
        case n % 3 when 2 then array['supervisor', 'compliance_head'] else array['reviewer', 'supervisor'] end,
        array['reviewer' || 2 + n % 7], now(), now() + n % 100000 * interval '1 minute',
        now() + n % 100000 * interval '1 minute', now() + n % 1000 * interval '1 hour', 8642000,
        jsonb_build_object('due_at', now() + n % 100000 * interval '1 minute', 'tier_boost_minutes', 0,
            'amount_boost_minutes', 0, 'money_days_boost_minutes', 60, 'age_boost_minutes', 0,
            'held_since', now() - interval '1 day', 'opened_at', now() - interval '1 day',
            'policy_version', %(policy)s::text)
    from generate_series(1, %(cases)s) as n
"""
_WORDS = f"""
    insert into views.search_1 (case_id, opened_at, words)
    select s.stream, s.opened_at, lower(concat_ws(' ', s.stream, s.merchant_no, s.terminal_sn,
        'c-' || substr(md5(n::text), 1, 12),
        'risk-' || n, (array['r01 频繁大额 velocity/large amounts', 'r03 虚假交易 fictitious transaction',
            'r05 一机多户 one terminal, many shops'])[1 + n % 3],
        (array['商户材料齐全', '联系不上商户', '营业执照过期', '现场核实无误', '等待补充流水'])[1 + n % 5],
        case when n % 101 = 0 then '疑似套现' end, case when n % 5003 = 0 then '跨境电商 cross-border' end,
        '冻结申诉 freeze appeal', (array['初审中 first review', '复核中 second review'])[1 + n % 2]))
    from generate_series(1, %(cases)s) as n
    join journal.streams as s on s.stream = {NAME}
"""


async def whole(journal: Journal, cases: int) -> int:
    """So many closed cases with all their events; how many events there are."""
    await stories.write(journal, stories.whole(TEMPLATE))
    await _fill(journal, (_STREAMS, _EVENTS), cases, is_open=False)
    async with journal.pool.connection() as connection:
        row = await (await connection.execute("select count(*) from journal.events")).fetchone()
    return int(row[0]) if row else 0


async def open_with_tasks(journal: Journal, cases: int) -> None:
    """So many open cases, each with a task in the queue."""
    await stories.write(journal, stories.until(TEMPLATE, 1))
    await _fill(journal, (_STREAMS, _TASKS), cases, is_open=True)


async def worded(journal: Journal, cases: int, indexes: bytes) -> None:
    """What these cases are found by, in the (empty) first build of the search view; then its indexes."""
    async with journal.pool.connection() as connection:
        found = await connection.execute(
            "select indexrelid::regclass::text from pg_index"
            " where indrelid = 'views.search_1'::regclass and not indisprimary"
        )
        for (name,) in await found.fetchall():
            await connection.execute(f"drop index {name}".encode())
    await _fill(journal, (_WORDS,), cases, is_open=True)
    async with journal.pool.connection() as connection, connection.transaction():
        await connection.execute("set local statement_timeout = 0; set local maintenance_work_mem = '256MB'")
        for statement in filter(bytes.strip, indexes.split(b";")):
            await connection.execute(statement)


async def _fill(journal: Journal, statements: tuple[str, ...], cases: int, *, is_open: bool) -> None:
    asked = {"cases": cases, "template": TEMPLATE, "open": is_open, "policy": stories.POLICY.version}
    async with journal.pool.connection() as connection:
        async with connection.transaction():
            await connection.execute("set local statement_timeout = 0")
            for statement in statements:
                await connection.execute(statement.encode().replace(b" % ", b" %% "), asked)
        await connection.execute("set statement_timeout = 0")
        try:
            for table in ("journal.streams", "journal.events", "journal.tasks"):
                await connection.execute(f"vacuum analyze {table}".encode())
        finally:
            await connection.execute("reset statement_timeout")
