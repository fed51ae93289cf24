-- Sessions that their owner can tell apart and end, failed tries that outlive a process, and log-ins by another
-- organisation's word.

alter table journal.sessions
    add column number  bigint generated always as identity,
    -- How the session was come by: password, oidc, link.
    add column method  text not null default 'password',
    -- The network the log-in came from, and the browser, as far as they are told.
    add column origin  text not null default '',
    add column agent   text not null default '',
    add column seen_at timestamptz not null default now();
create unique index sessions_by_number on journal.sessions (number);

-- Tries at something that can be guessed, by what is guessed at (hashed). A try is counted before it is looked at, so
-- that many at once are no more than many in a row.
create table journal.tries (
    key       bytea primary key,
    at        timestamptz[] not null,
    forget_at timestamptz not null
);
create index tries_by_end on journal.tries (forget_at);

-- Who an identity provider's subject is here. Bound at the first log-in: a name that changes hands there does not
-- change hands here.
create table journal.identities (
    issuer    text not null,
    subject   text not null,
    user_name text not null references journal.users on delete cascade,
    bound_at  timestamptz not null,
    primary key (issuer, subject)
);
create unique index identities_by_user on journal.identities (issuer, user_name);
