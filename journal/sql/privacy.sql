-- Holding, erasing and listing personal data. A subject is `merchant:<merchant_no>`.

-- name: relation
-- The last sign of the business relation: a registration or update of the merchant or one of its terminals.
select greatest(m.updated_at, max(t.updated_at)) as at
from journal.merchants m
left join journal.terminals t using (merchant_no)
where m.merchant_no = %(merchant_no)s
group by m.merchant_no;

-- name: cases
-- A merchant's cases; one for which a command still waits is not over.
select s.stream as case_id, s.closed_at,
    s.open or s.live or s.closed_at is null
        or exists (select from journal.commands c where c.case_id = s.stream and c.settled_at is null) as unfinished
from journal.streams s
where s.merchant_no = %(merchant_no)s and s.opened_at is not null
order by s.opened_at, s.stream;

-- name: standing_controls
select control_id from journal.controls where merchant_no = %(merchant_no)s and state = 'on' order by control_id;

-- name: end_of
-- Where a stream ends, held against another writer, and whether it has a command already.
select s.position, encode(s.head, 'hex'),
    exists (select from journal.events e where e.stream = s.stream and e.command_id = %(command_id)s)
from journal.streams s
where s.stream = %(stream)s
for no key update;

-- name: maybe_due
-- Merchants of whom nothing is open or standing and nothing began after the bounds: whether a legal hold stands in the
-- way is seen when they are looked at one by one.
select m.merchant_no
from journal.merchants m
join journal.vault_subjects v on v.subject = 'merchant:' || m.merchant_no and v.wrapped_key is not null
where m.merchant_no > %(after)s
    and m.updated_at < %(relation_before)s
    and not exists (
        select from journal.terminals t
        where t.merchant_no = m.merchant_no and t.updated_at >= %(relation_before)s
    )
    and not exists (
        select from journal.streams s
        where s.merchant_no = m.merchant_no and s.opened_at is not null
            and (s.open or s.live or s.closed_at is null or s.closed_at >= %(closed_before)s)
    )
    and not exists (select from journal.controls c where c.merchant_no = m.merchant_no and c.state = 'on')
order by m.merchant_no
limit %(limit)s;

-- name: unfinished
-- Erased merchants of whom something sealed is still kept.
select substr(v.subject, length('merchant:') + 1)
from journal.vault_subjects v
where v.wrapped_key is null and v.subject like 'merchant:%%'
    and (
        exists (select from journal.files f where f.subject = v.subject and f.removed_at is null)
        or exists (select from journal.vault_records r where r.subject = v.subject and r.sealed <> '')
    )
order by v.subject
limit %(limit)s;

-- name: kept_files
select document_id from journal.files where subject = %(subject)s and removed_at is null order by document_id;

-- name: empty_records
-- What was sealed is gone. The references stay, so that whoever follows one is told that it was erased.
update journal.vault_records set sealed = '' where subject = %(subject)s and sealed <> '';

-- name: shut_out
-- Those who acted for the merchant log in no more.
update journal.users set disabled_at = coalesce(disabled_at, %(at)s) where merchant_no = %(merchant_no)s;

-- name: drop_sessions
delete from journal.sessions
where user_name in (select name from journal.users where merchant_no = %(merchant_no)s);

-- name: drop_tokens
delete from journal.tokens
where user_name in (select name from journal.users where merchant_no = %(merchant_no)s);

-- name: drop_answers
-- Answers kept for a repeat of the same request: those given to the merchant, and those about it.
delete from journal.idempotency_keys
where caller in (select name from journal.users where merchant_no = %(merchant_no)s)
    or path like '/api/v1/merchants/' || %(merchant_no)s || '%%';

-- name: nothing_to_tell
-- The partners are told nothing more of the merchant and its terminals.
update journal.streams
set started = true
where not started
    and (
        stream = 'merchant:' || %(merchant_no)s
        or stream in (select 'terminal:' || terminal_sn from journal.terminals where merchant_no = %(merchant_no)s)
    );

-- name: records_of
-- Everything the vault holds of a subject, oldest first.
select ref, kind, created_at from journal.vault_records where subject = %(subject)s order by created_at, ref;

-- name: readings_of
-- Which record is the newest reading of which document.
select g.document_id, g.ref
from journal.readings g
join journal.vault_records r using (ref)
where r.subject = %(subject)s;

-- name: files_of
select document_id, sha256, size, stored_at, removed_at
from journal.files
where subject = %(subject)s
order by stored_at, document_id;

-- name: log_ins_of
select name, roles, created_at, disabled_at
from journal.users
where merchant_no = %(merchant_no)s
order by created_at, name;
