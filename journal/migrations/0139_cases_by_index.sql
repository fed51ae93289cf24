-- What names a case beside its stream is compared as streams are: under another collation its index is of no use there,
-- and an append, a case's page and the case list would each read all tasks there ever were. (No row is written anew; the
-- indexes are.)
alter table journal.tasks alter column case_id type text collate "C";
alter table journal.controls alter column case_id type text collate "C";
alter table journal.commands alter column case_id type text collate "C";
