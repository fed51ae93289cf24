-- Outcomes: every case with its reason, how it ended (null while it is open), and what it took to get there.

-- name: table
create table {table} (
    case_id     text collate "C" primary key,
    kind        text        not null,
    reason_code text        not null,
    opened_at   timestamptz not null,
    outcome     text,
    closed_at   timestamptz,
    supplements integer     not null,   -- how often documents were asked for anew
    returned    integer     not null,   -- first decisions sent back
    voided      integer     not null,   -- approvals that lost what they rested on
    reopened    integer     not null
)

-- name: apply
with found as (
    select e.stream, e.position, e.type, e.occurred_at, {status} as status,
        case
            when e.type = 'ReasonConfirmed' then e.data ->> 'reason_code'
            when e.position = 1 then coalesce(e.data #>> '{control,reason_code}', e.data ->> 'reason_code')
        end as reason_code
    from {events} as e
), cases as (
    select stream,
        (array_agg(reason_code order by position desc) filter (where reason_code is not null))[1] as reason_code,
        (array_agg(array[status, occurred_at] order by position desc) filter (where status is not null))[1:1] as last,
        (count(*) filter (where type = 'SupplementRequested'))::integer as supplements,
        (count(*) filter (where type = 'ReviewReturned'))::integer as returned,
        (count(*) filter (where type = 'ApprovalVoided'))::integer as voided,
        (count(*) filter (where type = 'CaseReopened'))::integer as reopened
    from found
    where status is not null
    group by stream
)
insert into {table} as t (
    case_id, kind, reason_code, opened_at, outcome, closed_at, supplements, returned, voided, reopened
)
select s.stream, s.kind, coalesce(c.reason_code, ''), s.opened_at,
    case when n.status like 'closed%%' then n.status end,
    case when n.status like 'closed%%' then n.since::timestamptz end,
    c.supplements, c.returned, c.voided, c.reopened
from cases as c
join journal.streams as s on s.stream = c.stream and s.opened_at is not null
left join jsonb_to_recordset(%(turned)s) as r (case_id text, status text, since text) on r.case_id = c.stream
cross join lateral (select coalesce(r.status, c.last[1][1]) as status, coalesce(r.since, c.last[1][2]) as since) as n
on conflict (case_id) do update
set reason_code = excluded.reason_code, outcome = excluded.outcome, closed_at = excluded.closed_at,
    supplements = excluded.supplements, returned = excluded.returned, voided = excluded.voided,
    reopened = excluded.reopened
where (t.reason_code, t.outcome, t.closed_at, t.supplements, t.returned, t.voided, t.reopened)
    is distinct from (excluded.reason_code, excluded.outcome, excluded.closed_at, excluded.supplements,
        excluded.returned, excluded.voided, excluded.reopened)

-- name: indexes
analyze {table}
