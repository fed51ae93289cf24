-- Signed checkpoints over the heads of all streams: what proves, to those who keep one outside, that nothing was
-- rewritten since.

-- One row per checkpoint: the canonical JSON that was signed, and its Ed25519 signature in hex.
create table journal.checkpoints (
    number    integer primary key check (number > 0),
    statement text    not null,
    signature text    not null,
    seen_to   xid8    not null   -- transactions from here on may have moved heads that this one does not cover
);

-- The keys that signed them, each introduced by the one before it (the first by itself).
create table journal.signing_keys (
    number    integer primary key check (number > 0),
    statement text    not null,
    signature text    not null
);

-- Where each stream stood at each checkpoint before which it had moved. A stream's leaf never changes.
create table journal.sealed_heads (
    stream     text collate "C" not null,
    checkpoint integer          not null,
    leaf       integer          not null check (leaf >= 0),
    position   integer          not null check (position > 0),
    hash       bytea            not null check (octet_length(hash) = 32),
    primary key (stream, checkpoint)
);
create unique index sealed_heads_leaf on journal.sealed_heads (leaf, checkpoint);

create trigger checkpoints_stay before update or delete or truncate on journal.checkpoints
    for each statement execute function journal.refuse_change();
create trigger signing_keys_stay before update or delete or truncate on journal.signing_keys
    for each statement execute function journal.refuse_change();
create trigger sealed_heads_stay before update or delete or truncate on journal.sealed_heads
    for each statement execute function journal.refuse_change();

-- The newest tree, so that the next one costs only what moved. It can be computed anew from sealed_heads, and no node
-- of it is believed: each one used is proved by the last checkpoint's root.
create table journal.tree_nodes (
    level smallint not null,
    index integer  not null,
    hash  bytea    not null check (octet_length(hash) = 32),
    primary key (level, index)
) with (fillfactor = 70);
