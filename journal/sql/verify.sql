-- Reading the whole journal to check it, in one snapshot, a page of streams at a time.

-- name: heads
select stream, position, encode(head, 'hex') as hash, version
from journal.streams
where stream > %(after)s
order by stream
limit %(limit)s

-- name: entries
-- Everything in these streams.
select stream, position, version, type, form, occurred_at, actor, command_id, data::text as data,
    encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
from journal.events
where stream = any(%(streams)s)
order by stream, position

-- name: orphans
-- Streams that have events but no head.
select distinct stream
from journal.events as e
where not exists (select from journal.streams as s where s.stream = e.stream)
order by stream

-- name: size
-- How many streams there are to check.
select count(*)::integer from journal.streams
