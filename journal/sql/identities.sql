-- name: user_of
select u.name, u.display_name, u.roles, u.merchant_no
from journal.identities i
join journal.users u on u.name = i.user_name
where i.issuer = %(issuer)s and i.subject = %(subject)s and u.disabled_at is null;

-- name: bind
-- Only to someone of staff who is there, and whom nobody of this issuer is bound to yet.
insert into journal.identities (issuer, subject, user_name, bound_at)
select %(issuer)s, %(subject)s, u.name, %(now)s
from journal.users u
where u.name = %(name)s and u.merchant_no is null and u.disabled_at is null
on conflict do nothing;

-- name: put_pending
insert into journal.pending_logins (state, sealed, forget_at) values (%(state)s, %(sealed)s, %(forget_at)s);

-- name: take_pending
delete from journal.pending_logins where state = %(state)s returning sealed, forget_at > %(now)s as holds;

-- name: purge_pending
delete from journal.pending_logins where forget_at <= %(now)s;
