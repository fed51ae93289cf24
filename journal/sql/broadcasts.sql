-- Notices of policy to all merchants.

-- name: put
insert into journal.broadcasts (broadcast_id, letters, published_by, published_at)
values (%(broadcast_id)s, %(letters)s::jsonb, %(by)s, %(at)s);

-- name: owe_all
-- Every merchant registered by now is to be told.
insert into journal.broadcast_notices (broadcast_id, merchant_no)
select %(broadcast_id)s, merchant_no from journal.merchants;

-- name: letters
select letters from journal.broadcasts where broadcast_id = %(broadcast_id)s;

-- name: due
-- Merchants still to be told, whom no quiet hours protect now.
select merchant_no from journal.broadcast_notices
where broadcast_id = %(broadcast_id)s and state = 'owed' and (not_before is null or not_before <= %(now)s)
order by not_before nulls first, merchant_no
limit %(limit)s;

-- name: later
update journal.broadcast_notices set not_before = %(until)s
where broadcast_id = %(broadcast_id)s and merchant_no = %(merchant_no)s and state = 'owed';

-- name: told
update journal.broadcast_notices
set state = %(state)s, channel = %(channel)s, receipt = %(receipt)s, told_at = %(at)s
where broadcast_id = %(broadcast_id)s and merchant_no = %(merchant_no)s and state = 'owed';

-- name: owed
-- How many are still to be told, and when the first of them may be.
select count(*), min(coalesce(not_before, %(now)s)) from journal.broadcast_notices
where broadcast_id = %(broadcast_id)s and state = 'owed';

-- name: finish
update journal.broadcasts set finished_at = %(at)s
where broadcast_id = %(broadcast_id)s and finished_at is null
    and not exists (select from journal.broadcast_notices n
                    where n.broadcast_id = broadcasts.broadcast_id and n.state = 'owed');

-- name: unfinished
select broadcast_id from journal.broadcasts where finished_at is null order by published_at limit %(limit)s;

-- name: progress
-- What was published, the newest first, and how many of the merchants have been told; a null does not narrow.
select b.broadcast_id, b.letters, b.published_by, b.published_at, b.finished_at,
       count(n.merchant_no) as merchants,
       count(*) filter (where n.state = 'sent') as sent,
       count(*) filter (where n.state = 'unreachable') as unreachable,
       count(*) filter (where n.state = 'owed' and n.not_before is not null) as held_back
from journal.broadcasts b
left join journal.broadcast_notices n using (broadcast_id)
where %(broadcast_id)s::text is null or b.broadcast_id = %(broadcast_id)s
group by b.broadcast_id
order by b.published_at desc, b.broadcast_id
limit %(limit)s;
