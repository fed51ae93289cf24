-- The record of what was applied.

-- name: no_statement_timeout
-- A migration over a large journal takes as long as it takes.
set statement_timeout = 0

-- name: try_lock
-- Held until the connection closes, whatever happens.
select pg_try_advisory_lock(%s)

-- name: prepare
create schema if not exists journal;
create table if not exists journal.migrations (
    number     integer     primary key,
    name       text        not null,
    checksum   text        not null,
    applied_at timestamptz not null default clock_timestamp()
)

-- name: is_prepared
select to_regclass('journal.migrations') is not null

-- name: applied
select number, name, checksum from journal.migrations order by number

-- name: record
insert into journal.migrations (number, name, checksum) values (%s, %s, %s)

-- name: is_restored
-- Whether events bear numbers of transactions that this server has not come to: they are out of another server's dump.
select exists (select from journal.events where xid >= pg_snapshot_xmax(pg_current_snapshot()))

-- name: renumber
-- Their order stays, by `sequence`; what is written from now on comes after them. (The number is not in the hash.) Views
-- know how far they are by these numbers: all of them are made anew.
alter table journal.events disable trigger events_stay;
update journal.events set xid = pg_current_xact_id();
alter table journal.events enable trigger events_stay;
update views.builds set version = 'of another server'
