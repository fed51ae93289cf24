-- The reviewers' queue. A task may be taken by whoever holds one of its roles and is not excluded from it.

-- name: shelves
-- The beginning of the statements below: the first tasks someone may take from each shelf (see tasks_shelves) they may
-- take from at all; with `given`, a day, only what they are given then. What there are of shelves is found by leaps through the index, from each to the next.
with recursive leaps as (
    (
        select case_kind, kind, level, family, roles
        from journal.tasks
        where closed_at is null
        order by case_kind, kind, level, family, roles
        limit 1
    )
    union all
    select beyond.case_kind, beyond.kind, beyond.level, beyond.family, beyond.roles
    from leaps as l
    cross join lateral (
        select t.case_kind, t.kind, t.level, t.family, t.roles
        from journal.tasks as t
        where t.closed_at is null
            and (t.case_kind, t.kind, t.level, t.family, t.roles) > (l.case_kind, l.kind, l.level, l.family, l.roles)
        order by t.case_kind, t.kind, t.level, t.family, t.roles
        limit 1
    ) as beyond
), takeable as materialized (
    select t.task_id, t.rank_at
    from leaps as l
    cross join lateral (
        select t.task_id, t.rank_at
        from journal.tasks as t
        where t.closed_at is null
            and t.case_kind = l.case_kind and t.kind = l.kind and t.level = l.level and t.family = l.family
            and t.roles = l.roles
            and not %(user)s = any(t.excluded)
            and not exists (
                select from journal.claims as c
                where c.task_id = t.task_id and c.expires_at > %(now)s
                    and (c.holder <> %(user)s or not %(with_own)s)
            )
            and %(aside)s = exists (
                select from journal.asides as z where z.task_id = t.task_id and z.until > %(now)s
            )
            and (%(due_before)s::timestamptz is null or t.due_at < %(due_before)s)
            and (%(amount_from)s::bigint is null or t.amount_fen >= %(amount_from)s)
            and (%(rank_at)s::timestamptz is null or (t.rank_at, t.task_id) > (%(rank_at)s, %(after)s))
        order by t.rank_at, t.task_id
        limit %(limit)s
    ) as t
    where l.roles && %(roles)s::text[]
        and (%(given)s::date is null or journal.given_to(%(user)s, %(given)s::date, l.kind, l.level, l.family))
        and (%(tier)s::text is null or l.level = %(tier)s)
        and (%(kind)s::text is null or l.kind = %(kind)s or l.case_kind = %(kind)s)
    order by t.rank_at, t.task_id
    limit %(limit)s
)

-- name: page
-- What someone may take, most urgent first: what nobody works on, and what they hold themselves.
select t.task_id, t.case_id, t.case_kind, t.kind, t.level, t.roles, t.since, t.due_at, t.rank_at, t.amount_fen,
    t.priority, s.terminal_sn, s.merchant_no, s.reason_code, s.status, s.version, s.sentence_zh, s.sentence_en,
    c.holder, c.expires_at as held_until
from takeable as n
join journal.tasks as t on t.task_id = n.task_id
join journal.streams as s on s.stream = t.case_id
left join journal.claims as c on c.task_id = t.task_id and c.expires_at > %(now)s
order by n.rank_at, n.task_id

-- name: next
-- The most urgent task someone may take, kept from others who ask at the same moment: they get the one after it.
-- `any` without a task means that others are about to take all that were looked at.
, taken as (
    select t.task_id
    from takeable as n
    join journal.tasks as t on t.task_id = n.task_id
    order by n.rank_at, n.task_id
    limit 1
    for update of t skip locked
)
select (select task_id from taken), exists (select from takeable) as any

-- name: one
-- One task whatever its state, with the claim on it (also one that has run out).
select t.task_id, t.case_id, t.case_kind, t.kind, t.level, t.roles, t.since, t.due_at, t.rank_at, t.amount_fen,
    t.priority, s.terminal_sn, s.merchant_no, s.reason_code, s.status, s.version, s.sentence_zh, s.sentence_en,
    c.holder, c.expires_at as held_until
from journal.tasks as t
join journal.streams as s on s.stream = t.case_id
left join journal.claims as c on c.task_id = t.task_id
where t.task_id = %(task_id)s

-- name: now
-- Tasks whatever their state, with the claims on them that run, and what keeps them out of someone's queue.
select t.task_id, t.case_id, t.case_kind, t.kind, t.level, t.roles, t.since, t.due_at, t.rank_at, t.amount_fen,
    t.priority, s.terminal_sn, s.merchant_no, s.reason_code, s.status, s.version, s.sentence_zh, s.sentence_en,
    c.holder, c.expires_at as held_until, t.closed_at is not null as closed, t.excluded,
    exists (select from journal.asides as z where z.task_id = t.task_id and z.until > %(now)s) as put_off
