-- The statements of the notice gateway and its mailbox.

-- name: arrive
-- The same message twice is one message: what came first is kept and the copy is counted.
INSERT INTO arrivals (message_id, channel, recipient, subject, text, language, case_id, notice, raw)
VALUES (%(message_id)s, %(channel)s, %(recipient)s, %(subject)s, %(text)s, %(language)s, %(case_id)s, %(notice)s,
        %(raw)s)
ON CONFLICT (message_id, recipient) DO UPDATE SET copies = arrivals.copies + 1

-- name: note_sent
INSERT INTO messages (key, message_id, channel, recipient, subject, text, language, case_id, notice, delivered_at)
VALUES (%(key)s, %(message_id)s, %(channel)s, %(to)s, %(subject)s, %(text)s, %(language)s, %(case_id)s, %(notice)s,
        %(delivered_at)s)

-- name: sent_under
SELECT key, message_id, channel, recipient AS to, subject, text, language, case_id, notice, delivered_at
  FROM messages WHERE key = %(key)s

-- name: arrivals
-- Newest first. A null does not narrow; `to` and `q` match parts of a text, in any letter case.
SELECT id, message_id, channel, recipient AS to, subject, text, language, case_id, notice, copies, arrived_at
  FROM arrivals
 WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
   AND (%(channel)s::text IS NULL OR channel = %(channel)s)
   AND (%(case_id)s::text IS NULL OR case_id = %(case_id)s)
   AND (%(to)s::text IS NULL OR position(lower(%(to)s) IN lower(recipient)) > 0)
   AND (%(q)s::text IS NULL OR position(lower(%(q)s) IN lower(concat_ws(' ', subject, text, notice))) > 0)
 ORDER BY id DESC
 LIMIT %(limit)s

-- name: arrival
SELECT id, message_id, channel, recipient AS to, subject, text, language, case_id, notice, copies, arrived_at
  FROM arrivals WHERE id = %(id)s

-- name: raw_mail
SELECT raw FROM arrivals WHERE id = %(id)s AND raw IS NOT NULL

-- name: behaviour_of
SELECT behaviour FROM recipients WHERE channel = %(channel)s AND recipient = %(to)s

-- name: set_behaviour
INSERT INTO recipients (channel, recipient, behaviour) VALUES (%(channel)s, %(to)s, %(behaviour)s)
ON CONFLICT (channel, recipient) DO UPDATE SET behaviour = excluded.behaviour

-- name: forget_behaviour
DELETE FROM recipients WHERE channel = %(channel)s AND recipient = %(to)s
