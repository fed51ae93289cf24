-- The statements of courses and plans. Times are the partner's own (partner_now).

-- name: one_at_a_time
-- Two beginnings about the same subject meet here.
SELECT pg_advisory_xact_lock(hashtext(current_schema() || subject)) FROM unnest(%(subjects)s::text[]) AS subject
 ORDER BY subject

-- name: open_about
SELECT * FROM courses WHERE open AND subjects && %(subjects)s::text[] LIMIT 1

-- name: begin
INSERT INTO courses (ref, key, case_id, subjects, state, open, asked, facts, begun_at, changed_at)
VALUES (%(ref)s, %(key)s, %(case_id)s, %(subjects)s, %(state)s, true, %(asked)s, %(facts)s, partner_now(), partner_now())
RETURNING *

-- name: lock
SELECT * FROM courses WHERE ref = %(ref)s FOR UPDATE

-- name: find
SELECT * FROM courses WHERE ref = %(ref)s

-- name: of_case
SELECT * FROM courses WHERE case_id = %(case_id)s ORDER BY begun_at, ref

-- name: move
UPDATE courses SET state = %(state)s, open = %(open)s, facts = facts || %(facts)s, changed_at = partner_now()
 WHERE ref = %(ref)s
RETURNING *

-- name: note_move
INSERT INTO course_moves (ref, move, from_state, to_state, facts, moved_at)
VALUES (%(ref)s, %(move)s, %(from_state)s, %(to_state)s, %(facts)s, partner_now())

-- name: moves_of
SELECT move, from_state, to_state, facts, moved_at FROM course_moves WHERE ref = %(ref)s ORDER BY id

-- name: plan
INSERT INTO plans (ref, move, details, due_at)
VALUES (%(ref)s, %(move)s, %(details)s, partner_now() + make_interval(secs => %(after_s)s))

-- name: take_due_plan
-- The next plan whose time has come, for this transaction alone.
UPDATE plans SET done_at = partner_now()
 WHERE id = (SELECT id FROM plans WHERE done_at IS NULL AND due_at <= partner_now()
              ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING ref, move, details

-- name: seconds_to_next_plan
SELECT extract(epoch FROM min(due_at) - partner_now())::float8 AS seconds FROM plans WHERE done_at IS NULL

-- name: clock
SELECT partner_now() AS now, extract(epoch FROM ahead)::float8 AS ahead_seconds FROM clock

-- name: set_clock
-- A clock is never put back: what has happened stays in the past.
UPDATE clock SET ahead = greatest(ahead, make_interval(secs => %(ahead_s)s))
