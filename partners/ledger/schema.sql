-- The ledger: double entry in integer fen. Postings are only ever added, each balances, each stands once.
-- The database itself holds these rules, so no program can break them. Runs at every start.

CREATE SEQUENCE IF NOT EXISTS posting_numbers;

-- The chart of accounts: what each kind of account is for.
CREATE TABLE IF NOT EXISTS chart (
    code         text PRIMARY KEY,
    nature       text NOT NULL CHECK (nature IN ('asset', 'liability', 'income')),
    per_merchant boolean NOT NULL,                  -- one for each merchant, or one for the house
    name_zh      text NOT NULL,
    name_en      text NOT NULL
);
INSERT INTO chart (code, nature, per_merchant, name_zh, name_en) VALUES
    ('network_receivable', 'asset', false, '应收银联清算款', 'what the card network owes us'),
    ('bank', 'asset', false, '银行存款', 'our settlement account at the bank'),
    ('in_transit', 'liability', false, '在途付款', 'payouts sent and not yet confirmed'),
    ('penalty_income', 'income', false, '违约金收入', 'penalties kept'),
    ('network_penalty_payable', 'liability', false, '应付银联罚金', 'penalties owed to the card network'),
    ('fee_income', 'income', false, '费用收入', 'activation fees and deposits kept'),
    ('merchant_payable', 'liability', true, '应付商户款', 'what the merchant is owed and may be paid'),
    ('merchant_held', 'liability', true, '暂缓结算款', 'what is held under controls'),
    ('refund_suspense', 'liability', true, '退汇挂账', 'payouts that bounced'),
    ('fee_refundable', 'liability', true, '可退激活费及押金', 'activation fees and deposits that may go back'),
    ('claims_payable', 'liability', true, '应付索赔款', 'what is owed to claimants out of held money')
ON CONFLICT (code) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en;

CREATE TABLE IF NOT EXISTS merchants (
    merchant_no text PRIMARY KEY,                   -- its row is locked by whoever moves the merchant's money
    opened_at   timestamptz NOT NULL DEFAULT now()
);

-- Accounts of the house (merchant_no null) and of each merchant.
CREATE TABLE IF NOT EXISTS accounts (
    account     text PRIMARY KEY,                   -- `bank`, or `merchant_payable:<merchant_no>`
    code        text NOT NULL,                      -- the account's kind, as the specification names it
    merchant_no text REFERENCES merchants,
    nature      text NOT NULL CHECK (nature IN ('asset', 'liability', 'income')),
    opened_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (account = code || coalesce(':' || merchant_no, ''))
);

INSERT INTO accounts (account, code, nature) SELECT code, code, nature FROM chart WHERE NOT per_merchant
ON CONFLICT (account) DO NOTHING;

CREATE TABLE IF NOT EXISTS postings (
    posting_id  text PRIMARY KEY DEFAULT 'P' || lpad(nextval('posting_numbers')::text, 12, '0'),  -- sorts by age
    kind        text NOT NULL,
    merchant_no text REFERENCES merchants,
    case_id     text,
    key         text NOT NULL UNIQUE,               -- the effect that made it: one effect, one posting
    ref         text,                               -- what it is about, in the caller's terms
    reverses    text UNIQUE REFERENCES postings,    -- the posting this one undoes: at most one does
    posted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_in     xid8 NOT NULL DEFAULT pg_current_xact_id(),  -- lines may be added in this transaction only
    booked_on   date NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date  -- the day it counts for
);
-- Books that were begun before postings had a day of their own.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns
                   WHERE table_schema = 'ledger' AND table_name = 'postings' AND column_name = 'booked_on') THEN
        ALTER TABLE postings ADD COLUMN booked_on date;
        ALTER TABLE postings ALTER COLUMN booked_on TYPE date USING (posted_at AT TIME ZONE 'Asia/Shanghai')::date;
        ALTER TABLE postings ALTER COLUMN booked_on SET NOT NULL,
            ALTER COLUMN booked_on SET DEFAULT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    END IF;
