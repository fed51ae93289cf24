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
