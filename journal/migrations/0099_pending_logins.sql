-- Log-ins on their way through an identity provider: what the answer is checked against, and what was typed into a
-- form before, sealed.
create table journal.pending_logins (
    state     bytea primary key,
    sealed    bytea not null,
    forget_at timestamptz not null
);
create index pending_logins_by_end on journal.pending_logins (forget_at);
