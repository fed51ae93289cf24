-- Who is given which work, and when they are away.

-- name: people
-- Staff who are not shut out, with what they may be given and what they hold, by name.
select u.name, u.display_name, u.roles, r.kinds, r.levels, r.families, r.most_claims,
    (
        select count(*)::integer from journal.claims as c where c.holder = u.name and c.expires_at > %(now)s
    ) as holds,
    coalesce((
        select jsonb_agg(jsonb_build_object(
            'number', a.number, 'first_day', a.first_day, 'last_day', a.last_day) order by a.first_day, a.number)
        from journal.absences as a
        where a.user_name = u.name and a.last_day >= %(today)s
    ), '[]') as absences
from journal.users as u
left join journal.rota as r on r.user_name = u.name
where u.disabled_at is null and u.merchant_no is null and (%(name)s::text is null or u.name = %(name)s)
order by u.name

-- name: set
insert into journal.rota (user_name, kinds, levels, families, most_claims)
values (%(name)s, %(kinds)s, %(levels)s, %(families)s, %(most_claims)s)
on conflict (user_name) do update
set kinds = excluded.kinds, levels = excluded.levels, families = excluded.families,
    most_claims = excluded.most_claims

-- name: plan_absence
insert into journal.absences (user_name, first_day, last_day)
values (%(name)s, %(first_day)s, %(last_day)s)
returning number

-- name: end_absence
delete from journal.absences where user_name = %(name)s and number = %(number)s returning first_day, last_day

-- name: head
-- The end of someone's own stream.
select position, encode(head, 'hex') as hash from journal.streams where stream = 'rota:' || %(name)s

-- name: limit
-- How many tasks someone holds at most. The row stays locked, so that who has a limit is given one task at a time.
select most_claims from journal.rota where user_name = %(user)s and most_claims is not null for update

-- name: holds
select count(*)::integer from journal.claims where holder = %(user)s and expires_at > %(now)s

-- name: is_given
-- Whether a task is of the work someone is given on a day.
select journal.given_to(%(user)s, %(today)s::date, t.kind, t.level, t.family)
from journal.tasks as t where t.task_id = %(task_id)s
