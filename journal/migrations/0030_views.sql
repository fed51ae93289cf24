-- The asynchronous views: tables made from events alone, kept up in commit order, thrown away and made anew at will.
-- The tables themselves are made when a view is built (journal/sql/view_*.sql); here stands how far each of them is.

create schema views;

-- One row per build of a view. A view that is made anew is filled beside the live one and takes its place at once.
create table views.builds (
    view           text        not null,
    build          integer     not null,
    version        text        not null,           -- of the code that makes it
    live           boolean     not null default false,
    bound_xid      xid8        not null,           -- a fill takes in what was committed up to here
    bound_sequence bigint      not null,
    filled         bigint      not null default 0, -- streams so far
    filled_to      text collate "C" not null default '',
    xid            xid8        not null,           -- the checkpoint: every event up to here is in, none after it
    sequence       bigint      not null,
    event_at       timestamptz,                    -- when the last of them was written down
    started_at     timestamptz not null default clock_timestamp(),
    live_at        timestamptz,
    primary key (view, build)
) with (fillfactor = 50);                          -- its checkpoint moves all the time
create unique index builds_live on views.builds (view) where live;

-- The few events after which a case's standing does not follow from the last event alone: the rules fold these cases.
create index events_turns on journal.events (stream) where type in ('LegalHoldPlaced', 'DisposalDue', 'CaseReopened');

-- Wakes whoever keeps the views, if they sleep. A notification makes commits wait for each other, so a busy desk sends
-- none: the sleeper holds the lock 0x76696577 ("view") while it sleeps, and only then a writer finds it taken.
create function views.wake() returns trigger language plpgsql as $$
begin
    if not pg_try_advisory_xact_lock_shared(1986618743) then
        perform pg_notify('thaw_events', '');
    end if;
    return null;
end $$;
create trigger events_announced after insert on journal.events
    for each statement execute function views.wake();

-- What a case is looked up by where trigrams are of no help: each Chinese character and each pair of neighbours; Latin
-- words of one or two letters; and every five neighbouring characters of what contains a digit, since the trigrams of
-- numbers are all alike. `words` is lower case.
create function views.grams(words text) returns text[] language plpgsql immutable strict parallel safe cost 1000 as $$
declare
    found text[] := '{}';
    run   text;
begin
    for run in
        select distinct part[1] from regexp_matches(words, '[㐀-䶿一-鿿豈-﫿]+|[a-z0-9-]+', 'g') as part
    loop
        if ascii(run) > 127 then
            for i in 1 .. length(run) loop
                found := found || substr(run, i, 1);
                if i < length(run) then
                    found := found || substr(run, i, 2);
                end if;
            end loop;
        else
            if length(run) >= 5 and run ~ '[0-9]' then
                for i in 1 .. length(run) - 4 loop
                    found := found || substr(run, i, 5);
                end loop;
            end if;
            if run ~ '(^|-)[a-z0-9]{1,2}(-|$)' then
                found := found || array(
                    select short[1] from regexp_matches(run, '(?<![a-z0-9])[a-z0-9]{1,2}(?![a-z0-9])', 'g') as short
                );
            end if;
        end if;
    end loop;
    return found;
end $$;
create extension if not exists pg_trgm with schema public;
