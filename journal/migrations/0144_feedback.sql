-- What merchants suggest is for a person to read, like the other contact tasks.
alter table journal.contact_tasks drop constraint contact_tasks_kind_check;
alter table journal.contact_tasks add constraint contact_tasks_kind_check
    check (kind in ('undelivered', 'bounced', 'callback', 'promise', 'feedback'));
