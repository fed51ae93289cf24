-- Complaints about how cases were handled. The events are in the streams `complaint:<complaint_id>`; these rows are
-- written with them. What was said and answered lies in the vault, under the merchant.
create table journal.complaints (
    complaint_id  text primary key,
    merchant_no   text        not null references journal.merchants,
    case_id       text        not null,
    channel       text        not null check (channel in ('portal', 'phone', 'counter', 'letter', '12363', 'regulator')),
    status        text        not null check (status in ('investigating', 'answered', 'dissatisfied')),
    rules         text        not null,        -- the dated rules it came in under
    statement_ref text        not null,
    opened_at     timestamptz not null,
    due_at        timestamptz not null,
    extended_for  text,
    answer_ref    text,
    outcome       text check (outcome in ('upheld', 'partly', 'not_upheld')),
    answered_by   text,
    answered_at   timestamptz,
    reply_ref     text
);
create unique index complaints_one_open on journal.complaints (case_id) where status = 'investigating';
create index complaints_open on journal.complaints (due_at) where status = 'investigating';
create index complaints_of_merchant on journal.complaints (merchant_no, opened_at);
