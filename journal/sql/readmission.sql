-- A control that intake attached to a case which closed before it took it up.

-- name: drop_attached
delete from journal.controls where control_id = %(control_id)s and attached

-- name: move_ref
-- Within the source's names, the control now stands in another case.
update journal.control_refs
set case_id = %(case_id)s
where source = %(source)s and external_ref = %(external_ref)s
