-- name: take
-- Takes a key: a new one, one whose answer has expired, or one whose attempt died before it answered the same request.
-- Returns nothing when the key is someone's already.
insert into journal.idempotency_keys as k (
    caller, key, method, path, body_sha256, attempt, leased_until, expires_at
)
values (
    %(caller)s, %(key)s, %(method)s, %(path)s, %(body_sha256)s, %(attempt)s, %(leased_until)s, %(expires_at)s
)
on conflict (caller, key) do update
set method = excluded.method, path = excluded.path, body_sha256 = excluded.body_sha256, attempt = excluded.attempt,
    leased_until = excluded.leased_until, expires_at = excluded.expires_at, status = null, answer = null
where k.expires_at <= %(now)s
   or (k.status is null and k.leased_until <= %(now)s
       and (k.method, k.path, k.body_sha256) = (excluded.method, excluded.path, excluded.body_sha256))
returning attempt;

-- name: look
select method, path, body_sha256, attempt, status, answer
from journal.idempotency_keys
where caller = %(caller)s and key = %(key)s;

-- name: finish
-- Stores the answer, if the attempt still holds the key.
update journal.idempotency_keys
set status = %(status)s, answer = %(answer)s
where caller = %(caller)s and key = %(key)s and attempt = %(attempt)s and status is null;

-- name: abandon
-- Gives the key back unanswered.
delete from journal.idempotency_keys
where caller = %(caller)s and key = %(key)s and attempt = %(attempt)s and status is null;

-- name: purge
-- Drops expired answers, a batch at a time.
delete from journal.idempotency_keys
where (caller, key) in (
    select caller, key from journal.idempotency_keys where expires_at <= %(now)s
    order by expires_at limit %(limit)s for update skip locked
);
