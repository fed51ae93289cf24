-- What must be carried on by a workflow, beyond open cases: closed ones still watched or with time running, and
-- merchants and terminals whose data the partners have not heard of. And refusals that their authors have not seen.

-- Work or watching remains. A closed case stays live while its terminal is watched, a hold on it must be justified
-- anew, or it may be reopened.
alter table journal.streams add column live boolean not null default false;
update journal.streams set live = true where open;

comment on column journal.streams.started is
    'false: a case until its workflow was started; a merchant or terminal until the partners know its newest data';

drop index journal.streams_open;
drop index journal.streams_unstarted;
create index streams_live on journal.streams (stream) where live;
create index streams_unstarted on journal.streams (opened_at, stream) where live and not started;
create index streams_unregistered on journal.streams (stream) where not started and kind in ('merchant', 'terminal');

drop trigger streams_announced on journal.streams;
create trigger streams_announced after insert or update of started on journal.streams
    for each row when (not new.started) execute function journal.relay_wanted();

-- A command that was stored and refused on delivery is shown to its author until they have seen it.
alter table journal.commands add column seen_at timestamptz;
create index commands_refused on journal.commands (substr(actor, strpos(actor, ':') + 1), settled_at)
    where seen_at is null and outcome ->> 'refused' is not null;
