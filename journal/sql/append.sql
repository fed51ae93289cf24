-- The pieces of an append. `journal.writing` joins them to one statement: a head that moves where it stands as the
-- writer expects, what people work from, and one row for each event. The row count is the number of events written;
-- nought means the head stood elsewhere, and then nothing was written at all.
--
-- `{n}`, `{m}` and `{last}` are numbers of events: this one, the one before it (the expected head is 0), and the last.

-- name: continue_case
-- The row of a case that has next events: its head, and those of the columns below that its writer gives.
update journal.streams as s
set position = s.position + {last}, head = %(hash_{last})s::bytea, version = %(version)s::integer{columns}
where s.stream = %(stream)s::text and s.position = %(position)s::integer and s.head = %(hash_0)s::bytea
returning s.stream, s.kind, s.reason_code

-- name: columns
-- What the case list shows of a case, a line each.
status = %(status)s::text
open = %(open)s::boolean
live = %(live)s::boolean
started = %(started)s::boolean
closed_at = case when not %(open)s::boolean then coalesce(s.closed_at, clock_timestamp()) end
merchant_no = %(merchant_no)s::text
terminal_sn = %(terminal_sn)s::text
reason_code = %(reason_code)s::text
public_reason_code = %(public_reason_code)s::text
tier = %(tier)s::text
held_fen = %(held_fen)s::bigint
due_at = %(due_at)s::timestamptz
waiting_on = %(waiting_on)s::text
waiting_since = %(waiting_since)s::timestamptz
sentence_zh = %(sentence_zh)s::text
sentence_en = %(sentence_en)s::text

-- name: create_case
-- The row of a new case. Nothing is written when the stream exists or another case of this kind is open on the
-- terminal.
insert into journal.streams (
    stream, kind, position, head, version, open, live, started, status, merchant_no, terminal_sn, reason_code,
    public_reason_code, tier, held_fen, opened_at, closed_at, due_at, waiting_on, waiting_since,
    sentence_zh, sentence_en
) values (
    %(stream)s::text, %(kind)s::text, %(position)s::integer + {last}, %(hash_{last})s::bytea, %(version)s::integer,
    %(open)s::boolean, %(live)s::boolean, coalesce(%(started)s::boolean, false), %(status)s::text,
    %(merchant_no)s::text, %(terminal_sn)s::text, %(reason_code)s::text, %(public_reason_code)s::text, %(tier)s::text,
    %(held_fen)s::bigint, %(opened_at)s::timestamptz, case when not %(open)s::boolean then clock_timestamp() end,
    %(due_at)s::timestamptz, %(waiting_on)s::text, %(waiting_since)s::timestamptz, %(sentence_zh)s::text,
    %(sentence_en)s::text
)
on conflict do nothing
returning stream, kind, reason_code

-- name: continue_stream
-- The row of a stream that is no case (a merchant, a terminal, a task). The partners have not heard of what is new in
-- a merchant or terminal.
update journal.streams as s
set position = s.position + {last}, head = %(hash_{last})s::bytea, version = %(version)s::integer,
    started = s.kind not in ('merchant', 'terminal')
where s.stream = %(stream)s::text and s.position = %(position)s::integer and s.head = %(hash_0)s::bytea
returning s.stream

-- name: create_stream
-- The row of a new stream that is no case.
insert into journal.streams (stream, kind, position, head, version, started)
values (
    %(stream)s::text, %(kind)s::text, %(position)s::integer + {last}, %(hash_{last})s::bytea, %(version)s::integer,
    %(kind)s::text not in ('merchant', 'terminal')
)
on conflict do nothing
returning stream

-- name: tasks
-- The case's whole set of tasks. What the set no longer names is closed, and nobody's claim on it stands.
closed_tasks as (
    update journal.tasks as t
    set closed_at = clock_timestamp()
    from head
    where t.case_id = head.stream and t.closed_at is null
        and not %(tasks)s::jsonb @> jsonb_build_array(jsonb_build_object('task_id', t.task_id))
    returning t.task_id
), ended_claims as (
    delete from journal.claims as c
    using closed_tasks
    where c.task_id = closed_tasks.task_id
), standing_tasks as (
    insert into journal.tasks as t (
        task_id, case_id, case_kind, kind, level, family, roles, excluded, since, due_at, rank_at, reranks_at,
        amount_fen, priority
    )
    select n.task_id, head.stream, head.kind, n.kind, n.level,
        coalesce(substring(head.reason_code from '^[A-Z]+'), ''), n.roles, n.excluded, n.since, n.due_at,
        n.rank_at, n.reranks_at, n.amount_fen, coalesce(n.priority, '{{}}')
    from head, jsonb_populate_recordset(null::journal.tasks, %(tasks)s::jsonb) as n
    on conflict (task_id) do update
    set kind = excluded.kind, level = excluded.level, family = excluded.family, roles = excluded.roles,
        excluded = excluded.excluded, since = excluded.since, due_at = excluded.due_at, rank_at = excluded.rank_at,
        reranks_at = excluded.reranks_at, amount_fen = excluded.amount_fen, priority = excluded.priority, closed_at = null
    where (t.kind, t.level, t.family, t.roles, t.excluded, t.since, t.due_at, t.rank_at, t.reranks_at, t.amount_fen,
        t.priority, t.closed_at)
        is distinct from (excluded.kind, excluded.level, excluded.family, excluded.roles, excluded.excluded, excluded.since,
            excluded.due_at, excluded.rank_at, excluded.reranks_at, excluded.amount_fen, excluded.priority, null)
)

-- name: controls
-- The case's whole set of controls. What the set no longer names is lifted, but never a control that intake attached
-- and the case has not yet taken up.
lifted_controls as (
    update journal.controls as k
    set state = 'lifted'
    from head
    where k.case_id = head.stream and k.state = 'on' and not k.attached
        and not %(controls)s::jsonb @> jsonb_build_array(jsonb_build_object('control_id', k.control_id))
), standing_controls as (
    insert into journal.controls as k (
        control_id, case_id, terminal_sn, merchant_no, kind, reason_code, scope, held_fen, blocking, source,
        external_ref, placed_by, placed_at, state
    )
    select n.control_id, head.stream, n.terminal_sn, n.merchant_no, n.kind, n.reason_code, n.scope, n.held_fen,
        n.blocking, n.source, n.external_ref, n.placed_by, n.placed_at, n.state
    from head, jsonb_populate_recordset(null::journal.controls, %(controls)s::jsonb) as n
    on conflict (control_id) do update
    set kind = excluded.kind, reason_code = excluded.reason_code, scope = excluded.scope,
        held_fen = excluded.held_fen, blocking = excluded.blocking, state = excluded.state, attached = false
    where (k.kind, k.reason_code, k.scope, k.held_fen, k.blocking, k.state, k.attached)
        is distinct from (excluded.kind, excluded.reason_code, excluded.scope, excluded.held_fen, excluded.blocking,
            excluded.state, false)
)

-- name: events
-- The events themselves, of one command.
insert into journal.events (
    stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
)
select head.stream, %(position)s::integer + e.ordinal, e.version, e.type, e.form, %(occurred_at)s::text,
    %(actor)s::text, %(command_id)s::text, e.ordinal, e.data, e.previous_hash, e.hash
from head, (values {events}) as e (ordinal, version, type, form, data, previous_hash, hash)

-- name: event
({n}, %(version_{n})s::integer, %(type_{n})s::text, %(form_{n})s::integer, %(data_{n})s::json, %(hash_{m})s::bytea,
    %(hash_{n})s::bytea)
