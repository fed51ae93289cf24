-- name: end_of
-- Where a merchant's contacts end, and whether this command already wrote one of them.
select s.position, encode(s.head, 'hex'),
       exists (select from journal.events e where e.stream = s.stream and e.command_id = %(command_id)s)
from journal.streams s
where s.stream = %(stream)s;

-- name: preferences_ref
select preferences_ref from journal.notice_preferences where merchant_no = %(merchant_no)s;

-- name: put_preferences
insert into journal.notice_preferences (merchant_no, preferences_ref, updated_at)
values (%(merchant_no)s, %(preferences_ref)s, %(at)s)
on conflict (merchant_no) do update set preferences_ref = excluded.preferences_ref, updated_at = excluded.updated_at;

-- name: put_mark
insert into journal.notice_marks (notice_key, mark, ref, merchant_no, case_id, channel, actor, at)
values (%(notice_key)s, %(mark)s, %(ref)s, %(merchant_no)s, %(case_id)s, %(channel)s, %(actor)s, %(at)s);

-- name: marks
-- What became of a case's notices, in order.
select notice_key, mark, ref, channel, actor, at from journal.notice_marks where case_id = %(case_id)s order by at, mark;

-- name: put_task
insert into journal.contact_tasks
    (task_id, kind, merchant_no, case_id, notice, notice_key, note_ref, opened_at, due_at)
values (%(task_id)s, %(kind)s, %(merchant_no)s, %(case_id)s, %(notice)s, %(notice_key)s, %(note_ref)s, %(at)s,
        %(due_at)s);

-- name: end_task
update journal.contact_tasks set done_at = %(at)s, contact_id = %(contact_id)s
where task_id = %(task_id)s and merchant_no = %(merchant_no)s and done_at is null;

-- name: task
select task_id, kind, merchant_no, case_id, notice, notice_key, note_ref, opened_at, due_at, done_at, contact_id
from journal.contact_tasks where task_id = %(task_id)s;

-- name: tasks
-- Open tasks by due time; a null does not narrow. `after` and `after_id` are those of the last row of the page before.
select task_id, kind, merchant_no, case_id, notice, notice_key, note_ref, opened_at, due_at, done_at, contact_id
from journal.contact_tasks
where done_at is null
    and (%(merchant_no)s::text is null or merchant_no = %(merchant_no)s)
    and (%(after)s::timestamptz is null or (due_at, task_id) > (%(after)s, %(after_id)s))
order by due_at, task_id
limit %(limit)s;

-- name: unkept
-- Promises and call-backs nobody has kept, of which staff must be told: promises that fall due by `soon`, and whatever
-- fell due by now (a call-back: by `called_by`).
select task_id, kind, merchant_no, case_id, due_at,
       case when due_at <= case kind when 'callback' then %(called_by)s::timestamptz else %(now)s end
            then 'missed' else 'due_soon' end as word
from journal.contact_tasks
where done_at is null and missed_at is null and kind in ('promise', 'callback')
    and (due_at <= case kind when 'callback' then %(called_by)s::timestamptz else %(now)s end
         or (kind = 'promise' and reminded_at is null and due_at <= %(soon)s))
order by due_at, task_id
limit %(limit)s;

-- name: put_reminded
update journal.contact_tasks set reminded_at = %(at)s
where task_id = %(task_id)s and done_at is null and reminded_at is null;

-- name: put_missed
update journal.contact_tasks set missed_at = %(at)s
where task_id = %(task_id)s and done_at is null and missed_at is null;

-- name: put_contact
insert into journal.contacts (contact_id, merchant_no, case_id, way, direction, result, note_ref, actor, at, task_id)
values (%(contact_id)s, %(merchant_no)s, %(case_id)s, %(way)s, %(direction)s, %(result)s, %(note_ref)s, %(actor)s,
        %(at)s, %(task_id)s);

-- name: contacts
-- Newest first, of a merchant or of one of its cases.
select contact_id, merchant_no, case_id, way, direction, result, note_ref, actor, at, task_id
from journal.contacts
where merchant_no = %(merchant_no)s and (%(case_id)s::text is null or case_id = %(case_id)s)
order by at desc, contact_id desc
limit %(limit)s;
