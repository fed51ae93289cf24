-- A task's rank moves up when its money times days, or its case's age, reaches a step of its policy. When it does so next
-- stands with the task, so that only tasks whose moment has come are looked at; which transaction last moved it says to
-- those who watch the queue that it moved.
alter table journal.tasks
    add column reranks_at timestamptz,
    add column reranked_xid xid8;
create index tasks_reranks on journal.tasks (reranks_at) where closed_at is null and reranks_at is not null;
create index tasks_reranked on journal.tasks (reranked_xid) where reranked_xid is not null;
