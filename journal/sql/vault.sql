-- name: introduce_kek
-- Makes this key-encryption key the current one, if the vault has none yet. Two processes may try at once.
insert into journal.vault_keks (kek_id)
select %(kek_id)s
where not exists (select 1 from journal.vault_keks where retired_at is null)
on conflict do nothing;

-- name: current_kek
-- Which key-encryption key new data keys are wrapped with.
select kek_id from journal.vault_keks where retired_at is null;

-- name: keks_in_use
-- Every key-encryption key that is needed to read the vault or to write to it.
select kek_id
from journal.vault_keks k
where retired_at is null
    or exists (select from journal.vault_subjects s where s.kek_id = k.kek_id and s.wrapped_key is not null);

-- name: new_subject
-- Gives a subject its data key unless it has (or had) one. Writes nothing under a key-encryption key that is not
-- current; the share lock keeps it current until this is committed, so that a rotation misses no data key.
insert into journal.vault_subjects (subject, kek_id, wrapped_key)
select %(subject)s, kek_id, %(wrapped_key)s
from journal.vault_keks
where kek_id = %(kek_id)s and retired_at is null
for share
on conflict (subject) do nothing;

-- name: subject
-- A subject's wrapped key. The share lock lets nobody forget the subject while something is written under its key.
select kek_id, wrapped_key, forgotten_at from journal.vault_subjects where subject = %(subject)s for share;

-- name: peek_subject
-- A subject's wrapped key, for reading.
select kek_id, wrapped_key, forgotten_at from journal.vault_subjects where subject = %(subject)s;

-- name: new_record
insert into journal.vault_records (ref, subject, kind, sealed)
values (%(ref)s, %(subject)s, %(kind)s, %(sealed)s);

-- name: records
-- Records with the wrapped keys of their subjects, in one round trip.
select r.ref, r.subject, r.kind, r.sealed, s.kek_id, s.wrapped_key, s.forgotten_at
from journal.vault_records r
join journal.vault_subjects s using (subject)
where r.ref = any(%(refs)s);

-- name: index
-- Replaces a subject's entry in one blind index.
insert into journal.vault_index (subject, name, digest)
values (%(subject)s, %(name)s, %(digest)s)
on conflict (subject, name) do update set digest = excluded.digest;

-- name: unindex
delete from journal.vault_index where subject = %(subject)s and name = %(name)s;

-- name: find
select subject from journal.vault_index where name = %(name)s and digest = %(digest)s order by subject;

-- name: forget
-- Destroys a subject's data key. A subject never seen is forgotten too: nothing may be written under it later.
insert into journal.vault_subjects (subject, kek_id, wrapped_key, forgotten_at)
select %(subject)s, kek_id, null, clock_timestamp()
from journal.vault_keks
where retired_at is null
on conflict (subject) do update set wrapped_key = null, forgotten_at = clock_timestamp()
where vault_subjects.wrapped_key is not null
returning subject;

-- name: forget_index
delete from journal.vault_index where subject = %(subject)s;
