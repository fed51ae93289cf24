-- The cases that wait for an officer, the longest waiting first: the queue's page shows the first of them.
create index streams_for_officers on journal.streams (waiting_since, stream)
    where open and status in ('opened', 'awaiting_field');
