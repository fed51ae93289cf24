-- The statements of the card network.

-- name: place_block
INSERT INTO notices (notice_id, terminal_sn, merchant_no, reason_code, detail, expected_at)
VALUES (%(notice_id)s, %(terminal_sn)s, %(merchant_no)s, %(reason_code)s, %(detail)s, %(expected_at)s)
RETURNING *

-- name: find_notice
SELECT * FROM notices WHERE notice_id = %(notice_id)s

-- name: lock_notice
SELECT * FROM notices WHERE notice_id = %(notice_id)s FOR UPDATE

-- name: notices_after
-- In the order in which they were placed, for a reader that remembers how far it came.
SELECT * FROM notices
 WHERE (placed_at, notice_id) > (SELECT placed_at, notice_id FROM notices WHERE notice_id = %(after)s)
    OR %(after)s = ''
 ORDER BY placed_at, notice_id LIMIT %(limit)s

-- name: lift_notice
UPDATE notices SET lifted_at = partner_now() WHERE notice_id = %(notice_id)s

-- name: standing_on
SELECT notice_id FROM notices WHERE terminal_sn = %(terminal_sn)s AND lifted_at IS NULL ORDER BY placed_at, notice_id

-- name: rejections_of
SELECT count(*) AS rejected FROM courses WHERE asked ->> 'notice_id' = %(notice_id)s AND state = 'rejected'

-- name: lock_binding
SELECT * FROM bindings WHERE terminal_sn = %(terminal_sn)s FOR UPDATE

-- name: find_binding
SELECT * FROM bindings WHERE terminal_sn = %(terminal_sn)s

-- name: bindings_of_merchant
SELECT * FROM bindings WHERE merchant_no = %(merchant_no)s AND state = 'registered' ORDER BY terminal_sn

-- name: register
-- A terminal that serves nobody, or the same merchant as before; anything else leaves the row, and gives none back.
INSERT INTO bindings (terminal_sn, acquirer_code, merchant_no, owner_ref, account_ref, deploy_address_ref, state)
VALUES (%(terminal_sn)s, %(acquirer_code)s, %(merchant_no)s, %(owner_ref)s, %(account_ref)s, %(deploy_address_ref)s,
        'registered')
ON CONFLICT (terminal_sn) DO UPDATE
   SET acquirer_code = excluded.acquirer_code, merchant_no = excluded.merchant_no, owner_ref = excluded.owner_ref,
       account_ref = excluded.account_ref, deploy_address_ref = excluded.deploy_address_ref, state = 'registered',
       changed_at = partner_now()
 WHERE bindings.state = 'deregistered'
    OR (bindings.merchant_no, bindings.acquirer_code) = (excluded.merchant_no, excluded.acquirer_code)
RETURNING *

-- name: deregister
UPDATE bindings SET state = 'deregistered', changed_at = partner_now() WHERE terminal_sn = %(terminal_sn)s
RETURNING *
