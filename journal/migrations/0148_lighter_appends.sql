-- What every append had to do again and again, although it is known or done elsewhere.

-- That nobody sleeps is found out without calling a function of ours (see 0030).
create or replace function views.wake() returns trigger language plpgsql as $$
begin
    perform pg_notify('thaw_events', '');
    return null;
end $$;
drop trigger events_announced on journal.events;
create trigger events_announced after insert on journal.events
    for each statement when (not pg_try_advisory_xact_lock_shared(1986618743)) execute function views.wake();

-- An append begins where the head stands, so positions are above nought and a previous hash is one that was checked.
alter table journal.events drop constraint events_position_check, drop constraint events_previous_hash_check;
alter table journal.streams drop constraint streams_position_check, drop constraint streams_head_check;

-- One index for whatever was not started yet, be it a workflow or a registration: there is little of either.
drop index journal.streams_unregistered;
drop index journal.streams_unstarted;
create index streams_unstarted on journal.streams (due_at, opened_at, stream) where not started;