END $$;
CREATE INDEX IF NOT EXISTS postings_of_day ON postings (booked_on, posting_id);
CREATE INDEX IF NOT EXISTS postings_of_case ON postings (case_id, posting_id);
CREATE INDEX IF NOT EXISTS postings_of_merchant ON postings (merchant_no, posting_id);

CREATE TABLE IF NOT EXISTS lines (
    posting_id text NOT NULL REFERENCES postings,
    line_no    smallint NOT NULL CHECK (line_no > 0),
    account    text NOT NULL REFERENCES accounts,
    side       text NOT NULL CHECK (side IN ('debit', 'credit')),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    currency   text NOT NULL DEFAULT 'CNY' CHECK (currency = 'CNY'),
    PRIMARY KEY (posting_id, line_no)
);
CREATE INDEX IF NOT EXISTS lines_of_account ON lines (account) INCLUDE (side, amount_fen);

-- The books are closed through this day: nothing more is booked on it or before it. It only moves on.
CREATE TABLE IF NOT EXISTS closing (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    closed_through date NOT NULL
);
INSERT INTO closing (closed_through) VALUES ('1970-01-01') ON CONFLICT (only_row) DO NOTHING;

-- Each close of a month, and what was booked in it up to then.
CREATE TABLE IF NOT EXISTS periods (
    period     text PRIMARY KEY CHECK (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    key        text NOT NULL UNIQUE,                -- the effect that closed it
    closed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    postings   bigint NOT NULL,
    debit_fen  bigint NOT NULL,
    credit_fen bigint NOT NULL
);

CREATE OR REPLACE FUNCTION refuse_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.closed_through < OLD.closed_through THEN
        RAISE EXCEPTION 'the books are closed through % and are not opened again', OLD.closed_through
            USING ERRCODE = 'integrity_constraint_violation', HINT = 'Correct it in the open period.';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER closing_moves_on BEFORE UPDATE ON closing FOR EACH ROW EXECUTE FUNCTION refuse_reopening();

-- A posting balances, has at least two lines, got all of them in the transaction that made it, and lies in the open
-- period.
-- (Its search path is fixed: whoever writes directly may have another, or a temporary table called `lines`.)
CREATE OR REPLACE FUNCTION refuse_unsound_posting() RETURNS trigger
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
DECLARE
    off_by  numeric;
    line_count bigint;
    born_in xid8;
    day     date;
    closed  date;
BEGIN
    SELECT made_in, booked_on INTO born_in, day FROM postings WHERE posting_id = NEW.posting_id;
    IF born_in <> pg_current_xact_id() THEN
        RAISE EXCEPTION 'posting % stands: no line may be added to it', NEW.posting_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT sum(CASE side WHEN 'debit' THEN amount_fen ELSE -amount_fen END), count(*) INTO off_by, line_count
    FROM lines WHERE posting_id = NEW.posting_id;
    IF line_count < 2 OR off_by <> 0 THEN
        RAISE EXCEPTION 'posting % does not balance: debits exceed credits by % fen in % lines',
            NEW.posting_id, coalesce(off_by, 0), line_count
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- Locked until the end of this transaction: whoever closes waits for it, and counts it.
    SELECT closed_through INTO closed FROM closing FOR SHARE;
    IF day <= closed THEN
        RAISE EXCEPTION 'posting % is booked on %: the books are closed through %', NEW.posting_id, day, closed
            USING ERRCODE = 'integrity_constraint_violation', HINT = 'Correct it in the open period.';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only added to: no % on %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Post a reversal instead.';
END $$;

-- Checked at the end of the transaction, when all lines are there. (A constraint trigger cannot be replaced, only made.)
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'posting_is_sound' AND tgrelid = 'postings'::regclass) THEN
        CREATE CONSTRAINT TRIGGER posting_is_sound AFTER INSERT ON postings
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unsound_posting();
        CREATE CONSTRAINT TRIGGER line_is_sound AFTER INSERT ON lines
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unsound_posting();
    END IF;
