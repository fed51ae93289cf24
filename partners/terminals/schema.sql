-- Terminal management: what the institution knows about its devices. Safe to run at every start.

-- One row per device. The binding (merchant_no) is part of the row, so a device can never have two.
CREATE TABLE IF NOT EXISTS terminals (
    sn                 text PRIMARY KEY,
    tusn               text NOT NULL,
    terminal_id        text NOT NULL,
    model              text NOT NULL,
    merchant_no        text,
    deploy_address_ref text,
    fee_plan           text,
    state              text NOT NULL
        CHECK (state IN ('in_stock', 'bound', 'activated', 'disabled', 'unbound', 'retired')),
    parameters         jsonb NOT NULL DEFAULT '{}',
    parameter_version  integer NOT NULL DEFAULT 0,
    limits             jsonb NOT NULL DEFAULT '{}',   -- fen; empty = the standard limits
    faults             text[] NOT NULL DEFAULT '{}',  -- what is broken on the device itself
    registered_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- a device serves a merchant exactly while it is bound to one
    CHECK ((merchant_no IS NOT NULL) = (state IN ('bound', 'activated', 'disabled')))
);

-- Whether the device's keys are good: revoked with a wipe, loaded anew with a binding.
ALTER TABLE terminals ADD COLUMN IF NOT EXISTS keys_live boolean NOT NULL DEFAULT true;

-- Every move a device made, in order: the answer to "who switched it off, and when".
CREATE TABLE IF NOT EXISTS moves (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sn          text NOT NULL REFERENCES terminals (sn),
    move        text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    merchant_no text,
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS moves_of_a_terminal ON moves (sn, id);

-- Named blocks. Several may stand at once; each is lifted by its own name (the control that placed it).
CREATE TABLE IF NOT EXISTS blocks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sn         text NOT NULL REFERENCES terminals (sn),
    control_id text NOT NULL,
    scope      text[] NOT NULL CHECK (cardinality(scope) > 0),
    reason     text,
    placed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    lifted_at  timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS one_standing_block_per_control
    ON blocks (sn, control_id) WHERE lifted_at IS NULL;
CREATE INDEX IF NOT EXISTS blocks_of_a_terminal ON blocks (sn, id);

-- Test transactions: approved or declined, and always reversed, so they never reach a settlement.
CREATE TABLE IF NOT EXISTS test_transactions (
    ref        text PRIMARY KEY,
    sn         text NOT NULL REFERENCES terminals (sn),
    kind       text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    result     text NOT NULL CHECK (result IN ('approved', 'declined')),
    reason     text,
    tried_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
