-- Figures, read from the asynchronous views (which may be moments behind).

-- name: statistics
-- How often each event of a case happened, by day.
select day, kind, type, events
from views.statistics
where day > (%(now)s::timestamptz at time zone 'Asia/Shanghai')::date - %(days)s
    and kind not in ('merchant', 'terminal', 'task')
order by day desc, kind, type

-- name: ageing
-- Open cases by kind and status: how many for how long, in days since they were opened, and how long in this status.
select kind, status, count(*)::integer as open,
    (count(*) filter (where age < interval '1 day'))::integer as under_1_day,
    (count(*) filter (where age >= interval '1 day' and age < interval '3 days'))::integer as days_1_to_3,
    (count(*) filter (where age >= interval '3 days' and age < interval '7 days'))::integer as days_3_to_7,
    (count(*) filter (where age >= interval '7 days' and age < interval '30 days'))::integer as days_7_to_30,
    (count(*) filter (where age >= interval '30 days' and age < interval '90 days'))::integer as days_30_to_90,
    (count(*) filter (where age >= interval '90 days'))::integer as over_90_days,
    min(opened_at) as oldest_at,
    (avg(extract(epoch from %(now)s - since)) / 3600)::integer as hours_in_status
from (select kind, status, since, opened_at, %(now)s::timestamptz - opened_at as age from views.ageing) as cases
where status not like 'closed%%'
group by kind, status
order by kind, status

-- name: workload
-- What each person did in the last days.
select person, act, sum(times)::integer as times
from views.workload
where day > (%(now)s::timestamptz at time zone 'Asia/Shanghai')::date - %(days)s
group by person, act
order by person, times desc, act

-- name: outcomes
-- Cases by kind and reason: how they ended, what it took, and how long from the first notice to the end.
select kind, reason_code, count(*)::integer as cases,
    (count(*) filter (where outcome is null))::integer as open,
    (count(*) filter (where outcome = 'closed_released'))::integer as released,
    (count(*) filter (where outcome = 'closed_rejected'))::integer as rejected,
    (count(*) filter (where outcome = 'closed_withdrawn'))::integer as withdrawn,
    (count(*) filter (where outcome = 'closed_expired'))::integer as expired,
    sum(supplements)::integer as supplements, sum(voided)::integer as approvals_voided,
    sum(reopened)::integer as reopened,
    round((avg(extract(epoch from closed_at - opened_at)) / 3600)::numeric)::integer as hours_to_close
from views.outcomes
group by kind, reason_code
order by cases desc, kind, reason_code

-- name: held_money
-- What was held and what became of it, by day, and what remained held at the day's end. Amounts are fen.
select day, kind, held_fen, released_fen, penalty_fen, claims_fen, remaining_fen
from (
    select day, kind, held_fen, released_fen, penalty_fen, claims_fen,
        (sum(held_fen - released_fen - penalty_fen - claims_fen) over (partition by kind order by day))::bigint
            as remaining_fen
    from views.held_money
) as days
where day > (%(now)s::timestamptz at time zone 'Asia/Shanghai')::date - %(days)s
order by day desc, kind
