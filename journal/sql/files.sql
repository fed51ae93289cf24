-- name: new_file
-- Enters a stored document. Of two writers of one document id the first wins; the other reads what it wrote.
insert into journal.files (document_id, subject, object_key, sha256, size)
values (%(document_id)s, %(subject)s, %(object_key)s, %(sha256)s, %(size)s)
on conflict (document_id) do nothing;

-- name: file
select document_id, subject, object_key, sha256, size, removed_at is not null as removed from journal.files where document_id = %(document_id)s;

-- name: delete_file
delete from journal.files where document_id = %(document_id)s;

-- name: mark_removed
-- The bytes are gone from the document store.
update journal.files set removed_at = clock_timestamp() where document_id = %(document_id)s and removed_at is null;

-- name: files_of
-- Every document stored about one subject, oldest first.
select document_id, subject, object_key, sha256, size, removed_at is not null as removed
from journal.files
where subject = %(subject)s
order by stored_at, document_id;
