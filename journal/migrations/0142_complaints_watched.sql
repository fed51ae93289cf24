-- What leads were told of a complaint's time: that its answer falls due soon, and that it is overdue. More time lets both
-- be told once more.
alter table journal.complaints
    add column reminded_at     timestamptz,
    add column overdue_told_at timestamptz;
