-- Who holds a task of a case is read from the claims; the case's own row never knew.
alter table journal.streams drop column assignee;
