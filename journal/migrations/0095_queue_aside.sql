-- Tasks that were put off: in nobody's queue until their time, with who did it and why.
create table journal.asides (
    task_id text collate "C" primary key,
    put_by  text        not null,
    put_at  timestamptz not null,
    until   timestamptz not null,
    reason  text        not null
);
create index asides_until on journal.asides (until);
create trigger asides_announced after insert or update or delete on journal.asides
    for each row execute function journal.queue_changed();

-- Leases by their end, for who looks which ran out since.
create index claims_end on journal.claims (expires_at);

-- Ways of looking at the queue that people keep under a name: the filters as they stand in the page's address.
create table journal.queue_views (
    user_name text        not null,
    name      text        not null,
    query     text        not null,
    kept_at   timestamptz not null default now(),
    primary key (user_name, name)
);
