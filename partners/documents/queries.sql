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
