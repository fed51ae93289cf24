-- name: beside
-- What stands beside a case when people look at it.
select
    exists (select from journal.commands where case_id = %(case_id)s and settled_at is null),
    coalesce((
        select json_agg(task order by task.rank_at, task.task_id)
        from (
            select t.task_id, t.case_id, t.case_kind, t.kind, t.level, t.roles, t.since, t.due_at, t.rank_at,
                t.amount_fen, t.priority, s.terminal_sn, s.merchant_no, s.reason_code, s.status, s.version,
                s.sentence_zh, s.sentence_en, c.holder, c.expires_at as held_until
            from journal.tasks as t
            left join journal.claims as c on c.task_id = t.task_id and c.expires_at > %(now)s
            where t.case_id = s.stream and t.closed_at is null
        ) as task
    ), '[]'),
    coalesce((
        select json_agg(other)
        from (
            select o.stream as case_id, o.status, o.held_fen, o.opened_at
            from journal.streams as o
            where o.terminal_sn = s.terminal_sn and o.stream <> s.stream and o.opened_at is not null
            order by o.opened_at desc, o.stream desc
            limit %(most)s
        ) as other
    ), '[]'),
    coalesce((
        select json_agg(other)
        from (
            select o.stream as case_id, o.status, o.held_fen, o.opened_at
            from journal.streams as o
            where o.merchant_no = s.merchant_no and o.terminal_sn is distinct from s.terminal_sn
                and o.opened_at is not null
            order by o.opened_at desc, o.stream desc
            limit %(most)s
        ) as other
    ), '[]'),
    coalesce((
        select json_agg(same order by same.first_at)
        from (
            select f.sha256, f.subject, count(*)::integer as times, min(f.stored_at) as first_at
            from journal.files as f
            where f.sha256 = any(%(hashes)s) and f.document_id <> all(%(document_ids)s)
            group by f.sha256, f.subject
            order by min(f.stored_at)
            limit 50
        ) as same
    ), '[]')
from journal.streams as s
where s.stream = %(case_id)s
