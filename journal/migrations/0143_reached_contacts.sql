-- At which addresses a merchant is known to be reached: what was sent there arrived, or a code that was sent there was
-- used. The address lies in the vault. It counts until something bounces.
create table journal.reached_contacts (
    address_ref text primary key,
    merchant_no text not null references journal.merchants,
    channel     text not null check (channel in ('email', 'sms', 'wechat')),
    how         text check (how in ('receipt', 'code')),
    reached_at  timestamptz                             -- null: not known to be reached, or no longer
);
create index reached_contacts_of_merchant on journal.reached_contacts (merchant_no);
alter table journal.portal_keys add column address_ref text;     -- where the code was sent
