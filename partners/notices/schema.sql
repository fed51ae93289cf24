-- The notice gateway and its mailbox. Safe to run at every start.
-- Addresses and texts are personal data: they stay here, as they would at a mail or SMS provider.

-- What the gateway was asked to send and has delivered, one row per key.
CREATE TABLE IF NOT EXISTS messages (
    key          text PRIMARY KEY,
    message_id   text NOT NULL UNIQUE,
    channel      text NOT NULL,
    recipient    text NOT NULL,
    subject      text NOT NULL,
    text         text NOT NULL,
    language     text NOT NULL,
    case_id      text NOT NULL,
    notice       text NOT NULL,
    delivered_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_of_a_case ON messages (case_id, delivered_at);

-- What arrived: e-mails through the SMTP sink, texts in the SMS outbox, posts that a webhook took.
-- The message id is derived from the key of the call, so a second arrival of the same message is
-- the same row, also when the gateway died between sending and writing down that it had sent.
CREATE TABLE IF NOT EXISTS arrivals (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL,
    channel    text NOT NULL,
    recipient  text NOT NULL,
    subject    text NOT NULL,
    text       text NOT NULL,
    language   text NOT NULL,
    case_id    text NOT NULL,
    notice     text NOT NULL,
    raw        bytea,                       -- the e-mail as it came over the wire; null otherwise
    copies     integer NOT NULL DEFAULT 1,  -- how often it came; anything above 1 was not shown again
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (message_id, recipient)
);
CREATE INDEX IF NOT EXISTS arrivals_of_a_case ON arrivals (case_id, id DESC);
CREATE INDEX IF NOT EXISTS arrivals_at_a_recipient ON arrivals (recipient, id DESC);

-- Earlier versions knew fewer channels; which there are, the calls' forms know.
ALTER TABLE messages DROP CONSTRAINT IF EXISTS messages_channel_check;
ALTER TABLE arrivals DROP CONSTRAINT IF EXISTS arrivals_channel_check;

-- Recipients that do not simply take what comes.
CREATE TABLE IF NOT EXISTS recipients (
    channel   text NOT NULL CHECK (channel IN ('email', 'sms', 'wechat')),
    recipient text NOT NULL,
    behaviour text NOT NULL CHECK (behaviour IN ('bounces', 'refuses')),
    PRIMARY KEY (channel, recipient)
);
