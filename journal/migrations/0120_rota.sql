-- Whom the queue gives which work: what people have learnt, how many tasks they hold at once, and when they are away.
-- Who has no row has learnt everything and has no limit.
create table journal.rota (
    user_name   text primary key references journal.users on delete cascade,
    kinds       text[],                                  -- kinds of tasks; null is all
    levels      text[],                                  -- tiers; null is all
    families    text[],                                  -- the letters that reasons begin with; null is all
    most_claims integer check (most_claims > 0)          -- tasks held at once; null is no limit
);

-- Days on which someone is given nothing, both ends included.
create table journal.absences (
    number    bigint generated always as identity primary key,
    user_name text not null references journal.users on delete cascade,
    first_day date not null,
    last_day  date not null check (last_day >= first_day)
);
create index absences_of on journal.absences (user_name, last_day);

-- A task's reason by its family: R for R01.
alter table journal.tasks add column family text not null default '';
update journal.tasks as t
set family = substring(s.reason_code from '^[A-Z]+')
from journal.streams as s
where s.stream = t.case_id and s.reason_code ~ '^[A-Z]';

drop index journal.tasks_shelves;
create index tasks_shelves on journal.tasks (case_kind, kind, level, family, roles, rank_at, task_id)
    where closed_at is null;

-- Whether someone is there on a day and has learnt this kind of work: asked by whatever hands out tasks, and by whatever
-- asks whether there is anybody to take one.
create function journal.given_to(who text, on_day date, task_kind text, task_level text, task_family text)
returns boolean language sql stable as $$
    select not exists (
        select from journal.absences as a where a.user_name = who and on_day between a.first_day and a.last_day
    ) and not exists (
        select from journal.rota as r
        where r.user_name = who
            and not coalesce(
                task_kind = any(coalesce(r.kinds, array[task_kind]))
                and task_level = any(coalesce(r.levels, array[task_level]))
                and task_family = any(coalesce(r.families, array[task_family])), false)
    )
$$;
