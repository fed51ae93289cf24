-- name: put_user
-- Adds a user. Nothing happens when the name is taken.
insert into journal.users (name, display_name, roles, merchant_no, password_hash, created_at, created_by)
values (%(name)s, %(display_name)s, %(roles)s, %(merchant_no)s, %(password_hash)s, %(now)s, %(created_by)s)
on conflict (name) do nothing;

-- name: user
select name, display_name, roles, merchant_no from journal.users where name = %(name)s;

-- name: users
select name, display_name, roles, merchant_no
from journal.users
where disabled_at is null and (%(role)s::text is null or %(role)s = any(roles))
order by name;

-- name: made_by
-- The log-ins that someone made for a merchant.
select name from journal.users where created_by = %(maker)s and merchant_no = %(merchant_no)s order by name;

-- name: ever
-- Everyone, those who were shut out last.
select name, display_name, roles, merchant_no from journal.users order by disabled_at is not null, name;

-- name: password
-- The hash to check a log-in against.
select u.password_hash, u.name, u.display_name, u.roles, u.merchant_no
from journal.users u
where u.name = %(name)s and u.disabled_at is null;

-- name: set_password
update journal.users set password_hash = %(password_hash)s where name = %(name)s;

-- name: disable
update journal.users set disabled_at = %(now)s where name = %(name)s and disabled_at is null;

-- name: put_token
-- The same token again for the same user stays as it is.
insert into journal.tokens (sha256, user_name, label, created_at, expires_at)
values (%(sha256)s, %(name)s, %(label)s, %(now)s, %(expires_at)s)
on conflict (sha256) do nothing;

-- name: by_token
select u.name, u.display_name, u.roles, u.merchant_no
from journal.tokens t
join journal.users u on u.name = t.user_name
where t.sha256 = %(sha256)s and (t.expires_at is null or t.expires_at > %(now)s) and u.disabled_at is null;

-- name: revoke_tokens
delete from journal.tokens where user_name = %(name)s;

-- name: close_sessions_of
delete from journal.sessions where user_name = %(name)s;
