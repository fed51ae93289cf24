-- Cases that nothing moves, as far as the lists show it. Each statement gives case, task (if one is concerned), since
-- when, and a name that belongs to it.

-- name: unstarted
-- No workflow was started for it, though the relay has had time.
select stream as case_id, null as task_id, opened_at as since, null as name
from journal.streams
where live and not started and opened_at < %(before)s
order by opened_at
limit %(limit)s;

-- name: no_task
-- It waits for a review, and there is none in the queue.
select s.stream as case_id, null as task_id, s.waiting_since as since, s.status as name
from journal.streams as s
where s.open and s.status in ('in_review_1', 'in_review_2') and s.waiting_since < %(before)s
    and not exists (
        select from journal.tasks as t
        where t.case_id = s.stream and t.closed_at is null and t.kind in ('review_1', 'review_2')
    )
order by s.waiting_since
limit %(limit)s;

-- name: enter_tasks
-- The beginning of the statement that enters a case's tasks anew, as its journal tells them, if that is still its end.
with head as (
    select stream, kind, reason_code
    from journal.streams
    where stream = %(case_id)s and position = %(position)s
    for update
)

-- name: nobody_eligible
-- No one who is not shut out has a role for the task, is free to take it, has learnt it, and is there today. `able` are
-- those whom only the rota keeps from it, who are there first: a lead may hand it to one of them.
select t.case_id, t.task_id, t.since, t.kind as name, array(
        select u.name
        from journal.users as u
        where u.disabled_at is null and u.roles && t.roles and not u.name = any(t.excluded)
        order by exists (
            select from journal.absences as a
            where a.user_name = u.name and %(today)s::date between a.first_day and a.last_day
        ), u.name
        limit 20
    ) as able
from journal.tasks as t
where t.closed_at is null
    and not exists (
        select from journal.users as u
        where u.disabled_at is null and u.roles && t.roles and not u.name = any(t.excluded)
            and journal.given_to(u.name, %(today)s, t.kind, t.level, t.family)
    )
order by t.since
limit %(limit)s;

-- name: inactive_holder
-- Who holds it was shut out.
select t.case_id, t.task_id, c.claimed_at as since, c.holder as name
from journal.claims as c
join journal.tasks as t on t.task_id = c.task_id and t.closed_at is null
join journal.users as u on u.name = c.holder and u.disabled_at is not null
where c.expires_at > %(now)s
order by c.claimed_at
limit %(limit)s;

-- name: overdue
-- The candidates for a lost timer, the longest overdue first; what their journal says decides.
select stream as case_id
from journal.streams
where open and due_at < %(before)s
order by due_at
limit %(limit)s;

-- name: at_partners
-- Cases whose workflow calls partners just now, the longest waiting first.
select stream as case_id
from journal.streams
where open and status in ('approved', 'executing', 'compensating', 'submitted', 'pending_check', 'awaiting_field', 'post_actions')
order by waiting_since
limit %(limit)s;
