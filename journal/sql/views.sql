-- Keeping views: how far a build is, the next page of events, the switch from one build to another.

-- name: live
-- The live build of a view, kept from others until this transaction ends; nothing while another works on it.
select build, version, xid::text as xid, sequence
from views.builds
where view = %(view)s and live
for update skip locked

-- name: standing
-- The live build of each view and how far it is; `behind` counts the events not in it yet, up to a thousand.
select b.view, b.version, b.sequence as position, b.event_at as at,
    (
        select count(*)::integer
        from (select from journal.events as e where (e.xid, e.sequence) > (b.xid, b.sequence) limit 1000) as missing
    ) as behind
from views.builds as b
where b.live
order by b.view

-- name: page
-- Where the next page ends: the last of the next events of which no earlier one can still appear, since every
-- transaction that began to write before them has ended.
select xid::text as xid, sequence, recorded_at as event_at
from (
    select e.xid, e.sequence, e.recorded_at
    from journal.events as e
    where (e.xid, e.sequence) > (%(xid)s::xid8, %(sequence)s)
        and e.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by e.xid, e.sequence
    limit %(limit)s
) as page
order by page.xid desc, page.sequence desc
limit 1

-- name: move
-- The build holds every event up to here.
update views.builds
set xid = %(xid)s::xid8, sequence = %(sequence)s, event_at = %(event_at)s
where view = %(view)s and build = %(build)s

-- name: unfinished
-- A build that was begun and never went live.
select build, version, bound_xid::text as bound_xid, bound_sequence, filled, filled_to, xid::text as xid, sequence
from views.builds
where view = %(view)s and not live
order by build
limit 1

-- name: begin
-- A new build, to be filled with what was committed up to now.
insert into views.builds (view, build, version, bound_xid, bound_sequence, xid, sequence, event_at)
select %(view)s, coalesce((select max(build) from views.builds where view = %(view)s), 0) + 1, %(version)s,
    coalesce(e.xid, '0'), coalesce(e.sequence, 0), coalesce(e.xid, '0'), coalesce(e.sequence, 0), e.recorded_at
from (values (true)) as one
left join lateral (
    select xid, sequence, recorded_at
    from journal.events
    where xid < pg_snapshot_xmin(pg_current_snapshot())
    order by xid desc, sequence desc
    limit 1
) as e on true
returning build

-- name: streams
-- How many streams a fill has to read, more or less.
select greatest(count(*), 1) from journal.streams

-- name: chunk
-- The streams a fill reads next: where they end, and how many they are.
select max(stream), count(*)
from (
    select stream from journal.streams where stream > %(after)s order by stream limit %(limit)s
) as chunk

-- name: filled
update views.builds
set filled = filled + %(streams)s, filled_to = %(upto)s
where view = %(view)s and build = %(build)s

-- name: live_for_update
-- The live build, waiting for whoever works on it.
select build from views.builds where view = %(view)s and live for update

-- name: retire
update views.builds set live = false where view = %(view)s and live

-- name: enliven
update views.builds set live = true, live_at = clock_timestamp() where view = %(view)s and build = %(build)s

-- name: forget
delete from views.builds where view = %(view)s and build = %(build)s

-- name: try_building
-- Held until the connection closes: one process at a time makes a view anew.
select pg_try_advisory_lock(hashtextextended('thaw view ' || %(view)s, 0))

-- name: done_building
select pg_advisory_unlock(hashtextextended('thaw view ' || %(view)s, 0))

-- name: try_sleep
-- From now on writers say so when they have written (see views.wake); not while one is just writing.
select pg_try_advisory_lock(1986618743)

-- name: awake
select pg_advisory_unlock(1986618743)

-- name: entries
-- Everything in these streams.
select stream, position, version, type, form, occurred_at, actor, command_id, data::text as data,
    encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
from journal.events
where stream = any(%(streams)s)
order by stream, position
