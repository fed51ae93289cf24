-- Making checkpoints, and proving a stream to be in one.

-- name: begin
-- One snapshot for all that follows; it is taken after the lock.
set transaction isolation level repeatable read

-- name: patience
-- The first checkpoints of a large journal take their time.
set local statement_timeout = 0

-- name: lock
-- One maker at a time; readers are not held up.
lock table journal.checkpoints in share row exclusive mode

-- name: newest
-- `regressed` says that this database counts its transactions from lower than where the checkpoint was made: its rows
-- were copied here, and what moved since does not show by transaction.
select number, statement, signature, seen_to::text as seen_to,
    pg_snapshot_xmin(pg_current_snapshot()) < seen_to as regressed
from journal.checkpoints
order by number desc
limit 1

-- name: one
select statement, signature from journal.checkpoints where number = %(number)s

-- name: keys
select statement, signature from journal.signing_keys order by number

-- name: moved
-- Heads that are not sealed as they stand: of the streams written to since a transaction, and of one stream at any rate.
-- `continues` says that the entry sealed last still stands where it stood, before the present head; or, where nothing is
-- sealed, that the stream began after the last checkpoint (an older one was sealed: its seals were removed).
select s.stream, s.position, encode(s.head, 'hex') as hash, l.leaf, l.position as sealed_position,
    encode(l.hash, 'hex') as sealed_hash,
    case when l.leaf is null then not exists (
        select from journal.events as e
        where e.stream = s.stream and e.position = 1 and e.xid < (%(since)s)::xid8
    ) else l.position < s.position and exists (
        select from journal.events as e
        where e.stream = s.stream and e.position = l.position and e.hash = l.hash
    ) end as continues
from (
    select stream from journal.events where xid >= (%(since)s)::xid8
    union
    select (%(stream)s)::text
) as written
join journal.streams as s using (stream)
left join lateral (
    select leaf, position, hash from journal.sealed_heads as h
    where h.stream = s.stream
    order by checkpoint desc
    limit 1
) as l on true
where (l.position, l.hash) is distinct from (s.position, s.head)
order by (s.stream = (%(stream)s)::text) is true desc, s.stream
limit %(limit)s

-- name: all_moved
-- The same, comparing every head with what is sealed.
select s.stream, s.position, encode(s.head, 'hex') as hash, l.leaf, l.position as sealed_position,
    encode(l.hash, 'hex') as sealed_hash,
    l.leaf is null or (l.position < s.position and exists (
        select from journal.events as e
        where e.stream = s.stream and e.position = l.position and e.hash = l.hash
    )) as continues
from journal.streams as s
left join lateral (
    select leaf, position, hash from journal.sealed_heads as h
    where h.stream = s.stream
    order by checkpoint desc
    limit 1
) as l on true
where (l.position, l.hash) is distinct from (s.position, s.head)
order by (s.stream = (%(stream)s)::text) is true desc, s.stream
limit %(limit)s

-- name: sealed_streams
select count(distinct leaf)::integer from journal.sealed_heads

-- name: sealed_leaves
-- Every stream as it is sealed, by leaf.
select distinct on (leaf) leaf, stream, position, encode(hash, 'hex') as hash
from journal.sealed_heads
order by leaf, checkpoint desc

-- name: nodes
select n.level, n.index, n.hash
from unnest(%(levels)s::smallint[], %(indexes)s::integer[]) as wanted (level, index)
join journal.tree_nodes as n using (level, index)

-- name: keep_nodes
insert into journal.tree_nodes (level, index, hash)
select * from unnest(%(levels)s::smallint[], %(indexes)s::integer[], %(hashes)s::bytea[])
on conflict (level, index) do update set hash = excluded.hash

-- name: forget_nodes
truncate journal.tree_nodes

-- name: seal
insert into journal.sealed_heads (stream, checkpoint, leaf, position, hash)
select stream, %(checkpoint)s, leaf, position, decode(hash, 'hex')
from unnest(%(streams)s::text[], %(leaves)s::integer[], %(positions)s::integer[], %(hashes)s::text[])
    as moved (stream, leaf, position, hash)

-- name: keep
insert into journal.checkpoints (number, statement, signature, seen_to)
values (
    %(number)s, %(statement)s, %(signature)s,
    coalesce((%(seen_to)s)::xid8, pg_snapshot_xmin(pg_current_snapshot()))
)

-- name: keep_key
insert into journal.signing_keys (number, statement, signature)
values (%(number)s, %(statement)s, %(signature)s)

-- name: sealed_head
-- Where a stream stood at the newest checkpoint.
select leaf, position, encode(hash, 'hex') as hash
from journal.sealed_heads
where stream = %(stream)s
order by checkpoint desc
limit 1
