-- Complaints: the rows beside the streams `complaint:<complaint_id>`.

-- name: end_of
-- Where a complaint's stream ends, held against another writer, and whether it has a command already.
select s.position, encode(s.head, 'hex'),
    exists (select from journal.events e where e.stream = s.stream and e.command_id = %(command_id)s)
from journal.streams s
where s.stream = %(stream)s
for no key update;

-- name: put
insert into journal.complaints
    (complaint_id, merchant_no, case_id, channel, status, rules, statement_ref, opened_at, due_at)
values (%(complaint_id)s, %(merchant_no)s, %(case_id)s, %(channel)s, 'investigating', %(rules)s, %(statement_ref)s,
        %(opened_at)s, %(due_at)s)
on conflict (case_id) where status = 'investigating' do nothing;

-- name: extend
update journal.complaints
set due_at = %(due_at)s, extended_for = %(reason)s, reminded_at = null, overdue_told_at = null
where complaint_id = %(complaint_id)s and status = 'investigating' and due_at < %(due_at)s;

-- name: answer
update journal.complaints
set status = 'answered', answer_ref = %(answer_ref)s, outcome = %(outcome)s, answered_by = %(by)s, answered_at = %(at)s
where complaint_id = %(complaint_id)s and status = 'investigating';

-- name: reply
update journal.complaints set status = 'dissatisfied', reply_ref = %(reply_ref)s
where complaint_id = %(complaint_id)s and status = 'answered';

-- name: find
select * from journal.complaints where complaint_id = %(complaint_id)s;

-- name: unanswered
-- Complaints of whose time leads must be told: an answer that falls due by `soon`, and one that is overdue.
select complaint_id, merchant_no, case_id, due_at,
       case when due_at <= %(now)s then 'overdue' else 'due_soon' end as word
from journal.complaints
where status = 'investigating' and due_at <= %(soon)s
    and case when due_at <= %(now)s then overdue_told_at is null else reminded_at is null end
order by due_at, complaint_id
limit %(limit)s;

-- name: put_due_soon
update journal.complaints set reminded_at = %(at)s
where complaint_id = %(complaint_id)s and status = 'investigating' and due_at = %(due_at)s and reminded_at is null;

-- name: put_overdue
update journal.complaints set overdue_told_at = %(at)s
where complaint_id = %(complaint_id)s and status = 'investigating' and due_at = %(due_at)s and overdue_told_at is null;

-- name: list
-- Open ones first, the most urgent first; a null does not narrow.
select * from journal.complaints
where (%(merchant_no)s::text is null or merchant_no = %(merchant_no)s)
    and (%(case_id)s::text is null or case_id = %(case_id)s)
order by status <> 'investigating', case when status = 'investigating' then due_at end, opened_at desc, complaint_id
limit %(limit)s;
