-- The bank: accounts, payouts to them, micro-deposits, and what was booked on each account. Runs at every start.

-- Accounts the bank knows. One never heard of is taken as open, with the holder it is first named with.
CREATE TABLE IF NOT EXISTS accounts (
    number      text PRIMARY KEY,
    holder      text NOT NULL,
    bank        text,
    resident_id text,                               -- these three: as first given, compared from then on
    uscc        text,
    phone       text,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    first_seen  timestamptz NOT NULL DEFAULT now()
);

-- What was booked on an account, as its holder sees it. Only added to.
CREATE TABLE IF NOT EXISTS movements (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number     text NOT NULL REFERENCES accounts,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),  -- credited to the account
    kind       text NOT NULL CHECK (kind IN ('payout', 'micro_deposit')),
    ref        text NOT NULL UNIQUE,
    at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS movements_of_account ON movements (number, id);

-- A few fen sent to an account, whose amount only its holder can tell.
CREATE TABLE IF NOT EXISTS micro_deposits (
    deposit_ref text PRIMARY KEY,
    number      text NOT NULL REFERENCES accounts,
    amount_fen  integer NOT NULL CHECK (amount_fen BETWEEN 1 AND 99),
    state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'confirmed', 'failed')),
    tries_left  smallint NOT NULL CHECK (tries_left >= 0),
    expires_at  timestamptz NOT NULL,
    sent_at     timestamptz NOT NULL DEFAULT now()
);

-- Payouts: accepted at once, confirmed or bounced a little later. `settled_at` is set exactly once.
CREATE TABLE IF NOT EXISTS payouts (
    payout_key  text PRIMARY KEY,                   -- the key of the effect that made it
    payout_ref  text NOT NULL UNIQUE,
    case_id     text NOT NULL,
    amount_fen  bigint NOT NULL CHECK (amount_fen > 0),
    currency    text NOT NULL CHECK (currency = 'CNY'),
    holder      text NOT NULL,                      -- whom the payer named: compared with the account's holder
    number      text NOT NULL REFERENCES accounts,
    state       text NOT NULL DEFAULT 'accepted' CHECK (state IN ('accepted', 'confirmed', 'bounced')),
    reason      text CHECK (reason IN ('account_closed', 'holder_mismatch')),
    accepted_at timestamptz NOT NULL DEFAULT now(),
    settle_at   timestamptz NOT NULL,
    settled_at  timestamptz,
    CHECK ((state = 'accepted') = (settled_at IS NULL)),
    CHECK ((state = 'bounced') = (reason IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS payouts_due ON payouts (settle_at) WHERE state = 'accepted';
CREATE INDEX IF NOT EXISTS payouts_settled ON payouts (settled_at);

-- Transactions as the acquirer's switch recorded them. Only added to; last4 is all that is kept of a card number.
CREATE TABLE IF NOT EXISTS transactions (
    ref         text PRIMARY KEY,
    merchant_no text NOT NULL,
    terminal_id text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('sale', 'refund', 'reversal')),
    amount_fen  bigint NOT NULL CHECK (amount_fen > 0),
    at          timestamptz NOT NULL,
    last4       text NOT NULL CHECK (last4 ~ '^[0-9]{4}$')
);
CREATE INDEX IF NOT EXISTS transactions_of_a_terminal ON transactions (terminal_id, at);
