-- What was said to staff about a promise: that it falls due soon, and that it was not kept in time.
alter table journal.contact_tasks
    add column reminded_at timestamptz,
    add column missed_at   timestamptz;
create index contact_tasks_to_watch on journal.contact_tasks (due_at)
    where done_at is null and missed_at is null and kind in ('promise', 'callback');
