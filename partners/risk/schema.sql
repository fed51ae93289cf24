-- Risk control: rules that bite on terminals, the transactions they question, limits and watches.
-- Safe to run at every start.

-- One row per rule and terminal: one alert (external_ref) may bite on several terminals.
CREATE TABLE IF NOT EXISTS rules (
    external_ref text NOT NULL,
    terminal_sn  text NOT NULL,
    kind         text,                        -- null: first heard of when it was lifted
    state        text NOT NULL CHECK (state IN ('on', 'lifted')),
    lifted_by    text,                        -- the control whose lifting took effect
    case_id      text,
    since        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (external_ref, terminal_sn),
    CHECK ((state = 'lifted') = (lifted_by IS NOT NULL))
);

-- What was asked of a rule, in order; also the calls that found it so already.
CREATE TABLE IF NOT EXISTS rule_changes (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external_ref text NOT NULL,
    terminal_sn  text NOT NULL,
    change       text NOT NULL CHECK (change IN ('set', 'lifted', 'reinstated')),
    control_id   text,
    case_id      text,
    effective    boolean NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS changes_of_a_rule ON rule_changes (external_ref, id);

-- The transactions a control questions. last4 is all that is ever kept of a card number.
CREATE TABLE IF NOT EXISTS questioned (
    external_ref text NOT NULL,
    place        integer NOT NULL,            -- the order in which they were named
    ref          text NOT NULL,
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    at           timestamptz NOT NULL,
    last4        text NOT NULL CHECK (last4 ~ '^[0-9]{4}$'),
    terminal_id  text NOT NULL,
    PRIMARY KEY (external_ref, ref)
);

-- Limits of a merchant, in percent of the usual ones; of each case the newest row counts, of all cases the lowest.
CREATE TABLE IF NOT EXISTS limits (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_no    text NOT NULL,
    case_id        text NOT NULL,
    factor_percent integer NOT NULL CHECK (factor_percent BETWEEN 1 AND 100),
    set_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS limits_of_a_merchant ON limits (merchant_no, id DESC);

-- Watches over a merchant after a release, and what they saw.
CREATE TABLE IF NOT EXISTS watches (
    watch_ref   text PRIMARY KEY,
    merchant_no text NOT NULL,
    case_id     text NOT NULL,
    until       timestamptz NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS watches_of_a_case ON watches (case_id, started_at);

CREATE TABLE IF NOT EXISTS hits (
    hit_ref   text PRIMARY KEY,
    watch_ref text NOT NULL REFERENCES watches (watch_ref),
    rule      text NOT NULL,
    at        timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS hits_of_a_watch ON hits (watch_ref, at);
