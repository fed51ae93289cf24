-- Who made a log-in: nobody decides a case in which a log-in that they made took part. Null for one that was set up with
-- the desk, opened by the merchant itself, or made before this was kept.
alter table journal.users add column created_by text;
create index users_by_maker on journal.users (created_by, merchant_no) where created_by is not null;
