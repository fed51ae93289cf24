-- Documents whose bytes were removed from the document store because their subject was erased. That they were there,
-- and their hashes, stays known, as it does in the journal.

alter table journal.files add column removed_at timestamptz;
create index files_kept_by_subject on journal.files (subject) where removed_at is null;
