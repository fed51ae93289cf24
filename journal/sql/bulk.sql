-- Bulk actions and their items.

-- name: forget_old
-- What was foreseen long ago and never confirmed.
delete from journal.bulk_actions where state = 'foreseen' and foreseen_at < %(before)s;

-- name: put
-- Nothing happens when the same request was foreseen before.
insert into journal.bulk_actions (bulk_id, action, fields, chosen, foreseen_by, foreseen_at)
values (%(bulk_id)s, %(action)s, %(fields)s, %(chosen)s, %(by)s, %(now)s)
on conflict (bulk_id) do nothing;

-- name: put_items
insert into journal.bulk_items (bulk_id, number, case_id, task_id, foreseen)
select %(bulk_id)s, i.number, i.case_id, i.task_id, i.foreseen
from jsonb_to_recordset(%(items)s) as i (number integer, case_id text, task_id text, foreseen jsonb);

-- name: actions
-- One action, or the newest, each with how far it came.
select b.bulk_id, b.action, b.fields, b.chosen, b.foreseen_by, b.foreseen_at, b.state, b.confirmed_by, b.confirmed_at,
    b.reason, b.ended_at, i.total, i.would_move, i.moved, i.skipped, i.failed
from journal.bulk_actions as b
cross join lateral (
    select count(*)::integer as total,
        (count(*) filter (where foreseen is null))::integer as would_move,
        (count(*) filter (where outcome = 'moved'))::integer as moved,
        (count(*) filter (where outcome = 'skipped'))::integer as skipped,
        (count(*) filter (where outcome = 'failed'))::integer as failed
    from journal.bulk_items as n where n.bulk_id = b.bulk_id
) as i
where (%(bulk_id)s::text is null and b.state <> 'foreseen') or b.bulk_id = %(bulk_id)s
order by b.foreseen_at desc, b.bulk_id
limit %(limit)s;

-- name: items
select number, case_id, task_id, foreseen, begun_at, outcome, refusal, settled_at
from journal.bulk_items
where bulk_id = %(bulk_id)s and number > %(after)s
order by number
limit %(limit)s;

-- name: left
-- The next items, in order.
select number, case_id, task_id, foreseen, begun_at, outcome, refusal, settled_at
from journal.bulk_items
where bulk_id = %(bulk_id)s and outcome is null
order by number
limit %(limit)s;

-- name: lock
-- Where an action stands and where its stream ends; the row stays locked until the transaction ends.
select b.state, coalesce(s.position, 0) as position, encode(s.head, 'hex') as hash
from journal.bulk_actions as b
left join journal.streams as s on s.stream = 'bulk:' || b.bulk_id
where b.bulk_id = %(bulk_id)s
for update of b;

-- name: confirm
update journal.bulk_actions
set state = 'running', confirmed_by = %(by)s, confirmed_at = %(now)s, reason = %(reason)s
where bulk_id = %(bulk_id)s;

-- name: move
update journal.bulk_actions
set state = %(state)s, looked_at = null, ended_at = case when %(state)s = 'done' then %(now)s::timestamptz end
where bulk_id = %(bulk_id)s;

-- name: begin
-- From now on the item is done, whatever its case looks like when it is taken up again.
update journal.bulk_items set begun_at = %(now)s
where bulk_id = %(bulk_id)s and number = %(number)s and begun_at is null;

-- name: settle
update journal.bulk_items set outcome = %(outcome)s, refusal = %(refusal)s, settled_at = %(now)s
where bulk_id = %(bulk_id)s and number = %(number)s and outcome is null;

-- name: unlooked
-- Running actions the engine has not been asked to run for a while.
update journal.bulk_actions
set looked_at = %(now)s
where state = 'running' and (looked_at is null or looked_at < %(before)s)
returning bulk_id;

-- name: unlook
update journal.bulk_actions set looked_at = null where bulk_id = %(bulk_id)s;
