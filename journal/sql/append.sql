-- Writing to a stream. Every form takes one parameter, the AppendRequest as it travelled, and is one statement: move
-- the head where it stands as the writer expects, then insert its events. The row count is the number of events
-- written; nought means the head stood elsewhere, and then nothing was written at all.
--
-- The forms differ in what else they write, so that the frequent one does no needless work.

-- name: continue_case
-- The next events of a case, with what the case list shows after them.
with head as (
    update journal.streams as s
    set position = s.position + jsonb_array_length($1->'entries'),
        head = decode($1->'entries'->-1->>'hash', 'hex'),
        version = c.version, status = c.status, open = c.open, live = coalesce(c.live, c.open),
        started = coalesce(c.started, s.started),
        closed_at = case when not c.open then coalesce(s.closed_at, clock_timestamp()) end,
        merchant_no = c.merchant_no, terminal_sn = c.terminal_sn, reason_code = c.reason_code,
        public_reason_code = c.public_reason_code, tier = c.tier, held_fen = c.held_fen, due_at = c.due_at,
        waiting_on = c.waiting_on, waiting_since = c.waiting_since,
        sentence_zh = c.sentence_zh, sentence_en = c.sentence_en, assignee = c.assignee
    from jsonb_populate_record(null::journal.streams, $1->'summary') as c
    where s.stream = $1->>'stream'
        and s.position = ($1->>'expected_position')::integer
        and s.head = decode($1->>'expected_head', 'hex')
    returning s.stream
)
insert into journal.events (
    stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
)
select head.stream, e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.position - ($1->>'expected_position')::integer, e.data::json,
    decode(e.previous_hash, 'hex'), decode(e.hash, 'hex')
from head, jsonb_populate_recordset(null::journal.entry, $1->'entries') as e

-- name: continue_case_with_work
-- The same, and the case's whole set of tasks or of controls (null leaves a set as it is). What the set no longer
-- names is closed or lifted, but never a control that intake attached and the case has not yet taken up.
with head as (
    update journal.streams as s
    set position = s.position + jsonb_array_length($1->'entries'),
        head = decode($1->'entries'->-1->>'hash', 'hex'),
        version = c.version, status = c.status, open = c.open, live = coalesce(c.live, c.open),
        started = coalesce(c.started, s.started),
        closed_at = case when not c.open then coalesce(s.closed_at, clock_timestamp()) end,
        merchant_no = c.merchant_no, terminal_sn = c.terminal_sn, reason_code = c.reason_code,
        public_reason_code = c.public_reason_code, tier = c.tier, held_fen = c.held_fen, due_at = c.due_at,
        waiting_on = c.waiting_on, waiting_since = c.waiting_since,
        sentence_zh = c.sentence_zh, sentence_en = c.sentence_en, assignee = c.assignee
    from jsonb_populate_record(null::journal.streams, $1->'summary') as c
    where s.stream = $1->>'stream'
        and s.position = ($1->>'expected_position')::integer
        and s.head = decode($1->>'expected_head', 'hex')
    returning s.stream, s.kind
), closed_tasks as (
    update journal.tasks as t
    set closed_at = clock_timestamp()
    from head
    where t.case_id = head.stream and t.closed_at is null
        and jsonb_typeof($1->'tasks') = 'array'
        and not $1->'tasks' @> jsonb_build_array(jsonb_build_object('task_id', t.task_id))
    returning t.task_id
), ended_claims as (
    delete from journal.claims as c
    using closed_tasks
    where c.task_id = closed_tasks.task_id
), standing_tasks as (
    insert into journal.tasks as t (
        task_id, case_id, case_kind, kind, level, roles, excluded, since, due_at, rank_at, amount_fen, priority
    )
    select n.task_id, head.stream, head.kind, n.kind, n.level, n.roles, n.excluded, n.since, n.due_at, n.rank_at,
        n.amount_fen, coalesce(n.priority, '{}')
    from head, jsonb_populate_recordset(null::journal.tasks, nullif($1->'tasks', 'null')) as n
    on conflict (task_id) do update
    set kind = excluded.kind, level = excluded.level, roles = excluded.roles, excluded = excluded.excluded,
        since = excluded.since, due_at = excluded.due_at, rank_at = excluded.rank_at,
        amount_fen = excluded.amount_fen, priority = excluded.priority, closed_at = null
    where (t.kind, t.level, t.roles, t.excluded, t.since, t.due_at, t.rank_at, t.amount_fen, t.priority, t.closed_at)
        is distinct from (excluded.kind, excluded.level, excluded.roles, excluded.excluded, excluded.since,
            excluded.due_at, excluded.rank_at, excluded.amount_fen, excluded.priority, null)
), lifted_controls as (
    update journal.controls as k
    set state = 'lifted'
    from head
    where k.case_id = head.stream and k.state = 'on' and not k.attached
        and jsonb_typeof($1->'controls') = 'array'
        and not $1->'controls' @> jsonb_build_array(jsonb_build_object('control_id', k.control_id))
), standing_controls as (
    insert into journal.controls as k (
        control_id, case_id, terminal_sn, merchant_no, kind, reason_code, scope, held_fen, blocking, source,
        external_ref, placed_by, placed_at, state
    )
    select n.control_id, head.stream, n.terminal_sn, n.merchant_no, n.kind, n.reason_code, n.scope, n.held_fen,
        n.blocking, n.source, n.external_ref, n.placed_by, n.placed_at, n.state
    from head, jsonb_populate_recordset(null::journal.controls, nullif($1->'controls', 'null')) as n
    on conflict (control_id) do update
    set kind = excluded.kind, reason_code = excluded.reason_code, scope = excluded.scope,
        held_fen = excluded.held_fen, blocking = excluded.blocking, state = excluded.state, attached = false
    where (k.kind, k.reason_code, k.scope, k.held_fen, k.blocking, k.state, k.attached)
        is distinct from (excluded.kind, excluded.reason_code, excluded.scope, excluded.held_fen, excluded.blocking,
            excluded.state, false)
)
insert into journal.events (
    stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
)
select head.stream, e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.position - ($1->>'expected_position')::integer, e.data::json,
    decode(e.previous_hash, 'hex'), decode(e.hash, 'hex')