END $$;

-- Which control holds how much: one hold per control.
CREATE TABLE IF NOT EXISTS holds (
    control_id  text PRIMARY KEY,
    merchant_no text NOT NULL REFERENCES merchants,
    case_id     text NOT NULL,
    posting_id  text NOT NULL REFERENCES postings,
    held_fen    bigint NOT NULL CHECK (held_fen > 0),
    terminal_sn text                                -- whose takings they were, where known
);
ALTER TABLE holds ADD COLUMN IF NOT EXISTS terminal_sn text;
CREATE INDEX IF NOT EXISTS holds_of_case ON holds (case_id);

-- What left a control, and as what. A move counts unless its posting was reversed.
CREATE TABLE IF NOT EXISTS hold_moves (
    posting_id text NOT NULL REFERENCES postings,
    control_id text NOT NULL REFERENCES holds,
    went_to    text NOT NULL CHECK (went_to IN ('release', 'penalty', 'claims', 'network_penalty')),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (posting_id, control_id, went_to)
);
CREATE INDEX IF NOT EXISTS hold_moves_of_control ON hold_moves (control_id);

-- Held money set aside for one release: no other reservation may count on it.
CREATE TABLE IF NOT EXISTS reservations (
    reservation_key text PRIMARY KEY,               -- the key of the effect that made it
    merchant_no     text NOT NULL REFERENCES merchants,
    case_id         text NOT NULL,
    amount_fen      bigint NOT NULL CHECK (amount_fen > 0),
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'cancelled', 'released')),
    at              timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS reservation_parts (
    reservation_key text NOT NULL REFERENCES reservations,
    position        smallint NOT NULL,              -- money leaves the controls in this order
    control_id      text NOT NULL REFERENCES holds,
    amount_fen      bigint NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (reservation_key, position)
);
CREATE INDEX IF NOT EXISTS reservation_parts_of_control ON reservation_parts (control_id);

-- Per control: placed, gone (and where to), set aside. What remains under the control is held less gone.
CREATE OR REPLACE VIEW control_balances AS
SELECT hold.control_id,
       hold.merchant_no,
       hold.case_id,
       CASE WHEN undone.posting_id IS NULL THEN hold.held_fen ELSE 0 END AS held_fen,
       coalesce(gone.release_fen, 0)::bigint AS released_fen,
       coalesce(gone.penalty_fen, 0)::bigint AS penalty_fen,
       coalesce(gone.claims_fen, 0)::bigint AS claims_fen,
       coalesce(gone.network_penalty_fen, 0)::bigint AS network_penalty_fen,
       coalesce(aside.reserved_fen, 0)::bigint AS reserved_fen,
       hold.terminal_sn
FROM holds AS hold
LEFT JOIN postings AS undone ON undone.reverses = hold.posting_id
LEFT JOIN LATERAL (
    SELECT sum(amount_fen) FILTER (WHERE went_to = 'release') AS release_fen,
           sum(amount_fen) FILTER (WHERE went_to = 'penalty') AS penalty_fen,
           sum(amount_fen) FILTER (WHERE went_to = 'claims') AS claims_fen,
           sum(amount_fen) FILTER (WHERE went_to = 'network_penalty') AS network_penalty_fen
    FROM hold_moves AS move
    WHERE move.control_id = hold.control_id
      AND NOT EXISTS (SELECT FROM postings AS reversal WHERE reversal.reverses = move.posting_id)
) AS gone ON true
LEFT JOIN LATERAL (
    SELECT sum(part.amount_fen) AS reserved_fen
    FROM reservation_parts AS part JOIN reservations AS reservation USING (reservation_key)
    WHERE part.control_id = hold.control_id AND reservation.state = 'open'
) AS aside ON true;

