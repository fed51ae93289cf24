-- Figures, read from the asynchronous views (which may be moments behind).

-- name: statistics
-- How often each event of a case happened, by day.
select day, kind, type, events
from views.statistics
where day > (%(now)s::timestamptz at time zone 'Asia/Shanghai')::date - %(days)s
    and kind not in ('merchant', 'terminal', 'task', 'policy')
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
    sum(supplements)::integer as supplements, sum(returned)::integer as returned, sum(voided)::integer as approvals_voided,
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

-- name: daily
-- Day by day: cases opened and closed and how, cases open at the day's end, and promises and time limits that passed.
-- A case that was reopened counts as open all the while.
with days as (
    select generate_series(%(since)s::date, %(until)s::date, interval '1 day')::date as day
), cases as (
    select (opened_at at time zone 'Asia/Shanghai')::date as opened,
        (closed_at at time zone 'Asia/Shanghai')::date as closed, outcome
    from views.outcomes
    where opened_at < (%(until)s::date + 1)::timestamp at time zone 'Asia/Shanghai'
), begun as (
    select opened as day, count(*)::integer as opened from cases where opened >= %(since)s group by opened
), ended as (
    select closed as day, count(*)::integer as closed,
        (count(*) filter (where outcome = 'closed_released'))::integer as released,
        (count(*) filter (where outcome = 'closed_rejected'))::integer as rejected
    from cases
    where closed between %(since)s and %(until)s
    group by closed
), late as (
    select day,
        coalesce(sum(events) filter (where type = 'FreezeNoticeLate'), 0)::integer as notices,
        coalesce(sum(events) filter (where type = 'ReviewOverdue'), 0)::integer as reviews,
        coalesce(sum(events) filter (where type = 'DecisionLate'), 0)::integer as decisions,
        coalesce(sum(events) filter (where type = 'StepDelayed'), 0)::integer as releases
    from views.statistics
    where day between %(since)s and %(until)s
        and type in ('FreezeNoticeLate', 'ReviewOverdue', 'DecisionLate', 'StepDelayed')
    group by day
)
select d.day, coalesce(b.opened, 0) as opened, coalesce(e.closed, 0) as closed, coalesce(e.released, 0) as released,
    coalesce(e.rejected, 0) as rejected,
    coalesce(e.closed - e.released - e.rejected, 0) as otherwise,
    ((select count(*) from cases where opened < %(since)s and (closed is null or closed >= %(since)s))
        + sum(coalesce(b.opened, 0) - coalesce(e.closed, 0)) over (order by d.day))::integer as backlog,
    coalesce(l.notices, 0) as late_notices, coalesce(l.reviews, 0) as late_reviews,
    coalesce(l.decisions, 0) as late_decisions, coalesce(l.releases, 0) as late_releases
from days as d
left join begun as b using (day)
left join ended as e using (day)
left join late as l using (day)
order by d.day

-- name: overturns
-- By reason, of the cases opened in a time: what was not upheld. `returned` are first decisions sent back by the second
-- reviewer, `voided` approvals that lost what they rested on, `reopened` decisions a merchant had taken up again.
select reason_code, count(*)::integer as cases,
    (count(*) filter (where outcome in ('closed_released', 'closed_rejected')))::integer as decided,
    sum(returned)::integer as returned, sum(voided)::integer as voided, sum(reopened)::integer as reopened
from views.outcomes
where opened_at >= %(since)s::date::timestamp at time zone 'Asia/Shanghai'
    and opened_at < (%(until)s::date + 1)::timestamp at time zone 'Asia/Shanghai'
group by reason_code
order by sum(returned + voided + reopened) desc, cases desc, reason_code
