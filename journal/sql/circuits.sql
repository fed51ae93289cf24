-- What is known of the partners. The news of the newest moment stands: several processes may call the same partner.

-- name: note
insert into journal.circuits as c (partner, state, since, why, held, next_try_at, answered_at, noted_at)
values (%(partner)s, %(state)s, %(since)s, %(why)s, %(held)s, %(next_try_at)s, %(answered_at)s, %(noted_at)s)
on conflict (partner) do update
set state = excluded.state, since = excluded.since, why = excluded.why, held = excluded.held,
    next_try_at = excluded.next_try_at, answered_at = coalesce(excluded.answered_at, c.answered_at),
    noted_at = excluded.noted_at
where c.noted_at <= excluded.noted_at

-- name: ask
-- A trial is asked for.
update journal.circuits set asked_at = %(at)s, asked_by = %(by)s where partner = %(partner)s

-- name: asked
select asked_at from journal.circuits where partner = %(partner)s

-- name: all
select partner, state, since, why, held, next_try_at, answered_at, noted_at, asked_at
from journal.circuits
order by partner
