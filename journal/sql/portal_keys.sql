-- name: put
-- A new link and code take the place of those before them.
insert into journal.portal_keys (case_id, merchant_no, token, code, holds_until)
values (%(case_id)s, %(merchant_no)s, %(token)s, %(code)s, %(holds_until)s)
on conflict (case_id) do update
set merchant_no = excluded.merchant_no, token = excluded.token, code = excluded.code,
    holds_until = excluded.holds_until, address_ref = null;

-- name: sent_to
update journal.portal_keys set address_ref = %(ref)s where case_id = %(case_id)s and token = %(token)s;

-- name: use_code
-- Whoever deletes the row comes in: link and code count once, together.
delete from journal.portal_keys
where case_id = %(case_id)s and code = %(code)s and holds_until > %(now)s
returning case_id, merchant_no, address_ref;

-- name: use_token
delete from journal.portal_keys where token = %(token)s and holds_until > %(now)s
returning case_id, merchant_no, address_ref;

-- name: purge
delete from journal.portal_keys where holds_until <= %(now)s;

-- name: put_contact
-- The merchant as its contacts come in by link or code; no password is theirs.
insert into journal.users (name, display_name, roles, merchant_no, password_hash, created_at)
values (%(name)s, %(name)s, '{merchant}', %(merchant_no)s, '-', %(now)s)
on conflict (name) do nothing;
