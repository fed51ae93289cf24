-- What several views share, put where their statements say {status}, {events} or {streams}.

-- name: status
-- The status an event brings its case to; nothing for the others. Where it depends on more than the event itself (see
-- events_turns), the rules fold the case and their answer goes before this one.
case
    when e.position = 1 then 'opened'
    else case e.type
        when 'ReasonConfirmed' then 'reason_confirmed'
        when 'FieldServiceRequested' then 'awaiting_field'
        when 'AppealOpened' then 'draft'
        when 'FieldServiceDone' then 'draft'
        when 'CaseReopened' then 'draft'
        when 'CaseSubmitted' then 'submitted'
        when 'EvidenceResubmitted' then 'submitted'
        when 'CheckResumed' then 'submitted'
        when 'CheckDeferred' then 'pending_check'
        when 'SupplementRequested' then 'awaiting_supplement'
        when 'ChecksPassed' then 'in_review_1'
        when 'ManualCheck' then 'in_review_1'
        when 'ReviewReturned' then 'in_review_1'
        when 'ExecutionCompensated' then 'in_review_1'
        when 'ApprovalVoided' then
            case when json_array_length(e.data -> 'items') > 0 then 'awaiting_supplement' else 'in_review_1' end
        when 'FirstApproval' then case when (e.data ->> 'final')::boolean then 'approved' else 'in_review_2' end
        when 'RejectProposed' then 'in_review_2'
        when 'SecondApproval' then 'approved'
        when 'ActionsRequired' then 'pre_release_actions'
        when 'ExecutionStarted' then 'executing'
        when 'PayoutAccountApproved' then case when json_array_length(e.data -> 'steps') > 0 then 'executing' end
        when 'RemainderReleased' then 'executing'
        when 'ExecutionFailed' then 'compensating'
        when 'LegalHoldPlaced' then 'suspended_legal'
        when 'LegalHoldLifted' then 'in_review_1'
        when 'PayoutAccountNeeded' then 'post_actions'
        when 'ReleaseExecuted' then 'post_actions'
        when 'CaseClosed' then 'closed_released'
        when 'CaseRejected' then 'closed_rejected'
        when 'CaseWithdrawn' then 'closed_withdrawn'
        when 'CaseExpired' then 'closed_expired'
    end
end

-- name: filled
-- A fill's events, for views that add them up: those of some streams, as far as the fill takes them in.
(
    select e.stream, e.position, e.type, e.occurred_at, e.actor, e.ordinal, e.data, true as fresh
    from journal.events as e
    where e.stream > %(after)s and e.stream <= %(upto)s
        and (e.xid, e.sequence) <= (%(bound_xid)s::xid8, %(bound_sequence)s)
)

-- name: filled_cases
-- The same for views that tell of whole cases: `fresh` are those the fill takes in.
(
    select e.stream, e.position, e.type, e.occurred_at, e.actor, e.ordinal, e.data,
        (e.xid, e.sequence) <= (%(bound_xid)s::xid8, %(bound_sequence)s) as fresh
    from journal.events as e
    where e.stream > %(after)s and e.stream <= %(upto)s
)

-- name: filled_streams
(select stream from journal.streams where stream > %(after)s and stream <= %(upto)s)

-- name: paged
-- A page's events.
(
    select e.stream, e.position, e.type, e.occurred_at, e.actor, e.ordinal, e.data, true as fresh
    from journal.events as e
    where (e.xid, e.sequence) > (%(after_xid)s::xid8, %(after_sequence)s)
        and (e.xid, e.sequence) <= (%(xid)s::xid8, %(sequence)s)
)

-- name: paged_cases
-- Every event of the streams a page touches, `fresh` those of the page itself. An event before a fresh one is always
-- there, though it may belong to a later page: its writer had committed when the fresh one was written.
(
    select e.stream, e.position, e.type, e.occurred_at, e.actor, e.ordinal, e.data,
        (e.xid, e.sequence) > (%(after_xid)s::xid8, %(after_sequence)s)
            and (e.xid, e.sequence) <= (%(xid)s::xid8, %(sequence)s) as fresh
    from journal.events as e
    where e.stream in (
        select p.stream
        from journal.events as p
        where (p.xid, p.sequence) > (%(after_xid)s::xid8, %(after_sequence)s)
            and (p.xid, p.sequence) <= (%(xid)s::xid8, %(sequence)s)
    )
)

-- name: paged_streams
(
    select p.stream
    from journal.events as p
    where (p.xid, p.sequence) > (%(after_xid)s::xid8, %(after_sequence)s)
        and (p.xid, p.sequence) <= (%(xid)s::xid8, %(sequence)s)
)

-- name: turned
-- The cases among some streams whose standing does not follow from the last event alone.
select distinct e.stream
from journal.events as e
join journal.streams as s on s.stream = e.stream
where e.type in ('LegalHoldPlaced', 'DisposalDue', 'CaseReopened')
    and s.kind = 'freeze_appeal'
    and e.stream in {streams}
