-- The answer each caller's Idempotency-Key got. An answer may tell personal data, so it lies here sealed by the vault.

create table journal.idempotency_keys (
    caller       text not null,
    key          text not null,
    method       text not null,
    path         text not null,
    body_sha256  text not null,
    attempt      text not null,       -- which attempt holds the key: only it may store the answer
    leased_until timestamptz not null, -- an attempt not finished by then is taken for dead
    expires_at   timestamptz not null,
    status       integer,
    answer       bytea,               -- headers and body, sealed
    primary key (caller, key),
    constraint idempotency_keys_answered check ((status is null) = (answer is null))
);
create index idempotency_keys_by_expiry on journal.idempotency_keys (expires_at);
