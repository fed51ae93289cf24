-- Merchants and terminals as they stand: folded from the streams merchant:<no> and terminal:<sn>, written in the
-- transaction that appends to them. Whatever tells who a merchant is lies in the vault; these rows hold references.

create table journal.merchants (
    merchant_no   text primary key,
    merchant_type text not null check (merchant_type in ('individual', 'sole_trader', 'company')),
    mcc           text not null,
    identity_ref  text not null,
    contacts_ref  text not null,
    account_ref   text not null,
    address_ref   text not null,
    version       integer not null,  -- the stream's version that this row was folded from
    registered_at timestamptz not null,
    updated_at    timestamptz not null
);

create table journal.terminals (
    terminal_sn        text primary key,
    tusn               text not null constraint terminals_tusn_taken unique,
    terminal_id        text not null,
    model              text not null,
    merchant_no        text not null references journal.merchants,
    deploy_address_ref text not null,
    fee_plan           text not null,
    version            integer not null,  -- the stream's version that this row was folded from
    registered_at      timestamptz not null,
    updated_at         timestamptz not null,
    constraint terminals_terminal_id_taken unique (merchant_no, terminal_id)
);
