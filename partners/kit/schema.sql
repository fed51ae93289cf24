-- What every partner keeps beside its own tables. Runs at every start, in the partner's own schema.

-- One row per effect, written in the effect's own transaction: the key's row stands if and only if the effect does.
CREATE TABLE IF NOT EXISTS effects (
    key          text PRIMARY KEY,
    kind         text NOT NULL,
    request_hash bytea NOT NULL,                    -- SHA-256 over kind, path and body: tells a repeat from a reused key
    status       smallint,                          -- null only inside the transaction that makes the effect
    answer       text,                              -- the JSON first answered, given again to every repeat
    at           timestamptz NOT NULL DEFAULT now()
);

-- Callbacks to be delivered, queued in the transaction of what they tell about.
CREATE TABLE IF NOT EXISTS callbacks (
    message_ref  text PRIMARY KEY,
    hook         text NOT NULL,                     -- delivered to <desk>/hooks/<hook>
    body         text NOT NULL,                     -- the exact JSON that is signed and sent
    due_at       timestamptz NOT NULL,              -- not tried before; moved on by each attempt
    attempts     integer NOT NULL DEFAULT 0,
    last_error   text,
    delivered_at timestamptz,
    queued_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due_at) WHERE delivered_at IS NULL;
-- The outcome that contradicts the one told, for partners that are asked to contradict themselves.
ALTER TABLE callbacks ADD COLUMN IF NOT EXISTS contrary text;

-- How far the partner's clock was moved ahead of the real one. Only partners that have `/clock` ever move it.
CREATE TABLE IF NOT EXISTS clock (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    ahead  interval NOT NULL DEFAULT '0'
);
INSERT INTO clock DEFAULT VALUES ON CONFLICT DO NOTHING;

-- The partner's own time: what is due is due by this clock.
CREATE OR REPLACE FUNCTION partner_now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT clock_timestamp() + ahead FROM clock $$;

-- Things with a course of their own (a visit, a shipment): what was asked for, how it stands, what came of it.
CREATE TABLE IF NOT EXISTS courses (
    ref        text PRIMARY KEY,
    key        text NOT NULL UNIQUE,               -- the Idempotency-Key it was begun under: the step it belongs to
    case_id    text NOT NULL,
    subjects   text[] NOT NULL DEFAULT '{}',       -- what may be in one open course only
    state      text NOT NULL,
    open       boolean NOT NULL,                   -- whether a move is still possible
    asked      jsonb NOT NULL,
    facts      jsonb NOT NULL DEFAULT '{}',
    begun_at   timestamptz NOT NULL,               -- by the partner's clock, as all times here
    changed_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS courses_of_a_case ON courses (case_id, begun_at);
CREATE INDEX IF NOT EXISTS courses_of_a_subject ON courses USING gin (subjects) WHERE open;

-- Every move a course made, in order.
CREATE TABLE IF NOT EXISTS course_moves (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref        text NOT NULL REFERENCES courses (ref),
    move       text NOT NULL,
    from_state text NOT NULL,
    to_state   text NOT NULL,
    facts      jsonb NOT NULL DEFAULT '{}',
    moved_at   timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS moves_of_a_course ON course_moves (ref, id);

-- What the stand-in means to do by itself, and when by its clock.
CREATE TABLE IF NOT EXISTS plans (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref     text NOT NULL REFERENCES courses (ref),
    move    text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    due_at  timestamptz NOT NULL,
    done_at timestamptz
);
CREATE INDEX IF NOT EXISTS plans_due ON plans (due_at) WHERE done_at IS NULL;
