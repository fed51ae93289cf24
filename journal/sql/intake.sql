-- Taking a case in, or recognising it.

-- name: claim_ref
-- A source's name for its control. Waits for another intake of the same name to end, and then writes nothing.
insert into journal.control_refs (source, external_ref, control_id, case_id)
values (%(source)s, %(external_ref)s, %(control_id)s, %(case_id)s)
on conflict (source, external_ref) do nothing
returning control_id

-- name: find_ref
select control_id, case_id
from journal.control_refs
where source = %(source)s and external_ref = %(external_ref)s

-- name: move_ref
update journal.control_refs
set case_id = %(case_id)s
where source = %(source)s and external_ref = %(external_ref)s

-- name: hold_open_case
-- The open case of a kind on a terminal, kept from closing until this transaction ends.
select stream
from journal.streams
where terminal_sn = %(terminal_sn)s and kind = %(kind)s and open
for no key update

-- name: attach_control
-- A control that stands at once, before the case's workflow has heard of it.
insert into journal.controls (
    control_id, case_id, terminal_sn, merchant_no, kind, reason_code, scope, held_fen, blocking, source,
    external_ref, placed_by, placed_at, state, attached
)
select n.control_id, %(case_id)s, n.terminal_sn, n.merchant_no, n.kind, n.reason_code, n.scope, n.held_fen, n.blocking,
    n.source, n.external_ref, n.placed_by, n.placed_at, n.state, true
from jsonb_populate_recordset(null::journal.controls, %(controls)s::jsonb) as n

-- name: drop_attached
-- A control that was to join a case but never did: it is about to stand under another.
delete from journal.controls where control_id = %(control_id)s and case_id = %(case_id)s and attached
