-- name: one_at_a_time
-- Two merchants sending the same bytes at once must see each other: the second waits for the first to commit.
SELECT pg_advisory_xact_lock(hashtextextended(%(sha256)s, 0))

-- name: note_seen
INSERT INTO seen (sha256, merchant_no, doc_type)
VALUES (%(sha256)s, %(merchant_no)s, %(doc_type)s)
ON CONFLICT (sha256, merchant_no) DO NOTHING

-- name: seen_elsewhere
-- The merchant who sent these bytes first, if that was another one and before this merchant did.
SELECT other.merchant_no, other.first_seen
FROM seen AS mine
JOIN seen AS other ON other.sha256 = mine.sha256 AND other.merchant_no <> mine.merchant_no
WHERE mine.sha256 = %(sha256)s AND mine.merchant_no = %(merchant_no)s AND other.first_seen < mine.first_seen
ORDER BY other.first_seen
LIMIT 1

-- name: effect_stands
SELECT 1 FROM effects WHERE key = %(key)s

-- name: set_registered
INSERT INTO registry (uscc, name, representative, status)
VALUES (%(uscc)s, %(name)s, %(representative)s, %(status)s)
ON CONFLICT (uscc) DO UPDATE
SET name = excluded.name, representative = excluded.representative, status = excluded.status

-- name: registered
SELECT name, representative, status FROM registry WHERE uscc = %(uscc)s

-- name: one_identity_at_a_time
-- Two merchants sending the same content at once must see each other.
SELECT pg_advisory_xact_lock(hashtextextended(%(identity)s, 1))

-- name: note_identity
INSERT INTO seen_content (identity, merchant_no, doc_type)
VALUES (%(identity)s, %(merchant_no)s, %(doc_type)s)
ON CONFLICT (identity, merchant_no) DO NOTHING

-- name: identity_elsewhere
-- Whether another merchant sent a paper of this content before this merchant did.
SELECT 1
FROM seen_content AS mine
JOIN seen_content AS other ON other.identity = mine.identity AND other.merchant_no <> mine.merchant_no
WHERE mine.identity = %(identity)s AND mine.merchant_no = %(merchant_no)s AND other.first_seen < mine.first_seen
LIMIT 1

-- name: looks_one_at_a_time
-- Two merchants sending pictures that look alike must see each other, and what is alike has no key to lock.
SELECT pg_advisory_xact_lock(hashtextextended('seen_looks', 2))

-- name: look_elsewhere
-- Whether another merchant sent a picture that differs from this one in few bits before this merchant did.
SELECT 1
FROM seen_looks AS other
WHERE other.merchant_no <> %(merchant_no)s
    AND bit_count(other.look # %(look)s::bit(64)) <= %(like)s
    AND NOT EXISTS (
        SELECT 1 FROM seen_looks AS mine
        WHERE mine.merchant_no = %(merchant_no)s AND mine.look = %(look)s::bit(64)
            AND mine.first_seen < other.first_seen
    )
LIMIT 1

-- name: note_look
INSERT INTO seen_looks (look, merchant_no)
VALUES (%(look)s::bit(64), %(merchant_no)s)
ON CONFLICT (look, merchant_no) DO NOTHING
