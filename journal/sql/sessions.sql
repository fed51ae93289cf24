-- name: open
insert into journal.sessions (sha256, user_name, csrf_secret, created_at, seen_at, expires_at, method, origin, agent)
values (
    %(sha256)s, %(name)s, %(csrf_secret)s, %(now)s, %(now)s, %(expires_at)s, %(method)s, %(origin)s, %(agent)s
);

-- name: find
-- A session nobody has used since `idle_since` has ended.
select u.name, u.display_name, u.roles, u.merchant_no, s.csrf_secret, s.expires_at, s.number, s.method, s.seen_at
from journal.sessions s
join journal.users u on u.name = s.user_name
where s.sha256 = %(sha256)s and s.expires_at > %(now)s and s.seen_at > %(idle_since)s and u.disabled_at is null;

-- name: touch
-- Written at most once a minute.
update journal.sessions set seen_at = %(now)s where number = %(number)s and seen_at < %(a_minute_ago)s;

-- name: of
-- Someone's sessions that still hold, the latest used first.
select number, user_name, method, origin, agent, created_at, seen_at, expires_at
from journal.sessions
where user_name = %(name)s and expires_at > %(now)s and seen_at > %(idle_since)s
order by seen_at desc, number desc;

-- name: close
delete from journal.sessions where sha256 = %(sha256)s;

-- name: revoke
delete from journal.sessions where user_name = %(name)s and number = %(number)s;

-- name: revoke_others
delete from journal.sessions where user_name = %(name)s and number <> %(but)s;

-- name: purge
delete from journal.sessions where expires_at <= %(now)s or seen_at <= %(idle_since)s;
