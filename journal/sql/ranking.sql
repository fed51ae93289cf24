-- Tasks whose rank moves with time (see domain/ranking.py).

-- name: due
-- Open tasks that have reached their next step, those waiting longest first, kept from others until the transaction ends.
select task_id, level, since, due_at, amount_fen, priority
from journal.tasks
where closed_at is null and reranks_at <= %(now)s
order by reranks_at
limit %(limit)s
for update skip locked

-- name: rerank
-- Where these tasks stand now, and when they move next.
update journal.tasks as t
set rank_at = n.rank_at, reranks_at = n.reranks_at, priority = n.priority, reranked_xid = pg_current_xact_id()
from jsonb_populate_recordset(null::journal.tasks, %(ranked)s::jsonb) as n
where t.task_id = n.task_id
