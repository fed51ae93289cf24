-- name: merchant
select merchant_no, merchant_type, mcc, identity_ref, contacts_ref, account_ref, address_ref, version
from journal.merchants
where merchant_no = %(merchant_no)s;

-- name: merchants
-- Several merchants by number.
select merchant_no, merchant_type, mcc, identity_ref, contacts_ref, account_ref, address_ref, version
from journal.merchants
where merchant_no = any(%(merchant_nos)s)
order by merchant_no;

-- name: account_changed_at
-- When a merchant's settlement account last became another one.
select occurred_at
from journal.events
where stream = %(stream)s and type = 'MerchantUpdated' and data -> 'changed' ->> 'account_ref' is not null
order by position desc
limit 1;

-- name: put_merchant
insert into journal.merchants (
    merchant_no, merchant_type, mcc, identity_ref, contacts_ref, account_ref, address_ref, version,
    registered_at, updated_at
)
values (
    %(merchant_no)s, %(merchant_type)s, %(mcc)s, %(identity_ref)s, %(contacts_ref)s, %(account_ref)s, %(address_ref)s,
    %(version)s, %(at)s, %(at)s
)
on conflict (merchant_no) do update
set merchant_type = excluded.merchant_type, mcc = excluded.mcc, identity_ref = excluded.identity_ref,
    contacts_ref = excluded.contacts_ref, account_ref = excluded.account_ref, address_ref = excluded.address_ref,
    version = excluded.version, updated_at = excluded.updated_at;

-- name: terminal
select terminal_sn, tusn, terminal_id, model, merchant_no, deploy_address_ref, fee_plan, version
from journal.terminals
where terminal_sn = %(terminal_sn)s;

-- name: terminals_of
-- A merchant's terminals.
select terminal_sn, tusn, terminal_id, model, merchant_no, deploy_address_ref, fee_plan, version
from journal.terminals
where merchant_no = %(merchant_no)s
order by terminal_sn;

-- name: put_terminal
insert into journal.terminals (
    terminal_sn, tusn, terminal_id, model, merchant_no, deploy_address_ref, fee_plan, version, registered_at, updated_at
)
values (
    %(terminal_sn)s, %(tusn)s, %(terminal_id)s, %(model)s, %(merchant_no)s, %(deploy_address_ref)s, %(fee_plan)s,
    %(version)s, %(at)s, %(at)s
)
on conflict (terminal_sn) do update
set tusn = excluded.tusn, terminal_id = excluded.terminal_id, model = excluded.model,
    merchant_no = excluded.merchant_no, deploy_address_ref = excluded.deploy_address_ref,
    fee_plan = excluded.fee_plan, version = excluded.version, updated_at = excluded.updated_at;

-- name: end_of
-- Where a stream ends, and whether this command has already written to it. Read before the table row: if another
-- writer commits in between, their versions differ and the writer starts over.
select s.position, encode(s.head, 'hex'), s.version,
       exists (select 1 from journal.events e where e.stream = s.stream and e.command_id = %(command_id)s)
from journal.streams s
where s.stream = %(stream)s;
