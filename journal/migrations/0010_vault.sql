-- Personal data, sealed. Nothing in these tables can be read without the key-encryption key, which is not here.

-- The key-encryption keys that ever wrapped a data key, by fingerprint. One is current; rotation retires it.
create table journal.vault_keks (
    kek_id        text primary key,
    introduced_at timestamptz not null default clock_timestamp(),
    retired_at    timestamptz
);
create unique index vault_keks_one_current on journal.vault_keks ((true)) where retired_at is null;

-- A subject is whoever the data is about ("merchant:<no>"). Forgetting one destroys its key and leaves this row, so
-- that nothing more is ever written under that name and a reader learns "forgotten", not "unknown".
create table journal.vault_subjects (
    subject      text primary key,
    kek_id       text not null references journal.vault_keks,
    wrapped_key  bytea,
    created_at   timestamptz not null default clock_timestamp(),
    forgotten_at timestamptz,
    constraint vault_subjects_key_or_forgotten check ((wrapped_key is null) = (forgotten_at is not null))
);
create index vault_subjects_by_kek on journal.vault_subjects (kek_id) where wrapped_key is not null;

-- Records never change: new data is a new record under a new reference.
create table journal.vault_records (
    ref        text primary key,
    subject    text not null references journal.vault_subjects,
    kind       text not null,
    sealed     bytea not null,
    created_at timestamptz not null default clock_timestamp()
);
create index vault_records_by_subject on journal.vault_records (subject, created_at);

-- Blind index: finds a subject by a value it does not hold (HMAC-SHA-256).
create table journal.vault_index (
    subject text not null references journal.vault_subjects,
    name    text not null,
    digest  bytea not null,
    primary key (subject, name)
);
create index vault_index_by_digest on journal.vault_index (name, digest);

-- Documents: where the sealed bytes of each lie in the document store.
create table journal.files (
    document_id text primary key,
    subject     text not null references journal.vault_subjects,
    object_key  text not null unique,
    sha256      text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    size        bigint not null check (size >= 0),
    stored_at   timestamptz not null default clock_timestamp()
);
create index files_by_subject on journal.files (subject, stored_at);
