-- Notices of policy to all merchants: what is said, and who has been told. The event is in the stream
-- `broadcast:<id>`; a row per merchant that was registered when it was published says how far it is.
create table journal.broadcasts (
    broadcast_id text primary key,
    letters      jsonb       not null,         -- subject and text, by language
    published_by text        not null,
    published_at timestamptz not null,
    finished_at  timestamptz
);

create table journal.broadcast_notices (
    broadcast_id text not null references journal.broadcasts,
    merchant_no  text not null,
    state        text not null default 'owed' check (state in ('owed', 'sent', 'unreachable')),
    not_before   timestamptz,                  -- the end of the quiet hours that hold it back
    channel      text,
    receipt      text,
    told_at      timestamptz,
    primary key (broadcast_id, merchant_no)
);
create index broadcast_notices_owed on journal.broadcast_notices (broadcast_id, not_before nulls first, merchant_no)
    where state = 'owed';
