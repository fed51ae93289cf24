-- The bank's statements.

-- name: set_account
INSERT INTO accounts (number, holder, bank, state) VALUES (%(number)s, %(holder)s, %(bank)s, %(state)s)
ON CONFLICT (number) DO UPDATE SET holder = excluded.holder, bank = excluded.bank, state = excluded.state
RETURNING number, holder, bank, state;

-- name: meet_account
-- An account is open and its holder's until the bank knows otherwise.
INSERT INTO accounts (number, holder, bank) VALUES (%(number)s, %(holder)s, %(bank)s) ON CONFLICT (number) DO NOTHING;

-- name: find_account
SELECT number, holder, bank, resident_id, uscc, phone, state FROM accounts WHERE number = %(number)s;

-- name: learn_identity
-- What was not known yet is learnt; what was known stays.
UPDATE accounts SET bank = coalesce(bank, %(bank)s), resident_id = coalesce(resident_id, %(resident_id)s),
                    uscc = coalesce(uscc, %(uscc)s), phone = coalesce(phone, %(phone)s)
WHERE number = %(number)s;

-- name: book
INSERT INTO movements (number, amount_fen, kind, ref) VALUES (%(number)s, %(amount_fen)s, %(kind)s, %(ref)s);

-- name: movements_of_account
SELECT at, kind, amount_fen, ref FROM movements WHERE number = %(number)s ORDER BY id DESC LIMIT 500;

-- name: send_micro_deposit
INSERT INTO micro_deposits (deposit_ref, number, amount_fen, tries_left, expires_at)
VALUES (%(deposit_ref)s, %(number)s, %(amount_fen)s, %(tries)s, now() + make_interval(days => %(days)s))
RETURNING deposit_ref, state, tries_left, expires_at;

-- name: lock_micro_deposit
SELECT deposit_ref, amount_fen, state, tries_left, expires_at, now() >= expires_at AS expired
FROM micro_deposits WHERE deposit_ref = %(deposit_ref)s FOR UPDATE;

-- name: judge_micro_deposit
UPDATE micro_deposits SET state = %(state)s, tries_left = %(tries_left)s WHERE deposit_ref = %(deposit_ref)s;

-- name: accept_payout
INSERT INTO payouts (payout_key, payout_ref, case_id, amount_fen, currency, holder, number, settle_at)
VALUES (%(key)s, %(payout_ref)s, %(case_id)s, %(amount_fen)s, %(currency)s, %(holder)s, %(number)s,
        now() + make_interval(secs => %(delay_s)s));

-- name: find_payout
SELECT payout_key, payout_ref, case_id, amount_fen, currency, state, reason, accepted_at, settled_at
FROM payouts WHERE payout_key = %(payout_key)s;

-- name: take_due_payout
-- The next payout whose time has come, for this transaction alone.
SELECT payout.payout_key, payout.payout_ref, payout.case_id, payout.amount_fen, payout.holder, payout.number,
       account.holder AS account_holder, account.state AS account_state
FROM payouts AS payout JOIN accounts AS account USING (number)
WHERE payout.state = 'accepted' AND payout.settle_at <= now()
ORDER BY payout.settle_at LIMIT 1
FOR UPDATE OF payout SKIP LOCKED;

-- name: settle_payout
UPDATE payouts SET state = %(state)s, reason = %(reason)s, settled_at = now()
WHERE payout_key = %(payout_key)s RETURNING settled_at;

-- name: seconds_to_next_payout
SELECT extract(epoch FROM min(settle_at) - now())::float8 AS seconds FROM payouts WHERE state = 'accepted';

-- name: booked_on_day
-- The institution's statement of one day in Shanghai: payouts out, bounced ones back in, micro-deposits out.
WITH day AS (
    SELECT %(day)s::date::timestamp AT TIME ZONE 'Asia/Shanghai' AS began,
           (%(day)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS ended
), booked AS (
    SELECT accepted_at AS at, payout_ref AS ref, payout_key AS key, case_id, 'payout' AS kind, 'debit' AS side,
           amount_fen, holder, number, NULL AS reason
    FROM payouts
    UNION ALL
    SELECT settled_at, payout_ref, payout_key, case_id, 'payout_returned', 'credit', amount_fen, holder, number, reason
    FROM payouts WHERE state = 'bounced'
    UNION ALL
    SELECT deposit.sent_at, deposit.deposit_ref, NULL, NULL, 'micro_deposit', 'debit', deposit.amount_fen,
           account.holder, deposit.number, NULL
    FROM micro_deposits AS deposit JOIN accounts AS account USING (number)
)
SELECT booked.* FROM booked, day WHERE booked.at >= day.began AND booked.at < day.ended ORDER BY booked.at, booked.ref;

-- name: record_transaction
INSERT INTO transactions (ref, merchant_no, terminal_id, kind, amount_fen, at, last4)
VALUES (%(ref)s, %(merchant_no)s, %(terminal_id)s, %(kind)s, %(amount_fen)s, %(at)s, %(last4)s)
ON CONFLICT (ref) DO NOTHING;

-- name: transactions_by_refs
SELECT ref, merchant_no, terminal_id, kind, amount_fen, at, last4 FROM transactions
WHERE ref = ANY(%(refs)s) ORDER BY at, ref;

-- name: transactions_of_terminal
SELECT ref, merchant_no, terminal_id, kind, amount_fen, at, last4 FROM transactions
WHERE terminal_id = %(terminal_id)s
  AND at >= %(day)s::date::timestamp AT TIME ZONE 'Asia/Shanghai'
  AND at < (%(day)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
ORDER BY at, ref LIMIT %(most)s;
