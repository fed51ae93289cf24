-- Held money over time: by day (Shanghai) and kind of case, how much was newly held and what became of it, in fen.
-- held = released + penalty + claims + what remains, at the end of every day.

-- name: table
create table {table} (
    day          date   not null,
    kind         text   not null,
    held_fen     bigint not null,
    released_fen bigint not null,
    penalty_fen  bigint not null,
    claims_fen   bigint not null,
    primary key (day, kind)
)

-- name: apply
-- A hold counts from its placement, and no more once the ledger refused it. Held money leaves with the ledger's release,
-- in the amounts of the last approval before it. Cases with legal orders come in `turned`, folded by the rules.
with found as materialized (
    select e.stream, e.type, e.occurred_at, e.data, e.fresh,
        count(*) filter (where e.type = 'FirstApproval') over (partition by e.stream order by e.position) as approvals
    from {events} as e
    where e.type in (
            'TerminalFrozen', 'ControlAttached', 'PostActionLapsed', 'HoldRefused', 'FirstApproval', 'ExecutionStarted',
            'StepDone'
        )
        and not exists (
            select from jsonb_to_recordset(%(turned)s) as r (case_id text) where r.case_id = e.stream
        )
), holds as (
    select stream, occurred_at, fresh, data #>> '{control,control_id}' as control_id,
        coalesce((data #>> '{control,held_fen}')::bigint, 0) as held_fen
    from found
    where type in ('TerminalFrozen', 'ControlAttached', 'PostActionLapsed')
), releases as materialized (
    select f.stream, (step ->> 'n')::integer as n
    from found as f, json_array_elements(f.data -> 'steps') as step
    where f.type = 'ExecutionStarted' and step ->> 'name' = 'ledger_release'
), moves as (
    select stream, occurred_at, held_fen, 0::bigint as released_fen, 0::bigint as penalty_fen, 0::bigint as claims_fen
    from holds
    where fresh
    union all
    select f.stream, f.occurred_at, -h.held_fen, 0, 0, 0
    from found as f
    join holds as h on h.stream = f.stream and h.control_id = f.data ->> 'control_id'
    where f.type = 'HoldRefused' and f.fresh
    union all
    select d.stream, d.occurred_at, 0, (a.data #>> '{amounts,release_fen}')::bigint,
        (a.data #>> '{amounts,penalty_fen}')::bigint, (a.data #>> '{amounts,claims_fen}')::bigint
    from found as d
    join releases as p on p.stream = d.stream and p.n = (d.data ->> 'n')::integer
    join found as a on a.stream = d.stream and a.approvals = d.approvals and a.type = 'FirstApproval'
    where d.type = 'StepDone' and d.fresh
    union all
    select e.stream, e.occurred_at, r.held_fen, r.released_fen, r.penalty_fen, r.claims_fen
    from {events} as e
    join jsonb_to_recordset(%(moves)s) as r (
        case_id text, position integer, held_fen bigint, released_fen bigint, penalty_fen bigint, claims_fen bigint
    ) on r.case_id = e.stream and r.position = e.position
    where e.fresh
)
insert into {table} as t (day, kind, held_fen, released_fen, penalty_fen, claims_fen)
select (m.occurred_at::timestamptz at time zone 'Asia/Shanghai')::date, s.kind, sum(m.held_fen), sum(m.released_fen),
    sum(m.penalty_fen), sum(m.claims_fen)
from moves as m
join journal.streams as s on s.stream = m.stream and s.opened_at is not null
group by 1, 2
on conflict (day, kind) do update
set held_fen = t.held_fen + excluded.held_fen, released_fen = t.released_fen + excluded.released_fen,
    penalty_fen = t.penalty_fen + excluded.penalty_fen, claims_fen = t.claims_fen + excluded.claims_fen

-- name: indexes
analyze {table}
