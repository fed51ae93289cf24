-- The journal: streams (one row each: head, lock, list entry), their events, and what people work from
-- (tasks, claims, controls), written in the same transaction as the events they follow from.

-- One row per stream. An append locks and moves exactly this row, so it also carries what the case list shows:
-- head, lock and list then cost one update. The columns after `started` are empty for streams that are no case.
create table journal.streams (
    stream             text collate "C" primary key,
    kind               text        not null,
    position           integer     not null check (position > 0),
    head               bytea       not null check (octet_length(head) = 32),
    version            integer     not null,
    open               boolean     not null default false,
    started            boolean     not null default true,   -- false until the relay has started its workflow
    status             text,
    merchant_no        text,
    terminal_sn        text,
    reason_code        text,
    public_reason_code text,       -- what merchant and agent may see (an AML case shows a routine review)
    tier               text,
    held_fen           bigint,
    opened_at          timestamptz,
    closed_at          timestamptz,
    due_at             timestamptz,
    waiting_on         text,
    waiting_since      timestamptz,
    sentence_zh        text,
    sentence_en        text,
    assignee           text
) with (fillfactor = 70);          -- room beside each row, so that moving a head stays on its page

-- One open case per terminal and kind, whoever opens it and however many try at once.
create unique index streams_one_open_case on journal.streams (terminal_sn, kind) where open;
create index streams_open on journal.streams (stream) where open;
create index streams_unstarted on journal.streams (opened_at, stream) where open and not started;
create index streams_newest on journal.streams (opened_at desc, stream desc) where opened_at is not null;
create index streams_status on journal.streams (status, opened_at desc, stream desc) where open;
create index streams_closed on journal.streams (closed_at) where closed_at is not null;
create index streams_due on journal.streams (due_at) where open and due_at is not null;
create index streams_terminal on journal.streams (terminal_sn) where terminal_sn is not null;
create index streams_merchant on journal.streams (merchant_no, opened_at desc, stream desc) where merchant_no is not null;

-- The truth. `occurred_at` and `data` are kept as the text that was hashed: a timestamptz or jsonb would store an equal
-- value in another spelling, and the chain is over spellings. (`json` keeps its text and still answers ->>.)
create table journal.events (
    stream        text collate "C" not null,
    position      integer          not null check (position > 0),
    version       integer          not null,
    type          text             not null,
    form          integer          not null,
    occurred_at   text             not null,
    recorded_at   timestamptz      not null default clock_timestamp(),
    actor         text             not null,
    command_id    text             not null,
    ordinal       integer          not null,   -- which of its command's events this is, from 1
    data          json             not null,
    previous_hash bytea            not null check (octet_length(previous_hash) = 32),
    hash          bytea            not null check (octet_length(hash) = 32),
    xid           xid8             not null default pg_current_xact_id(),
    sequence      bigint           generated always as identity,
    primary key (stream, position)
);

-- A command acts on a stream once: the second writer of the same command is refused by the index, not by a look first.
create unique index events_command on journal.events (stream, command_id) where ordinal = 1;
-- Readers in commit order take what lies before pg_snapshot_xmin(pg_current_snapshot()), by transaction, then sequence.
create index events_commit_order on journal.events (xid, sequence);

create function journal.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on journal.% is refused: what is written stays written', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end $$;

create trigger events_stay before update or delete or truncate on journal.events
    for each statement execute function journal.refuse_change();
create trigger streams_stay before delete or truncate on journal.streams
    for each statement execute function journal.refuse_change();

-- An entry as its writer sends it: hashes in hex, `data` the canonical text.
create type journal.entry as (
    position integer, version integer, type text, form integer, occurred_at text, actor text, command_id text,
    data text, previous_hash text, hash text
);

-- Work waiting for a person (or a robot with a role). A closed task stays, so that asking for it says so.
create table journal.tasks (
    task_id   text collate "C" primary key,
    case_id   text        not null,
    case_kind text        not null,
    kind      text        not null,
    level     text        not null,               -- the tier: L0 to L3
    roles     text[]      not null,               -- any one of these may take it
    excluded  text[]      not null,               -- users whom four-eyes keeps from it
    since     timestamptz not null,
    due_at    timestamptz,
    rank_at   timestamptz not null,               -- the queue's order: due time less the boosts in `priority`
    amount_fen bigint     not null,
    priority  jsonb       not null default '{}',
    closed_at timestamptz
) with (fillfactor = 80);
create index tasks_queue on journal.tasks (rank_at, task_id) where closed_at is null;
-- For roles that may take few of many tasks; for the others the planner walks the queue's own order.
create index tasks_roles on journal.tasks using gin (roles) where closed_at is null;
create index tasks_case on journal.tasks (case_id);
create index tasks_closed on journal.tasks (closed_at) where closed_at is not null;

-- Who works on what, until when. A lease that has run out may be taken by anyone entitled.
create table journal.claims (
    task_id    text collate "C" primary key,
    holder     text        not null,
    claimed_at timestamptz not null,
    expires_at timestamptz not null
) with (fillfactor = 80);
create index claims_holder on journal.claims (holder);

-- What keeps a terminal from transacting, or its money from being settled.
create table journal.controls (
    control_id   text collate "C" primary key,
    case_id      text        not null,
    terminal_sn  text        not null,
    merchant_no  text        not null,
    kind         text        not null,
    reason_code  text        not null,
    scope        text[]      not null,
    held_fen     bigint      not null,
    blocking     boolean     not null,
    source       text        not null,
    external_ref text,
    placed_by    text        not null,
    placed_at    timestamptz not null,
    state        text        not null check (state in ('on', 'lifted')),
    attached     boolean     not null default false   -- stands by intake; the case's workflow has not written it yet
);
create index controls_terminal on journal.controls (terminal_sn) where state = 'on';
create index controls_case on journal.controls (case_id);

-- A source's own name for a control: the same name again is the same control.
create table journal.control_refs (
    source       text not null,
    external_ref text not null,
    control_id   text not null,
    case_id      text not null,
    primary key (source, external_ref)
);

-- Commands for cases, kept until the case's workflow has answered.
create table journal.commands (
    command_id  text collate "C" primary key,
    case_id     text        not null,
    name        text        not null,
    body        json        not null,
    actor       text        not null,
    received_at timestamptz not null default clock_timestamp(),
    sequence    bigint      generated always as identity,
    settled_at  timestamptz,
    outcome     json
);
create index commands_pending on journal.commands (sequence) where settled_at is null;
create index commands_pending_of_case on journal.commands (case_id, sequence) where settled_at is null;

-- Who listens hears at once; who missed it finds the rows. Sent when the transaction commits, never before.
create function journal.queue_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('thaw_queue', coalesce(new.task_id, old.task_id));
    return null;
end $$;
create trigger tasks_announced after insert or update on journal.tasks
    for each row execute function journal.queue_changed();
create trigger claims_announced after insert or update or delete on journal.claims
    for each row execute function journal.queue_changed();

create function journal.relay_wanted() returns trigger language plpgsql as $$
begin
    perform pg_notify('thaw_relay', '');
    return null;
end $$;
create trigger streams_announced after insert on journal.streams
    for each row when (new.open and not new.started) execute function journal.relay_wanted();
create trigger commands_announced after insert on journal.commands
    for each row execute function journal.relay_wanted();
