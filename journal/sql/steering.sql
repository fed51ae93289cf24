-- What leads see of a person's work before they hand it over.

-- name: work_of
-- The open tasks a person holds (also where the lease ran out and nobody took it since), has put off, or is the only
-- one left who may take; the most urgent first.
select t.task_id, t.case_id, t.kind, t.level, t.due_at, t.amount_fen,
    case when c.holder = %(name)s then c.expires_at end as held_until,
    case when z.put_by = %(name)s then z.until end as put_off_until,
    t.roles && %(roles)s::text[] and not %(name)s = any(t.excluded) and not exists (
        select from journal.users as u
        where u.disabled_at is null and u.name <> %(name)s and u.roles && t.roles and not u.name = any(t.excluded)
    ) as only_theirs
from journal.tasks as t
left join journal.claims as c on c.task_id = t.task_id
left join journal.asides as z on z.task_id = t.task_id and z.until > %(now)s
where t.closed_at is null and (
    c.holder = %(name)s or z.put_by = %(name)s
    or (t.roles && %(roles)s::text[] and not %(name)s = any(t.excluded) and not exists (
        select from journal.users as u
        where u.disabled_at is null and u.name <> %(name)s and u.roles && t.roles and not u.name = any(t.excluded)
    ))
)
order by t.rank_at, t.task_id
limit %(limit)s;

-- name: is_theirs
-- Whether a person holds a task (also where the lease ran out and nobody took it since) or has put it off.
select exists (
    select from journal.claims where task_id = %(task_id)s and holder = %(name)s
) or exists (
    select from journal.asides where task_id = %(task_id)s and put_by = %(name)s and until > %(now)s
);
