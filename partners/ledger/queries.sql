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
    INSERT INTO postings (kind, merchant_no, case_id, key, ref, reverses, booked_on)
    VALUES (%(kind)s, %(merchant_no)s, %(case_id)s, %(key)s, %(ref)s, %(reverses)s,
            coalesce(%(booked_on)s, (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date))
    RETURNING posting_id, posted_at, booked_on
), written AS (
    INSERT INTO lines (posting_id, line_no, account, side, amount_fen)
    SELECT posting.posting_id, line.line_no, line.account, line.side, line.amount_fen
    FROM posting, unnest(%(accounts)s::text[], %(sides)s::text[], %(amounts)s::bigint[])
        WITH ORDINALITY AS line (account, side, amount_fen, line_no)
)
SELECT posting_id, posted_at, booked_on FROM posting;

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
INSERT INTO holds (control_id, merchant_no, case_id, posting_id, held_fen, terminal_sn)
VALUES (%(control_id)s, %(merchant_no)s, %(case_id)s, %(posting_id)s, %(amount_fen)s, %(terminal_sn)s);

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

-- name: postings_of_day
-- A page of what was booked on a day, for whichever case.
SELECT posting.*, reversal.posting_id AS reversed_by, line.lines
FROM postings AS posting LEFT JOIN postings AS reversal ON reversal.reverses = posting.posting_id,
LATERAL (SELECT json_agg(json_build_object('account', account, 'side', side, 'amount_fen', amount_fen) ORDER BY line_no) AS lines
         FROM lines WHERE lines.posting_id = posting.posting_id) AS line
WHERE posting.booked_on = %(day)s AND posting.posting_id > %(after)s
ORDER BY posting.posting_id LIMIT %(limit)s;

-- name: balances_before
-- What each of a merchant's accounts held after a posting.
SELECT account.code, coalesce(sum(CASE line.side WHEN 'credit' THEN line.amount_fen ELSE -line.amount_fen END)
                              FILTER (WHERE line.posting_id <= %(after)s), 0)::bigint AS fen
FROM accounts AS account LEFT JOIN lines AS line USING (account)
WHERE account.merchant_no = %(merchant_no)s
GROUP BY account.code ORDER BY account.code;

-- name: statement
-- Lines on a merchant's own accounts, oldest first, after a posting.
SELECT posting.posting_id, posting.kind, posting.case_id, posting.ref, posting.posted_at, posting.booked_on,
       account.code AS account,
       line.side, line.amount_fen
FROM postings AS posting JOIN lines AS line USING (posting_id) JOIN accounts AS account USING (account)
WHERE posting.merchant_no = %(merchant_no)s AND account.merchant_no = %(merchant_no)s
  AND posting.posting_id > %(after)s
  AND posting.posting_id <= coalesce(
      (SELECT max(page.posting_id) FROM (SELECT posting_id FROM postings WHERE merchant_no = %(merchant_no)s
         AND posting_id > %(after)s ORDER BY posting_id LIMIT %(limit)s) AS page), '')
ORDER BY posting.posting_id, line.line_no;

-- name: account_balances
-- Every account with what was written on each side through a day, and since when it was used or open.
SELECT account.account, account.code, account.merchant_no, account.nature,
       least(min(posting.booked_on), (account.opened_at AT TIME ZONE 'Asia/Shanghai')::date) AS opened_on,
       coalesce(sum(line.amount_fen) FILTER (WHERE line.side = 'debit'), 0)::bigint AS debit_fen,
       coalesce(sum(line.amount_fen) FILTER (WHERE line.side = 'credit'), 0)::bigint AS credit_fen
FROM accounts AS account
LEFT JOIN (lines AS line JOIN postings AS posting ON posting.posting_id = line.posting_id
                                                  AND posting.booked_on <= coalesce(%(through)s, 'infinity'::date))
    ON line.account = account.account
GROUP BY account.account
ORDER BY account.merchant_no NULLS FIRST, account.account;

-- name: all_lines
SELECT posting.posting_id, posting.kind, posting.case_id, posting.key, posting.ref, posting.booked_on, posting.reverses,
       line.account, line.side, line.amount_fen
FROM postings AS posting JOIN lines AS line USING (posting_id)
ORDER BY posting.booked_on, posting.posting_id, line.line_no;

-- name: chart
SELECT code, nature, per_merchant, name_zh, name_en FROM chart ORDER BY nature, per_merchant, code;

-- name: closed_through
-- Locked until the transaction ends: nobody closes a day while something is being booked on it.
SELECT closed_through, (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date AS today FROM closing FOR SHARE;

-- name: close_through
-- Waits for whatever is being posted. Nothing comes back where the books are closed through that day already.
UPDATE closing SET closed_through = %(last_day)s WHERE closed_through < %(last_day)s RETURNING closed_through;

-- name: keep_period
INSERT INTO periods (period, key, postings, debit_fen, credit_fen)
SELECT %(period)s, %(key)s, count(DISTINCT posting.posting_id),
       coalesce(sum(line.amount_fen) FILTER (WHERE line.side = 'debit'), 0),
       coalesce(sum(line.amount_fen) FILTER (WHERE line.side = 'credit'), 0)
FROM postings AS posting JOIN lines AS line USING (posting_id)
WHERE posting.booked_on BETWEEN %(first_day)s AND %(last_day)s
RETURNING period, closed_at, postings, debit_fen, credit_fen;

-- name: periods
SELECT period, closed_at, postings, debit_fen, credit_fen FROM periods ORDER BY period;

-- name: note_turnover
INSERT INTO turnover (posting_id, terminal_sn, amount_fen) VALUES (%(posting_id)s, %(terminal_sn)s, %(amount_fen)s);

-- name: agree_fee
INSERT INTO fees (fee_key, merchant_no, terminal_sn, plan, kind, amount_fen, volume_target_fen)
VALUES (%(key)s, %(merchant_no)s, %(terminal_sn)s, %(plan)s, %(kind)s, %(amount_fen)s, %(volume_target_fen)s);

-- name: running_fee
SELECT fee_key FROM fees WHERE terminal_sn = %(terminal_sn)s AND state IN ('agreed', 'charged');

-- name: fee_to_charge
-- The terminal's fee that waits for its first takings.
SELECT fee_key, kind, amount_fen FROM fees
WHERE terminal_sn = %(terminal_sn)s AND merchant_no = %(merchant_no)s AND state = 'agreed';

-- name: find_fee
SELECT fee_key, merchant_no, terminal_sn, plan, kind, amount_fen, volume_target_fen, state,
       coalesce((SELECT volume_fen FROM terminal_volumes AS volume WHERE volume.terminal_sn = fee.terminal_sn), 0) AS volume_fen
FROM fees AS fee WHERE fee_key = %(fee_key)s;

-- name: move_fee
UPDATE fees SET state = %(state)s WHERE fee_key = %(fee_key)s;
