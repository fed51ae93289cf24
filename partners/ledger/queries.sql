-- The ledger's statements. Parameters are named; amounts are fen.

-- name: open_merchant
-- Nothing comes back for a merchant already open.
INSERT INTO merchants (merchant_no) VALUES (%(merchant_no)s) ON CONFLICT (merchant_no) DO NOTHING RETURNING merchant_no;

-- name: open_accounts
INSERT INTO accounts (account, code, merchant_no, nature)
SELECT code || ':' || %(merchant_no)s, code, %(merchant_no)s, 'liability' FROM unnest(%(codes)s::text[]) AS code;

-- name: lock_merchant
-- Whoever moves a merchant's money does so alone.
SELECT merchant_no FROM merchants WHERE merchant_no = %(merchant_no)s FOR UPDATE;

-- name: find_merchant
SELECT merchant_no FROM merchants WHERE merchant_no = %(merchant_no)s;

-- name: post
WITH posting AS (
    INSERT INTO postings (kind, merchant_no, case_id, key, ref, reverses)
    VALUES (%(kind)s, %(merchant_no)s, %(case_id)s, %(key)s, %(ref)s, %(reverses)s)
    RETURNING posting_id, posted_at
), written AS (
    INSERT INTO lines (posting_id, line_no, account, side, amount_fen)
    SELECT posting.posting_id, line.line_no, line.account, line.side, line.amount_fen
    FROM posting, unnest(%(accounts)s::text[], %(sides)s::text[], %(amounts)s::bigint[])
        WITH ORDINALITY AS line (account, side, amount_fen, line_no)
)
SELECT posting_id, posted_at FROM posting;

-- name: credit_balance
-- What a liability account holds.
SELECT coalesce(sum(CASE side WHEN 'credit' THEN amount_fen ELSE -amount_fen END), 0)::bigint AS fen
FROM lines WHERE account = %(account)s;

-- name: merchant_balances
SELECT account.code, coalesce(sum(CASE line.side WHEN 'credit' THEN line.amount_fen ELSE -line.amount_fen END), 0)::bigint AS fen
FROM accounts AS account LEFT JOIN lines AS line USING (account)
WHERE account.merchant_no = %(merchant_no)s
GROUP BY account.code;

-- name: merchant_reserved
SELECT coalesce(sum(amount_fen), 0)::bigint AS fen FROM reservations
WHERE merchant_no = %(merchant_no)s AND state = 'open';

-- name: place_hold
INSERT INTO holds (control_id, merchant_no, case_id, posting_id, held_fen)
VALUES (%(control_id)s, %(merchant_no)s, %(case_id)s, %(posting_id)s, %(amount_fen)s);

-- name: find_hold
SELECT control_id, merchant_no, case_id, posting_id, held_fen FROM holds WHERE control_id = %(control_id)s;

-- name: hold_of_posting
SELECT control_id FROM holds WHERE posting_id = %(posting_id)s;

-- name: controls_of_merchant
-- The named controls of a merchant, in the order asked for.
SELECT balance.* FROM control_balances AS balance
JOIN unnest(%(control_ids)s::text[]) WITH ORDINALITY AS asked (control_id, position) USING (control_id)
WHERE balance.merchant_no = %(merchant_no)s
ORDER BY asked.position;

-- name: controls_of_case
SELECT * FROM control_balances WHERE case_id = %(case_id)s ORDER BY control_id;

-- name: reserve
INSERT INTO reservations (reservation_key, merchant_no, case_id, amount_fen)
VALUES (%(key)s, %(merchant_no)s, %(case_id)s, %(amount_fen)s);

-- name: reserve_parts
INSERT INTO reservation_parts (reservation_key, position, control_id, amount_fen)
SELECT %(key)s, part.position, part.control_id, part.amount_fen
FROM unnest(%(control_ids)s::text[], %(amounts)s::bigint[]) WITH ORDINALITY AS part (control_id, amount_fen, position);

