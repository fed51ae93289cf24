-- The queue as shelves: one for each kind of task, tier and set of roles, each in the queue's order. There are few of
-- them, whatever the number of tasks, and whoever asks is shown the first of theirs: also someone who may take little or
-- nothing among a million tasks.
create index tasks_shelves on journal.tasks (case_kind, kind, level, roles, rank_at, task_id) where closed_at is null;
drop index journal.tasks_queue;
drop index journal.tasks_roles;
