-- The card network: notices of blocked terminals, and the register of terminals and whom they serve. Safe to run at
-- every start. Submissions are courses (the kit's tables).

-- A notice that a terminal is blocked in the network; it stands until a submission about it is approved.
CREATE TABLE IF NOT EXISTS notices (
    notice_id   text PRIMARY KEY,
    terminal_sn text NOT NULL,
    merchant_no text NOT NULL,
    reason_code text NOT NULL,
    detail      text NOT NULL,
    expected_at timestamptz,                        -- when the network thinks it will be over, if it says so
    placed_at   timestamptz NOT NULL DEFAULT partner_now(),
    lifted_at   timestamptz
);
CREATE INDEX IF NOT EXISTS notices_in_order ON notices (placed_at, notice_id);
CREATE INDEX IF NOT EXISTS standing_notices ON notices (terminal_sn) WHERE lifted_at IS NULL;

-- The five elements of a binding. One row per terminal, so a terminal never serves two.
CREATE TABLE IF NOT EXISTS bindings (
    terminal_sn        text PRIMARY KEY,
    acquirer_code      text NOT NULL,
    merchant_no        text NOT NULL,
    owner_ref          text NOT NULL,
    account_ref        text NOT NULL,
    deploy_address_ref text NOT NULL,
    state              text NOT NULL CHECK (state IN ('registered', 'deregistered')),
    changed_at         timestamptz NOT NULL DEFAULT partner_now()
);
CREATE INDEX IF NOT EXISTS bindings_of_a_merchant ON bindings (merchant_no) WHERE state = 'registered';
