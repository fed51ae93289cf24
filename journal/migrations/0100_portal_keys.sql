-- The latest link and code that were sent to a merchant's contact about a case, hashed. Each lets in once.
create table journal.portal_keys (
    case_id     text primary key,
    merchant_no text        not null references journal.merchants,
    token       bytea       not null unique,
    code        bytea       not null,
    holds_until timestamptz not null
);
create index portal_keys_by_end on journal.portal_keys (holds_until);
