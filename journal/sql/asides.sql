-- Tasks that were put off, and the views of the queue people keep.

-- name: put
insert into journal.asides (task_id, put_by, put_at, until, reason)
values (%(task_id)s, %(user)s, %(now)s, %(until)s, %(reason)s)
on conflict (task_id) do update
set put_by = excluded.put_by, put_at = excluded.put_at, until = excluded.until, reason = excluded.reason;

-- name: take_back
delete from journal.asides where task_id = %(task_id)s;

-- name: of_tasks
-- What is put off now among these tasks.
select task_id, put_by, until, reason
from journal.asides
where task_id = any(%(task_ids)s) and until > %(now)s;

-- name: reader
-- Someone's views, oldest first, and how many of their stored commands were refused that they have not seen.
select
    coalesce((
        select json_agg(json_build_object('name', name, 'query', query) order by kept_at, name)
        from journal.queue_views
        where user_name = %(user)s
    ), '[]'),
    (
        select count(*)::integer
        from journal.commands
        where substr(actor, strpos(actor, ':') + 1) = %(user)s and seen_at is null and outcome ->> 'refused' is not null
    );

-- name: keep_view
-- Up to `most` of one's own; one of the same name is replaced.
insert into journal.queue_views (user_name, name, query)
select %(user)s, %(name)s, %(query)s
where exists (select from journal.queue_views where user_name = %(user)s and name = %(name)s)
    or (select count(*) from journal.queue_views where user_name = %(user)s) < %(most)s
on conflict (user_name, name) do update set query = excluded.query;

-- name: drop_view
delete from journal.queue_views where user_name = %(user)s and name = %(name)s;
