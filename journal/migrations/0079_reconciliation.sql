-- Daily reconciliation: what each run saw, and its differences in the discrepancy queue, which are resolved with a reason.

create table journal.reconciliations (
    day         date        primary key,    -- in Shanghai
    cases       integer     not null,       -- how many were compared
    postings    integer     not null,       -- of the ledger, booked that day
    bank_lines  integer     not null,       -- of the bank's statement of that day
    differences integer     not null,
    ran_at      timestamptz not null,
    runs        integer     not null default 1
);

alter table journal.discrepancies
    add column kind   text not null default 'contradiction',    -- a partner's message, or a kind of difference
    add column day    date,                                     -- the day reconciled
    add column reason text;                                     -- why it is resolved, in the resolver's words
create index discrepancies_of_day on journal.discrepancies (day) where day is not null;

-- Which cases a day touched: entries lie in the order they were written in, so a small index over pages suffices.
create index events_recorded on journal.events using brin (recorded_at);
