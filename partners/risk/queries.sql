-- The statements of risk control.

-- name: set_rule
-- A rule that was lifted and bites again is on again; its kind may have been learnt only now.
INSERT INTO rules (external_ref, terminal_sn, kind, state) VALUES (%(external_ref)s, %(terminal_sn)s, %(kind)s, 'on')
ON CONFLICT (external_ref, terminal_sn) DO UPDATE
   SET kind = excluded.kind, state = 'on', lifted_by = NULL, case_id = NULL, since = clock_timestamp()
RETURNING *

-- name: hear_of_rule
-- So that a rule that is being lifted has a row to lock, even if nobody ever announced it.
INSERT INTO rules (external_ref, terminal_sn, state) VALUES (%(external_ref)s, %(terminal_sn)s, 'on')
ON CONFLICT (external_ref, terminal_sn) DO NOTHING

-- name: lock_rule
SELECT * FROM rules WHERE external_ref = %(external_ref)s AND terminal_sn = %(terminal_sn)s FOR UPDATE

-- name: lock_rules
-- Every terminal a rule bites on, in one order for all callers, so that two of them cannot block each other.
SELECT * FROM rules WHERE external_ref = %(external_ref)s ORDER BY terminal_sn FOR UPDATE

-- name: lift_rule
UPDATE rules
   SET state = 'lifted', lifted_by = %(control_id)s, case_id = %(case_id)s, since = clock_timestamp()
 WHERE external_ref = %(external_ref)s AND terminal_sn = %(terminal_sn)s
RETURNING *

-- name: reinstate_rule
UPDATE rules
   SET state = 'on', lifted_by = NULL, case_id = %(case_id)s, since = clock_timestamp()
 WHERE external_ref = %(external_ref)s AND terminal_sn = %(terminal_sn)s

-- name: note_change
INSERT INTO rule_changes (external_ref, terminal_sn, change, control_id, case_id, effective)
VALUES (%(external_ref)s, %(terminal_sn)s, %(change)s, %(control_id)s, %(case_id)s, %(effective)s)

-- name: rules_of
SELECT * FROM rules WHERE external_ref = %(external_ref)s ORDER BY terminal_sn

-- name: changes_of
SELECT terminal_sn, change, control_id, case_id, effective, changed_at
  FROM rule_changes WHERE external_ref = %(external_ref)s ORDER BY id

-- name: one_writer_of_questioned
-- Two lists for one control are written one after the other, never mixed.
SELECT pg_advisory_xact_lock(hashtextextended(%(external_ref)s, 0))

-- name: forget_questioned
DELETE FROM questioned WHERE external_ref = %(external_ref)s

-- name: keep_questioned
INSERT INTO questioned (external_ref, place, ref, amount_fen, at, last4, terminal_id)
VALUES (%(external_ref)s, %(place)s, %(ref)s, %(amount_fen)s, %(at)s, %(last4)s, %(terminal_id)s)

-- name: questioned_by
SELECT ref, amount_fen, at, last4, terminal_id FROM questioned WHERE external_ref = %(external_ref)s ORDER BY place

-- name: set_limit
INSERT INTO limits (merchant_no, case_id, factor_percent) VALUES (%(merchant_no)s, %(case_id)s, %(factor_percent)s)
RETURNING merchant_no, case_id, factor_percent, set_at

-- name: limit_of
SELECT merchant_no, case_id, factor_percent, set_at
  FROM (SELECT DISTINCT ON (case_id) * FROM limits WHERE merchant_no = %(merchant_no)s ORDER BY case_id, id DESC) newest
 ORDER BY factor_percent, id DESC LIMIT 1

-- name: start_watch
INSERT INTO watches (watch_ref, merchant_no, case_id, until)
VALUES (%(watch_ref)s, %(merchant_no)s, %(case_id)s, %(until)s)
RETURNING watch_ref, merchant_no, case_id, until, started_at

-- name: find_watch
SELECT watch_ref, merchant_no, case_id, until, started_at FROM watches WHERE watch_ref = %(watch_ref)s

-- name: watches_of_a_case
SELECT watch_ref, merchant_no, case_id, until, started_at
  FROM watches WHERE case_id = %(case_id)s ORDER BY started_at, watch_ref

-- name: note_hit
INSERT INTO hits (hit_ref, watch_ref, rule, at) VALUES (%(hit_ref)s, %(watch_ref)s, %(rule)s, %(at)s)
RETURNING hit_ref, watch_ref, rule, at

-- name: hits_of_a_case
SELECT hit_ref, watch_ref, rule, at FROM hits JOIN watches USING (watch_ref)
 WHERE case_id = %(case_id)s ORDER BY at, hit_ref