from head, jsonb_populate_recordset(null::journal.entry, $1->'entries') as e

-- name: create_case
-- The first events of a case, its row of the list, its tasks and controls. Nothing is written when the stream exists
-- or another case of this kind is open on the terminal.
with head as (
    insert into journal.streams (
        stream, kind, position, head, version, open, live, started, status, merchant_no, terminal_sn, reason_code,
        public_reason_code, tier, held_fen, opened_at, closed_at, due_at, waiting_on, waiting_since,
        sentence_zh, sentence_en, assignee
    )
    select $1->>'stream', $1->>'kind', jsonb_array_length($1->'entries'),
        decode($1->'entries'->-1->>'hash', 'hex'), c.version, c.open, coalesce(c.live, c.open),
        coalesce(c.started, false), c.status, c.merchant_no, c.terminal_sn, c.reason_code, c.public_reason_code,
        c.tier, c.held_fen, c.opened_at,
        case when not c.open then clock_timestamp() end, c.due_at, c.waiting_on, c.waiting_since,
        c.sentence_zh, c.sentence_en, c.assignee
    from jsonb_populate_record(null::journal.streams, $1->'summary') as c
    on conflict do nothing
    returning stream, kind
), standing_tasks as (
    insert into journal.tasks (
        task_id, case_id, case_kind, kind, level, roles, excluded, since, due_at, rank_at, amount_fen, priority
    )
    select n.task_id, head.stream, head.kind, n.kind, n.level, n.roles, n.excluded, n.since, n.due_at, n.rank_at,
        n.amount_fen, coalesce(n.priority, '{}')
    from head, jsonb_populate_recordset(null::journal.tasks, nullif($1->'tasks', 'null')) as n
), standing_controls as (
    insert into journal.controls (
        control_id, case_id, terminal_sn, merchant_no, kind, reason_code, scope, held_fen, blocking, source,
        external_ref, placed_by, placed_at, state
    )
    select n.control_id, head.stream, n.terminal_sn, n.merchant_no, n.kind, n.reason_code, n.scope, n.held_fen,
        n.blocking, n.source, n.external_ref, n.placed_by, n.placed_at, n.state
    from head, jsonb_populate_recordset(null::journal.controls, nullif($1->'controls', 'null')) as n
)
insert into journal.events (
    stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
)
select head.stream, e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.position, e.data::json, decode(e.previous_hash, 'hex'), decode(e.hash, 'hex')
from head, jsonb_populate_recordset(null::journal.entry, $1->'entries') as e

-- name: continue_stream
-- The next events of a stream that is no case (a merchant, a terminal, a task). The partners have not heard of what
-- is new in a merchant or terminal.
with head as (
    update journal.streams as s
    set position = s.position + jsonb_array_length($1->'entries'),
        head = decode($1->'entries'->-1->>'hash', 'hex'),
        version = ($1->'entries'->-1->>'version')::integer,
        started = s.kind not in ('merchant', 'terminal')
    where s.stream = $1->>'stream'
        and s.position = ($1->>'expected_position')::integer
        and s.head = decode($1->>'expected_head', 'hex')
    returning s.stream
)
insert into journal.events (
    stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
)
select head.stream, e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.position - ($1->>'expected_position')::integer, e.data::json,
    decode(e.previous_hash, 'hex'), decode(e.hash, 'hex')
from head, jsonb_populate_recordset(null::journal.entry, $1->'entries') as e

-- name: create_stream
-- The first events of a stream that is no case.
with head as (
    insert into journal.streams (stream, kind, position, head, version, started)
    select $1->>'stream', $1->>'kind', jsonb_array_length($1->'entries'),
        decode($1->'entries'->-1->>'hash', 'hex'), ($1->'entries'->-1->>'version')::integer,
        $1->>'kind' not in ('merchant', 'terminal')
    on conflict do nothing
    returning stream
)
insert into journal.events (
    stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
)
select head.stream, e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
    e.position, e.data::json, decode(e.previous_hash, 'hex'), decode(e.hash, 'hex')
from head, jsonb_populate_recordset(null::journal.entry, $1->'entries') as e
