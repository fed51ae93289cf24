-- What was done to log-ins, and by whom.

-- name: end_of
-- Where a stream ends, held against another writer, and whether it has a command already.
select s.position, encode(s.head, 'hex'),
    exists (select from journal.events e where e.stream = s.stream and e.command_id = %(command_id)s)
from journal.streams s
where s.stream = %(stream)s
for no key update;
