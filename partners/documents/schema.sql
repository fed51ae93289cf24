-- Which merchant has sent which bytes: the same paper from two merchants is one too many.
CREATE TABLE IF NOT EXISTS seen (
    sha256      text NOT NULL,
    merchant_no text NOT NULL,
    doc_type    text NOT NULL,                      -- what it was sent as the first time
    first_seen  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (sha256, merchant_no)
);

-- Businesses as the public registry shows them.
CREATE TABLE IF NOT EXISTS registry (
    uscc           text PRIMARY KEY,
    name           text NOT NULL,
    representative text NOT NULL,
    status         text NOT NULL CHECK (status IN ('存续', '注销', '吊销', '异常'))
);

-- Which merchant has sent papers of which content: the SHA-256 of the fields that make a paper the same.
CREATE TABLE IF NOT EXISTS seen_content (
    identity    text NOT NULL,
    merchant_no text NOT NULL,
    doc_type    text NOT NULL,
    first_seen  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (identity, merchant_no)
);

-- How pictures look that merchants have sent, in 64 bits; few bits differ where one scene was photographed twice.
CREATE TABLE IF NOT EXISTS seen_looks (
    look        bit(64) NOT NULL,
    merchant_no text NOT NULL,
    first_seen  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (look, merchant_no)
);
