-- Ageing: every case with its status and since when it has it.

-- name: table
create table {table} (
    case_id   text collate "C" primary key,
    kind      text        not null,
    status    text        not null,
    since     timestamptz not null,
    opened_at timestamptz not null
)

-- name: apply
with statuses as (
    select e.stream, e.position, e.occurred_at, {status} as status
    from {events} as e
), changes as (
    select stream, position, occurred_at, status, lag(status) over (partition by stream order by position) as before
    from statuses
    where status is not null
), last as (
    select distinct on (stream) stream, occurred_at, status
    from changes
    where status is distinct from before
    order by stream, position desc
)
insert into {table} as t (case_id, kind, status, since, opened_at)
select s.stream, s.kind, coalesce(r.status, l.status), coalesce(r.since, l.occurred_at)::timestamptz, s.opened_at
from last as l
join journal.streams as s on s.stream = l.stream and s.opened_at is not null
left join jsonb_to_recordset(%(turned)s) as r (case_id text, status text, since text) on r.case_id = l.stream
on conflict (case_id) do update
set status = excluded.status, since = excluded.since
where (t.status, t.since) is distinct from (excluded.status, excluded.since)

-- name: indexes
analyze {table}
