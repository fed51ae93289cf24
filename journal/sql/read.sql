-- Reading streams.

-- name: entries
select stream, position, version, type, form, occurred_at, actor, command_id, data::text as data,
    encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
from journal.events
where stream = %(stream)s and position > %(after)s
order by position

-- name: history
-- The same with the moment each was written down, a page at a time.
select stream, position, version, type, form, occurred_at, actor, command_id, data::text as data,
    encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash, recorded_at
from journal.events
where stream = %(stream)s and position > %(after)s
order by position
limit %(limit)s

-- name: head
select position, encode(head, 'hex') as hash
from journal.streams
where stream = %(stream)s

-- name: has_command
-- Whether a command already stands in a stream.
select exists (
    select from journal.events
    where stream = %(stream)s and command_id = %(command_id)s and ordinal = 1
)

-- name: open_case_on
-- The open case of a kind on a terminal.
select stream
from journal.streams
where terminal_sn = %(terminal_sn)s and kind = %(kind)s and open
