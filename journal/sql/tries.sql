-- name: begin
-- A key nobody has tried at yet.
insert into journal.tries (key, at, forget_at) values (%(key)s, '{}', %(forget_at)s) on conflict (key) do nothing;

-- name: look
select at from journal.tries where key = %(key)s for update;

-- name: count
update journal.tries set at = %(at)s, forget_at = %(forget_at)s where key = %(key)s;

-- name: forgive
delete from journal.tries where key = %(key)s;

-- name: purge
delete from journal.tries where forget_at <= %(now)s;