from journal.tasks as t
join journal.streams as s on s.stream = t.case_id
left join journal.claims as c on c.task_id = t.task_id and c.expires_at > %(now)s
where t.task_id = any(%(task_ids)s)

-- name: lock
-- A task's right to be taken, and the end of its own stream; the row stays locked until the transaction ends.
select t.closed_at is not null as closed,
    array(select unnest(t.roles) intersect select unnest(%(roles)s::text[]) order by 1) as entitled_as,
    %(user)s = any(t.excluded) as excluded, t.case_id,
    c.holder, c.expires_at as held_until, s.position, encode(s.head, 'hex') as hash
from journal.tasks as t
left join journal.claims as c on c.task_id = t.task_id
left join journal.streams as s on s.stream = 'task:' || t.task_id
where t.task_id = %(task_id)s
for update of t

-- name: lease
-- Makes someone the holder unless another's lease still runs: this, not the look before it, decides a race.
insert into journal.claims as c (task_id, holder, claimed_at, expires_at)
values (%(task_id)s, %(user)s, %(now)s, %(until)s)
on conflict (task_id) do update
set holder = excluded.holder, expires_at = excluded.expires_at,
    claimed_at = case when c.holder = excluded.holder then c.claimed_at else excluded.claimed_at end
where c.expires_at <= %(now)s or c.holder = excluded.holder

-- name: end_lease
delete from journal.claims where task_id = %(task_id)s and holder = %(user)s

-- name: end_any_lease
delete from journal.claims where task_id = %(task_id)s

-- name: end_aside
-- Whoever takes a task that was put off ends that.
delete from journal.asides where task_id = %(task_id)s

-- name: mark
-- From where the next look at what changed begins: transactions before this one have ended.
select pg_snapshot_xmin(pg_current_snapshot())::text as xid

-- name: touched
-- Tasks that may have changed since a look: by events of their case or their own, because they were ranked anew, or
-- because a lease ran out or a task that was put off came back.
with written as (
    select distinct stream from journal.events where xid >= %(xid)s::xid8
)
select t.task_id from written as w join journal.tasks as t on t.case_id = w.stream
union
select substr(w.stream, 6) from written as w where w.stream like 'task:%%'
union
select task_id from journal.tasks where reranked_xid >= %(xid)s::xid8
union
select task_id from journal.claims where expires_at > %(seen_at)s and expires_at <= %(now)s
union
select task_id from journal.asides where until > %(seen_at)s and until <= %(now)s

-- name: holder
select holder, expires_at as held_until
from journal.claims
where task_id = %(task_id)s and expires_at > %(now)s

-- name: tasks_of_case
-- The open tasks of a case, with who works on them.
select t.task_id, t.case_id, t.case_kind, t.kind, t.level, t.roles, t.since, t.due_at, t.rank_at, t.amount_fen,
    t.priority, s.terminal_sn, s.merchant_no, s.reason_code, s.status, s.version, s.sentence_zh, s.sentence_en,
    c.holder, c.expires_at as held_until
from journal.tasks as t
join journal.streams as s on s.stream = t.case_id
left join journal.claims as c on c.task_id = t.task_id and c.expires_at > %(now)s
where t.case_id = %(case_id)s and t.closed_at is null
order by t.rank_at, t.task_id

-- name: backlog
-- Open tasks by kind and level.
select t.kind, t.level, count(*)::integer as waiting, count(c.task_id)::integer as claimed,
    (count(*) filter (where t.due_at < %(now)s))::integer as overdue,
    min(t.since) as oldest_since, sum(t.amount_fen)::bigint as amount_fen
from journal.tasks as t
left join journal.claims as c on c.task_id = t.task_id and c.expires_at > %(now)s
where t.closed_at is null
group by t.kind, t.level
order by t.kind, t.level

-- name: open_cases
-- Open cases by kind and status.
select kind, status, count(*)::integer as open,
    (count(*) filter (where due_at < %(now)s))::integer as overdue,
    min(opened_at) as oldest_at, sum(held_fen)::bigint as held_fen
from journal.streams
where open
group by kind, status
order by kind, status

-- name: throughput
-- What was done in the last day and the last seven, and what waits for the engine.
select
    (select count(*) from journal.tasks where closed_at > %(now)s::timestamptz - interval '1 day')::integer
        as tasks_day,
    (select count(*) from journal.tasks where closed_at > %(now)s::timestamptz - interval '7 days')::integer
        as tasks_week,
    (select count(*) from journal.streams where closed_at > %(now)s::timestamptz - interval '1 day')::integer
        as cases_day,
    (select count(*) from journal.streams where closed_at > %(now)s::timestamptz - interval '7 days')::integer
        as cases_week,
    (select count(*) from journal.commands where settled_at is null)::integer as commands_pending,
    (select count(*) from journal.streams where live and not started)::integer as cases_unstarted
