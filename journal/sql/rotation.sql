-- Changing the key-encryption key of the vault.

-- name: keks
-- Every key there ever was, whether it was given up, and whether a data key is still wrapped with it. Locked, so that
-- two rotations do not begin at once.
select kek_id, retired_at is not null as retired,
    exists (select from journal.vault_subjects s where s.kek_id = k.kek_id and s.wrapped_key is not null) as used
from journal.vault_keks k
order by introduced_at
for update;

-- name: retire
-- Waits for those who are just giving a new subject its data key under the current key.
update journal.vault_keks set retired_at = clock_timestamp() where retired_at is null;

-- name: introduce
insert into journal.vault_keks (kek_id) values (%(kek_id)s);

-- name: left
-- How many data keys are still wrapped with this key.
select count(*)::integer from journal.vault_subjects where kek_id = %(kek_id)s and wrapped_key is not null;

-- name: batch
-- Some of them, held against being forgotten or used for writing until they are wrapped anew.
select subject, wrapped_key
from journal.vault_subjects
where kek_id = %(kek_id)s and wrapped_key is not null
order by subject
limit %(limit)s
for no key update;

-- name: wrap
update journal.vault_subjects s
set kek_id = %(kek_id)s, wrapped_key = n.wrapped_key
from unnest(%(subjects)s::text[], %(wrapped)s::bytea[]) as n (subject, wrapped_key)
where s.subject = n.subject and s.wrapped_key is not null;
