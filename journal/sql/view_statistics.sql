-- Statistics: how often each event happened, by day (Shanghai) and kind of stream. Every event is counted once.

-- name: table
create table {table} (
    day    date   not null,
    kind   text   not null,
    type   text   not null,
    events bigint not null,
    primary key (day, kind, type)
)

-- name: apply
insert into {table} as t (day, kind, type, events)
select (e.occurred_at::timestamptz at time zone 'Asia/Shanghai')::date, s.kind, e.type, count(*)
from {events} as e
join journal.streams as s on s.stream = e.stream
group by 1, 2, 3
on conflict (day, kind, type) do update set events = t.events + excluded.events

-- name: indexes
analyze {table}