-- name: find_reservation
SELECT reservation_key, merchant_no, case_id, amount_fen, state FROM reservations WHERE reservation_key = %(reservation_key)s;

-- name: parts_of_reservation
SELECT control_id, amount_fen FROM reservation_parts WHERE reservation_key = %(reservation_key)s ORDER BY position;

-- name: close_reservation
UPDATE reservations SET state = %(state)s WHERE reservation_key = %(reservation_key)s;

-- name: move_held
INSERT INTO hold_moves (posting_id, control_id, went_to, amount_fen)
SELECT %(posting_id)s, move.control_id, move.went_to, move.amount_fen
FROM unnest(%(control_ids)s::text[], %(went_to)s::text[], %(amounts)s::bigint[]) AS move (control_id, went_to, amount_fen);

-- name: send_payout
INSERT INTO payouts (payout_key, merchant_no, case_id, amount_fen)
VALUES (%(key)s, %(merchant_no)s, %(case_id)s, %(amount_fen)s);

-- name: find_payout
SELECT payout_key, merchant_no, case_id, amount_fen, state FROM payouts WHERE payout_key = %(payout_key)s;

-- name: move_payout
UPDATE payouts SET state = %(state)s WHERE payout_key = %(payout_key)s;

-- name: penalties_of_case
SELECT kept_fen FROM case_penalties WHERE case_id = %(case_id)s AND merchant_no = %(merchant_no)s;

-- name: find_posting
SELECT posting.*, reversal.posting_id AS reversed_by
FROM postings AS posting LEFT JOIN postings AS reversal ON reversal.reverses = posting.posting_id
WHERE posting.posting_id = %(posting_id)s;

-- name: lines_of_posting
SELECT account, side, amount_fen FROM lines WHERE posting_id = %(posting_id)s ORDER BY line_no;

-- name: postings_of_case
SELECT posting.*, reversal.posting_id AS reversed_by, line.lines
FROM postings AS posting LEFT JOIN postings AS reversal ON reversal.reverses = posting.posting_id,
LATERAL (SELECT json_agg(json_build_object('account', account, 'side', side, 'amount_fen', amount_fen) ORDER BY line_no) AS lines
         FROM lines WHERE lines.posting_id = posting.posting_id) AS line
WHERE posting.case_id = %(case_id)s
ORDER BY posting.posting_id;

-- name: statement
-- Lines on a merchant's own accounts, oldest first, after a posting.
SELECT posting.posting_id, posting.kind, posting.case_id, posting.ref, posting.posted_at, account.code AS account,
       line.side, line.amount_fen
FROM postings AS posting JOIN lines AS line USING (posting_id) JOIN accounts AS account USING (account)
WHERE posting.merchant_no = %(merchant_no)s AND account.merchant_no = %(merchant_no)s
  AND posting.posting_id > %(after)s
  AND posting.posting_id <= coalesce(
      (SELECT max(page.posting_id) FROM (SELECT posting_id FROM postings WHERE merchant_no = %(merchant_no)s
         AND posting_id > %(after)s ORDER BY posting_id LIMIT %(limit)s) AS page), '')
ORDER BY posting.posting_id, line.line_no;

-- name: account_balances
-- Every account with what was ever written on each side.
SELECT account.account, account.code, account.merchant_no, account.nature, account.opened_at,
       coalesce(sum(line.amount_fen) FILTER (WHERE line.side = 'debit'), 0)::bigint AS debit_fen,
       coalesce(sum(line.amount_fen) FILTER (WHERE line.side = 'credit'), 0)::bigint AS credit_fen
FROM accounts AS account LEFT JOIN lines AS line USING (account)
GROUP BY account.account
ORDER BY account.merchant_no NULLS FIRST, account.account;

-- name: all_lines
SELECT posting.posting_id, posting.kind, posting.case_id, posting.key, posting.ref, posting.posted_at, posting.reverses,
       line.account, line.side, line.amount_fen
FROM postings AS posting JOIN lines AS line USING (posting_id)
ORDER BY posting.posting_id, line.line_no;
