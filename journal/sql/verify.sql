-- Reading the whole journal to check it: many connections, one snapshot, ranges of streams.

-- name: begin
begin isolation level repeatable read read only

-- name: patience
-- A check takes as long as it takes, and whoever lends the snapshot is idle all the while.
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0

-- name: lend_snapshot
select pg_export_snapshot()

-- name: identity
-- What tells this journal from any other: when its first migration ran.
select current_database() || ' ' || min(applied_at)::text from journal.migrations

-- name: bounds
-- The last stream of each range but the last range.
select stream
from (select stream, row_number() over (order by stream) as n from journal.streams) as numbered
where n %% %(streams)s = 0
order by stream

-- name: size
-- How many streams there are to check.
select count(*)::integer from journal.streams

-- name: heads
select stream, position, encode(head, 'hex'), version
from journal.streams
where stream > %(after)s and stream <= %(upto)s

-- name: sealed
select stream, checkpoint, position, encode(hash, 'hex')
from journal.sealed_heads
where stream > %(after)s and stream <= %(upto)s
order by stream, checkpoint

-- name: entries
select stream, position, version, type, form, occurred_at, actor, command_id, data::text,
    encode(previous_hash, 'hex'), encode(hash, 'hex')
from journal.events
where stream > %(after)s and stream <= %(upto)s
order by stream, position

-- name: checkpoints
select number, statement, signature from journal.checkpoints order by number

-- name: keys
select statement, signature from journal.signing_keys order by number

-- name: all_sealed
-- Every head that was sealed, checkpoint by checkpoint.
select checkpoint, leaf, stream, position, encode(hash, 'hex')
from journal.sealed_heads
order by checkpoint, leaf