-- Money on its way to merchants. Moves: in_transit to confirmed or bounced, bounced back to in_transit.
CREATE TABLE IF NOT EXISTS payouts (
    payout_key  text PRIMARY KEY,                   -- the key of the effect that made it
    merchant_no text NOT NULL REFERENCES merchants,
    case_id     text NOT NULL,
    amount_fen  bigint NOT NULL CHECK (amount_fen > 0),
    state       text NOT NULL DEFAULT 'in_transit' CHECK (state IN ('in_transit', 'confirmed', 'bounced')),
    at          timestamptz NOT NULL DEFAULT now()
);

-- Penalties taken in a case and not yet given back.
CREATE OR REPLACE VIEW case_penalties AS
SELECT posting.case_id,
       posting.merchant_no,
       sum(CASE line.side WHEN 'credit' THEN line.amount_fen ELSE -line.amount_fen END)::bigint AS kept_fen
FROM postings AS posting JOIN lines AS line USING (posting_id)
WHERE line.account = 'penalty_income' AND posting.case_id IS NOT NULL
GROUP BY posting.case_id, posting.merchant_no;

-- A terminal's takings, by the posting that brought them: sales, and refunds and reversals that take some back.
CREATE TABLE IF NOT EXISTS turnover (
    posting_id  text PRIMARY KEY REFERENCES postings,
    terminal_sn text NOT NULL,
    amount_fen  bigint NOT NULL CHECK (amount_fen <> 0)  -- below 0 for what was taken back
);
CREATE INDEX IF NOT EXISTS turnover_of_terminal ON turnover (terminal_sn);

-- The volume that counts towards a target: takings less refunds and reversals, less what is held and was not released.
CREATE OR REPLACE VIEW terminal_volumes AS
SELECT terminal_sn, sum(fen)::bigint AS volume_fen
FROM (
    SELECT terminal_sn, amount_fen AS fen FROM turnover AS taken
    WHERE NOT EXISTS (SELECT FROM postings AS reversal WHERE reversal.reverses = taken.posting_id)
    UNION ALL
    SELECT terminal_sn, released_fen - held_fen FROM control_balances WHERE terminal_sn IS NOT NULL
) AS counted
GROUP BY terminal_sn;

-- What a merchant pays for a terminal under a plan, and whether it goes back.
CREATE TABLE IF NOT EXISTS fees (
    fee_key           text PRIMARY KEY,             -- the key of the effect that agreed it
    merchant_no       text NOT NULL REFERENCES merchants,
    terminal_sn       text NOT NULL,
    plan              text NOT NULL,
    kind              text NOT NULL CHECK (kind IN ('activation_fee', 'deposit', 'purchase')),
    amount_fen        bigint NOT NULL CHECK (amount_fen > 0),
    volume_target_fen bigint CHECK (volume_target_fen > 0),
    state             text NOT NULL DEFAULT 'agreed'
                      CHECK (state IN ('agreed', 'charged', 'refunded', 'kept', 'returned')),
    agreed_at         timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'activation_fee') = (volume_target_fen IS NOT NULL))
);
CREATE UNIQUE INDEX IF NOT EXISTS fees_one_at_a_time ON fees (terminal_sn) WHERE state IN ('agreed', 'charged');

-- What is only ever added to. These triggers fire for whoever writes, also for a session that replays a replica.
DO $$
DECLARE
    kept text;
    rule record;
BEGIN
    FOREACH kept IN ARRAY ARRAY['postings', 'lines', 'accounts', 'holds', 'hold_moves', 'turnover', 'periods'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', kept || '_stand', kept);
    END LOOP;
    CREATE OR REPLACE TRIGGER closing_stands BEFORE DELETE OR TRUNCATE ON closing
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    FOR rule IN SELECT tgrelid::regclass AS kept_table, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                WHERE relnamespace = 'ledger'::regnamespace AND NOT tgisinternal LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', rule.kept_table, rule.tgname);
    END LOOP;
END $$;
