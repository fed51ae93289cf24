-- Cases whose workflow is to be started, read a page of streams at a time.

-- name: unstarted
-- Open cases that no workflow was started for, oldest first, with all their entries.
select s.stream, s.kind, e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.data::text as data, encode(e.previous_hash, 'hex') as previous_hash, encode(e.hash, 'hex') as hash
from (
    select stream, kind, opened_at
    from journal.streams
    where open and not started
    order by opened_at, stream
    limit %(limit)s
) as s
join journal.events as e using (stream)
order by s.opened_at, s.stream, e.position

-- name: open_cases
-- Open cases after one, by stream, with all their entries.
select s.stream, s.kind, e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.data::text as data, encode(e.previous_hash, 'hex') as previous_hash, encode(e.hash, 'hex') as hash
from (
    select stream, kind
    from journal.streams
    where open and stream > %(after)s
    order by stream
    limit %(limit)s
) as s
join journal.events as e using (stream)
order by s.stream, e.position

-- name: mark_started
update journal.streams set started = true where stream = any(%(streams)s) and not started

-- name: mark_unstarted
-- After the engine has lost them: every open case is to be started again.
update journal.streams set started = false where stream = any(%(streams)s) and open and started
