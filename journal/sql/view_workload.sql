-- Workload: what each of the desk's people (and the robot) did, by day (Shanghai). An act is the first event of its
-- command, so that what follows from an act by itself is nobody's work. Claims count, from their tasks' own streams.

-- name: table
create table {table} (
    day    date   not null,
    person text   not null,
    act    text   not null,
    times  bigint not null,
    primary key (day, person, act)
)

-- name: apply
insert into {table} as t (day, person, act, times)
select (e.occurred_at::timestamptz at time zone 'Asia/Shanghai')::date, split_part(e.actor, ':', 2), e.type, count(*)
from {events} as e
where e.ordinal = 1
    and split_part(e.actor, ':', 1) in ('officer', 'reviewer', 'supervisor', 'compliance_head', 'robot')
group by 1, 2, 3
on conflict (day, person, act) do update set times = t.times + excluded.times

-- name: indexes
analyze {table}
