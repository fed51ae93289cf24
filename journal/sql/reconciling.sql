-- Reconciliation: which cases a day touched, and what a run found.

-- name: cases_written_on
-- Cases with something written between two moments.
select distinct e.stream
from journal.events as e join journal.streams as s using (stream)
where e.recorded_at >= %(began)s and e.recorded_at < %(ended)s and s.opened_at is not null
order by e.stream

-- name: keep_run
-- The latest run of a day takes the place of earlier ones.
insert into journal.reconciliations as r (day, cases, postings, bank_lines, differences, ran_at)
values (%(day)s, %(cases)s, %(postings)s, %(bank_lines)s, %(differences)s, clock_timestamp())
on conflict (day) do update
set cases = excluded.cases, postings = excluded.postings, bank_lines = excluded.bank_lines,
    differences = excluded.differences, ran_at = excluded.ran_at, runs = r.runs + 1

-- name: gone
-- What an earlier run of the day found and this one does not is settled.
update journal.discrepancies
set resolved_at = clock_timestamp(), resolved_by = 'system:reconciliation', reason = 'not found by a later run'
where source = 'reconciliation' and day = %(day)s and resolved_at is null and not message_ref = any(%(found)s)

-- name: runs
-- The latest days first, with how many of their differences nobody has resolved.
select r.day, r.ran_at, r.runs, r.cases, r.postings, r.bank_lines, r.differences,
       (select count(*) from journal.discrepancies as d
        where d.source = 'reconciliation' and d.day = r.day and d.resolved_at is null) as open
from journal.reconciliations as r
order by r.day desc
limit %(limit)s
