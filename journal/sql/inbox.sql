-- Commands for cases, kept until their case has answered.

-- name: put
-- A repeat of the same command changes nothing.
insert into journal.commands (command_id, case_id, name, body, actor)
values (%(command_id)s, %(case_id)s, %(name)s, %(body)s::json, %(actor)s)
on conflict (command_id) do nothing
returning command_id

-- name: find
select command_id, case_id, name, body, actor, received_at, settled_at, outcome, seen_at
from journal.commands
where command_id = %(command_id)s

-- name: pending
-- The oldest unanswered command of each case, oldest first: a later one is not shown before it is settled.
select command_id, case_id, name, body, actor, received_at, settled_at, outcome, seen_at
from journal.commands as c
where c.settled_at is null and not c.case_id = any(%(but)s)
    and not exists (
        select from journal.commands as earlier
        where earlier.case_id = c.case_id and earlier.settled_at is null and earlier.sequence < c.sequence
    )
order by c.sequence
limit %(limit)s

-- name: settle
-- The first outcome stays.
update journal.commands
set settled_at = clock_timestamp(), outcome = %(outcome)s::json
where command_id = %(command_id)s and settled_at is null

-- name: hold
-- A command that is not settled yet, kept from being settled by others until this transaction ends.
select command_id from journal.commands where command_id = %(command_id)s and settled_at is null for no key update

-- name: refusals
-- Stored commands of an author that were refused and that they have not seen, newest first.
select command_id, case_id, name, body, actor, received_at, settled_at, outcome, seen_at
from journal.commands
where substr(actor, strpos(actor, ':') + 1) = %(author)s and seen_at is null and outcome ->> 'refused' is not null
order by settled_at desc
limit %(limit)s

-- name: of_author
-- What an author's stored commands came to, newest first.
select command_id, case_id, name, body, actor, received_at, settled_at, outcome, seen_at
from journal.commands
where substr(actor, strpos(actor, ':') + 1) = %(author)s
order by sequence desc
limit %(limit)s

-- name: mark_seen
update journal.commands
set seen_at = clock_timestamp()
where command_id = %(command_id)s and substr(actor, strpos(actor, ':') + 1) = %(author)s and seen_at is null

-- name: waiting_from
-- Whose commands of a name wait for a case, but for one of them.
select actor
from journal.commands
where case_id = %(case_id)s and name = %(name)s and settled_at is null and command_id <> %(but)s

-- name: has_pending
select exists (
    select from journal.commands
    where case_id = %(case_id)s and settled_at is null
        and (%(until)s::timestamptz is null or received_at <= %(until)s::timestamptz)
)
