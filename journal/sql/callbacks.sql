-- Partners' messages and the discrepancy queue.

-- name: receive
-- Counts how often this message came; `first` tells a new one, `same` whether it says what it said the first time.
insert into journal.callbacks as c (source, message_ref, body_sha256, body)
values (%(source)s, %(message_ref)s, %(body_sha256)s, %(body)s::json)
on conflict (source, message_ref) do update set times = c.times + 1, last_at = clock_timestamp()
returning times, body_sha256 = %(body_sha256)s as same, body

-- name: discrepancy
-- The same contradiction again is the same row.
insert into journal.discrepancies (source, message_ref, case_id, step_key, recorded, claimed, kind, day)
values (%(source)s, %(message_ref)s, %(case_id)s, %(step_key)s, %(recorded)s, %(claimed)s, %(kind)s, %(day)s)
on conflict (source, message_ref, claimed) do nothing

-- name: open_discrepancies
-- What a person still has to look at, newest first.
select id, source, message_ref, case_id, step_key, recorded, claimed, kind, day, found_at
from journal.discrepancies
where resolved_at is null
order by id desc
limit %(limit)s

-- name: resolve
update journal.discrepancies
set resolved_at = clock_timestamp(), resolved_by = %(by)s, reason = %(reason)s
where id = %(id)s and resolved_at is null
