-- The same bytes filed elsewhere are found by their hash.
create index files_by_sha256 on journal.files (sha256);
