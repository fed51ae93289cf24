-- What document verification read on a paper: which vault record holds its newest reading.
create table journal.readings (
    document_id text primary key,
    ref         text not null references journal.vault_records (ref),
    read_at     timestamptz not null default clock_timestamp()
);
