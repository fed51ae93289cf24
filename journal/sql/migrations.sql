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
