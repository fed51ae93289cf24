-- Getting in touch with merchants: how each wants to be told, what became of each notice, what a person still has to do
-- about it, and what was said. The events are in the streams `contacts:<merchant_no>`; these rows are written with them.

create table journal.notice_preferences (
    merchant_no     text primary key references journal.merchants,
    preferences_ref text not null,             -- the vault's record: order of channels, language, webhook
    updated_at      timestamptz not null
);

-- Receipts, acknowledgements and resends of notices; `notice_key` is the key the notice went out under.
create table journal.notice_marks (
    notice_key  text        not null,
    mark        text        not null check (mark in ('delivered', 'bounced', 'acknowledged', 'resent')),
    ref         text        not null,          -- the gateway's message, or who did it under which command
    merchant_no text        not null,
    case_id     text        not null,
    channel     text,
    actor       text        not null,
    at          timestamptz not null,
    primary key (notice_key, mark, ref)
);
create index notice_marks_of_case on journal.notice_marks (case_id, at);

-- What a person has to do: call someone whom a notice did not reach, call back as booked, keep a promise.
create table journal.contact_tasks (
    task_id     text primary key,
    kind        text        not null check (kind in ('undelivered', 'bounced', 'callback', 'promise')),
    merchant_no text        not null,
    case_id     text,
    notice      text,
    notice_key  text,
    note_ref    text,
    opened_at   timestamptz not null,
    due_at      timestamptz not null,
    done_at     timestamptz,
    contact_id  text
);
create index contact_tasks_open on journal.contact_tasks (due_at, task_id) where done_at is null;
create index contact_tasks_of_merchant on journal.contact_tasks (merchant_no, due_at);

-- What was said, over which way, with what result. The words lie in the vault.
create table journal.contacts (
    contact_id  text primary key,
    merchant_no text        not null,
    case_id     text,
    way         text        not null check (way in ('phone', 'visit', 'email', 'wechat', 'counter', 'letter')),
    direction   text        not null check (direction in ('in', 'out')),
    result      text        not null check (result in ('reached', 'not_reached', 'message_left')),
    note_ref    text        not null,
    actor       text        not null,
    at          timestamptz not null,
    task_id     text
);
create index contacts_of_merchant on journal.contacts (merchant_no, at);
create index contacts_of_case on journal.contacts (case_id, at) where case_id is not null;
