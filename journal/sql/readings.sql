-- What was read on the merchants' papers.

-- name: put_reading
-- The newest reading of a document takes the place of the one before (whose record stays in the vault).
insert into journal.readings (document_id, ref) values (%(document_id)s, %(ref)s)
on conflict (document_id) do update set ref = excluded.ref, read_at = clock_timestamp();

-- name: reading
select ref from journal.readings where document_id = %(document_id)s;
