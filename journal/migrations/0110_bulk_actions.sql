-- What leads and engineers do to many cases at once: first foreseen case by case, then confirmed, then done item by item.
create table journal.bulk_actions (
    bulk_id      text collate "C" primary key,
    action       text        not null,
    fields       jsonb       not null,          -- what the action needs: to whom, for how long, which words
    chosen       jsonb       not null,          -- how its cases were picked
    foreseen_by  text        not null,
    foreseen_at  timestamptz not null,
    state        text        not null default 'foreseen'
                 check (state in ('foreseen', 'running', 'stopped', 'done')),
    confirmed_by text,                          -- whose rights count
    confirmed_at timestamptz,
    reason       text,
    ended_at     timestamptz,
    looked_at    timestamptz                    -- when the engine was last asked to run it
);
create index bulk_actions_newest on journal.bulk_actions (foreseen_at desc, bulk_id);
create index bulk_actions_running on journal.bulk_actions (bulk_id) where state = 'running';

-- One thing to be done: to a task of a case, or to the case. `foreseen` is the refusal that was foreseen, null for none.
create table journal.bulk_items (
    bulk_id    text collate "C" not null references journal.bulk_actions on delete cascade,
    number     integer     not null,
    case_id    text collate "C" not null,
    task_id    text collate "C",
    foreseen   jsonb,
    begun_at   timestamptz,                     -- judged, and being done under its own key
    outcome    text check (outcome in ('moved', 'skipped', 'failed')),
    refusal    jsonb,                           -- why it was skipped or failed
    settled_at timestamptz,
    primary key (bulk_id, number)
);
create index bulk_items_left on journal.bulk_items (bulk_id, number) where outcome is null;
