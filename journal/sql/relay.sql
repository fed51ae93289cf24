-- Streams that need a workflow, read a page at a time.

-- name: unstarted
-- Live cases that no workflow was started for, oldest first, with all their entries.
select s.stream, s.kind, s.status, s.merchant_no, s.terminal_sn, s.reason_code, s.tier,
    e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.data::text as data, encode(e.previous_hash, 'hex') as previous_hash, encode(e.hash, 'hex') as hash
from (
    select stream, kind, status, merchant_no, terminal_sn, reason_code, tier, opened_at
    from journal.streams
    where live and not started and not stream = any(%(but)s)
    order by opened_at, stream
    limit %(limit)s
) as s
join journal.events as e using (stream)
order by s.opened_at, s.stream, e.position

-- name: cases
-- These cases, live or not, with all their entries.
select s.stream, s.kind, s.status, s.merchant_no, s.terminal_sn, s.reason_code, s.tier,
    e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.data::text as data, encode(e.previous_hash, 'hex') as previous_hash, encode(e.hash, 'hex') as hash
from journal.streams as s
join journal.events as e using (stream)
where s.stream = any(%(streams)s) and s.opened_at is not null
order by s.stream, e.position

-- name: live
-- Live cases after one, by stream, and where each ends.
select stream, position
from journal.streams
where live and stream > %(after)s
order by stream
limit %(limit)s

-- name: count_live
select count(*) from journal.streams where live and started

-- name: mark_started
update journal.streams set started = true where stream = any(%(streams)s) and not started

-- name: mark_unstarted
-- After the engine has lost them: every live case is to be started again.
update journal.streams set started = false where stream = any(%(streams)s) and live and started

-- name: unregistered
-- Merchants and terminals that the partners have not heard of as they are now.
select kind, substr(stream, length(kind) + 2) as name, position
from journal.streams
where not started and kind in ('merchant', 'terminal') and not stream = any(%(but)s)
order by kind, stream
limit %(limit)s

-- name: mark_registered
-- The partners know it as it was at this position; what changed meanwhile they must hear of, too.
update journal.streams set started = true where stream = %(stream)s and position = %(position)s and not started
