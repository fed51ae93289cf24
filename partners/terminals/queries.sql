-- The statements of terminal management. Every change first locks the terminal's row, so that what
-- is decided (may it move? does a block stand?) still holds when it is written.

-- name: put_in_stock
-- A device that was never seen starts in stock; one that was is left as it is.
INSERT INTO terminals (sn, tusn, terminal_id, model, state)
VALUES (%(sn)s, %(tusn)s, %(terminal_id)s, %(model)s, 'in_stock')
ON CONFLICT (sn) DO NOTHING

-- name: lock_terminal
SELECT * FROM terminals WHERE sn = %(sn)s FOR UPDATE

-- name: find_terminal
SELECT * FROM terminals WHERE sn = %(sn)s

-- name: terminals_of_a_merchant
SELECT * FROM terminals WHERE merchant_no = %(merchant_no)s ORDER BY sn

-- name: describe_terminal
-- What a registration may correct about a device.
UPDATE terminals
   SET tusn = %(tusn)s, terminal_id = %(terminal_id)s, model = %(model)s, fee_plan = %(fee_plan)s,
       deploy_address_ref = %(deploy_address_ref)s, changed_at = clock_timestamp()
 WHERE sn = %(sn)s
   AND (tusn, terminal_id, model, fee_plan, deploy_address_ref)
       IS DISTINCT FROM (%(tusn)s, %(terminal_id)s, %(model)s, %(fee_plan)s, %(deploy_address_ref)s)

-- name: move_terminal
-- A terminal that leaves its merchant leaves the merchant's settings behind as well.
UPDATE terminals
   SET state = %(to_state)s,
       merchant_no = %(merchant_no)s,
       deploy_address_ref = CASE WHEN %(merchant_no)s::text IS NULL THEN NULL ELSE deploy_address_ref END,
       fee_plan = CASE WHEN %(merchant_no)s::text IS NULL THEN NULL ELSE fee_plan END,
       parameters = CASE WHEN %(merchant_no)s::text IS NULL THEN '{}' ELSE parameters END,
       limits = CASE WHEN %(merchant_no)s::text IS NULL THEN '{}' ELSE limits END,
       changed_at = clock_timestamp()
 WHERE sn = %(sn)s

-- name: note_move
INSERT INTO moves (sn, move, from_state, to_state, merchant_no)
VALUES (%(sn)s, %(move)s, %(from_state)s, %(to_state)s, %(merchant_no)s)

-- name: moves_of_a_terminal
SELECT move, from_state, to_state, merchant_no, moved_at FROM moves WHERE sn = %(sn)s ORDER BY id

-- name: standing_blocks
SELECT sn, control_id, scope, reason, placed_at, lifted_at
  FROM blocks WHERE sn = ANY(%(sns)s) AND lifted_at IS NULL ORDER BY id

-- name: newest_block
-- The block of a control on a terminal: the standing one, otherwise the one lifted last.
SELECT id, sn, control_id, scope, reason, placed_at, lifted_at
  FROM blocks WHERE sn = %(sn)s AND control_id = %(control_id)s ORDER BY id DESC LIMIT 1

-- name: place_block
INSERT INTO blocks (sn, control_id, scope, reason)
VALUES (%(sn)s, %(control_id)s, %(scope)s, %(reason)s)
RETURNING sn, control_id, scope, reason, placed_at, lifted_at

-- name: lift_block
UPDATE blocks SET lifted_at = clock_timestamp() WHERE id = %(id)s
RETURNING sn, control_id, scope, reason, placed_at, lifted_at

-- name: merge_parameters
UPDATE terminals
   SET parameters = parameters || %(params)s, parameter_version = parameter_version + 1, changed_at = clock_timestamp()
 WHERE sn = %(sn)s
RETURNING parameters, parameter_version

-- name: set_limits
UPDATE terminals SET limits = %(limits)s, changed_at = clock_timestamp() WHERE sn = %(sn)s

-- name: set_faults
UPDATE terminals SET faults = %(faults)s, changed_at = clock_timestamp() WHERE sn = %(sn)s

-- name: set_keys
UPDATE terminals SET keys_live = %(live)s, changed_at = clock_timestamp() WHERE sn = %(sn)s

-- name: note_test_transaction
INSERT INTO test_transactions (ref, sn, kind, amount_fen, result, reason)
VALUES (%(ref)s, %(sn)s, %(kind)s, %(amount_fen)s, %(result)s, %(reason)s)
RETURNING ref, sn, kind, amount_fen, result, reason, tried_at
