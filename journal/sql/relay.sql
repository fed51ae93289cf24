-- Streams that need a workflow, read a page at a time.

-- name: unstarted
-- Live cases that no workflow was started for, those first whose time runs out first, with all their entries.
select s.stream, s.kind, e.text, s.status, s.merchant_no, s.terminal_sn, s.reason_code, s.tier
from (
    select stream, kind, status, merchant_no, terminal_sn, reason_code, tier, due_at, opened_at
    from journal.streams
    where live and not started and not stream = any(%(but)s)
    order by due_at, opened_at, stream
    limit %(limit)s
) as s
cross join lateral journal.entries_json(s.stream) as e (text)
order by s.due_at, s.opened_at, s.stream

-- name: cases
-- These cases, live or not, with all their entries.
select s.stream, s.kind, e.text, s.status, s.merchant_no, s.terminal_sn, s.reason_code, s.tier
from journal.streams as s
cross join lateral journal.entries_json(s.stream) as e (text)
where s.stream = any(%(streams)s) and s.opened_at is not null
order by s.stream

-- name: live
-- Live cases after one, by stream, and where each ends.
select stream, position, due_at
from journal.streams
where live and stream > %(after)s
order by stream
limit %(limit)s

-- name: standing
-- Those of these cases that are live, and where each ends.
select stream, position, due_at
from journal.streams
where stream = any(%(streams)s) and live

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
