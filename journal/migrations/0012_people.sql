-- Who may use the desk, and how they prove it. Passwords are kept as argon2id, tokens and session ids as SHA-256.

create table journal.users (
    name          text primary key,
    display_name  text not null,
    roles         text[] not null check (cardinality(roles) > 0),
    merchant_no   text references journal.merchants,
    password_hash text not null,
    created_at    timestamptz not null,
    disabled_at   timestamptz,
    -- Who acts for a merchant acts for no one else, and never as staff.
    constraint users_merchant_side check (
        (merchant_no is not null) = (roles && array['merchant', 'agent'])
        and (merchant_no is null or roles <@ array['merchant', 'agent'])
    )
);
create index users_by_merchant on journal.users (merchant_no) where merchant_no is not null;

create table journal.tokens (
    sha256     bytea primary key,
    user_name  text not null references journal.users on delete cascade,
    label      text not null,
    created_at timestamptz not null,
    expires_at timestamptz
);
create index tokens_by_user on journal.tokens (user_name);

create table journal.sessions (
    sha256      bytea primary key,
    user_name   text not null references journal.users on delete cascade,
    csrf_secret text not null,
    created_at  timestamptz not null,
    expires_at  timestamptz not null
);
create index sessions_by_user on journal.sessions (user_name);
create index sessions_by_expiry on journal.sessions (expires_at);
