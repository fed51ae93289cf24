-- What partners tell us by callbacks, each message once; and what contradicts our record, for a person to look at.

create table journal.callbacks (
    source      text        not null,
    message_ref text        not null,
    body_sha256 text        not null,   -- of what the message says; the same reference saying otherwise contradicts it
    body        json        not null,
    times       integer     not null default 1,
    received_at timestamptz not null default clock_timestamp(),
    last_at     timestamptz not null default clock_timestamp(),
    primary key (source, message_ref)
);

create table journal.discrepancies (
    id          bigint generated always as identity primary key,
    source      text        not null,
    message_ref text        not null,
    case_id     text,                   -- as the message names it; it need not exist
    step_key    text,
    recorded    text        not null,   -- what we hold
    claimed     text        not null,   -- what the message says
    found_at    timestamptz not null default clock_timestamp(),
    resolved_at timestamptz,
    resolved_by text,
    unique (source, message_ref, claimed)
);
create index discrepancies_open on journal.discrepancies (id desc) where resolved_at is null;
