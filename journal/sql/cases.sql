-- The case list: read from the row each append leaves behind. Absent filters are null, and PostgreSQL drops them when
-- it plans (these statements are planned for the values at hand).

-- name: find
select stream as case_id, kind, status, version, position, open, started, merchant_no, terminal_sn, reason_code,
    public_reason_code, tier, held_fen, opened_at, closed_at, due_at, waiting_on, waiting_since,
    sentence_zh, sentence_en, {assignee}
from journal.streams as s
where stream = %(case_id)s and opened_at is not null

-- name: assignee
-- Who holds a task of the case now: a part of the statements that show cases.
(
        select c.holder
        from journal.tasks as t
        join journal.claims as c on c.task_id = t.task_id and c.expires_at > clock_timestamp()
        where t.case_id = s.stream and t.closed_at is null
        order by c.claimed_at
        limit 1
    ) as assignee

-- name: filters
-- What a list is narrowed to: a part of the statements below.
s.opened_at is not null
    and (%(kind)s::text is null or s.kind = %(kind)s)
    and (%(status)s::text is null or s.status = %(status)s)
    and (%(open)s::boolean is null or s.open = %(open)s)
    and (%(reason)s::text is null
        or case when %(public)s then s.public_reason_code else s.reason_code end = %(reason)s)
    and (%(tier)s::text is null or s.tier = %(tier)s)
    and (%(assignee)s::text is null or s.stream in (
        select t.case_id
        from journal.claims as c
        join journal.tasks as t on t.task_id = c.task_id and t.closed_at is null
        where c.holder = %(assignee)s and c.expires_at > clock_timestamp()))
    and (%(merchant_no)s::text is null or s.merchant_no = %(merchant_no)s)
    and (%(terminal_sn)s::text is null or s.terminal_sn = %(terminal_sn)s)
    and (%(due_before)s::timestamptz is null or s.due_at < %(due_before)s)

-- name: page
-- `q` is a case's, terminal's or merchant's exact number, or for a merchant's own list a part of the first two.
select s.stream as case_id, s.kind, s.status, s.version, s.position, s.open, s.started, s.merchant_no, s.terminal_sn,
    s.reason_code, s.public_reason_code, s.tier, s.held_fen, s.opened_at, s.closed_at, s.due_at, s.waiting_on,
    s.waiting_since, s.sentence_zh, s.sentence_en, {assignee}
from journal.streams as s
where {filters}
    and (%(q)s::text is null
        or s.stream = %(q)s or s.terminal_sn = %(q)s or s.merchant_no = %(q)s
        or (%(public)s and (s.stream ilike %(part)s or s.terminal_sn ilike %(part)s)))
    and (%(opened_at)s::timestamptz is null or (s.opened_at, s.stream) < (%(opened_at)s, %(after)s))
order by s.opened_at desc, s.stream desc
limit %(limit)s

-- name: for_officers
-- The open cases that wait for an officer, who has no task for them, the longest waiting first.
select s.stream as case_id, s.kind, s.status, s.version, s.position, s.open, s.started, s.merchant_no, s.terminal_sn,
    s.reason_code, s.public_reason_code, s.tier, s.held_fen, s.opened_at, s.closed_at, s.due_at, s.waiting_on,
    s.waiting_since, s.sentence_zh, s.sentence_en, null as assignee
from journal.streams as s
where s.open and s.status in ('opened', 'awaiting_field')
order by s.waiting_since, s.stream
limit %(limit)s

-- name: newest
-- Of the newest cases of the search view, those that say what is sought: quick when many do.
select v.case_id
from (
    select case_id, opened_at, words
    from views.search
    where %(opened_at)s::timestamptz is null or (opened_at, case_id) < (%(opened_at)s, %(after)s)
    order by opened_at desc, case_id desc
    limit %(window)s
) as v
join journal.streams as s on s.stream = v.case_id
where {spelt} and {filters}
order by v.opened_at desc, v.case_id desc
limit %(limit)s

-- name: anywhere
-- Of all cases of the search view, those that say what is sought, by its index: quick when few do.
with said as materialized (
    select v.case_id, v.opened_at
    from views.search as v
    where {sought}
        and (%(opened_at)s::timestamptz is null or (v.opened_at, v.case_id) < (%(opened_at)s, %(after)s))
)
select said.case_id
from said
join journal.streams as s on s.stream = said.case_id
where {filters}
order by said.opened_at desc, said.case_id desc
limit %(limit)s

-- name: found
-- The cases found, and besides any whose own, terminal's or merchant's exact number was asked for: the search view may be
-- moments behind, and a case is found by its number at once.
select s.stream as case_id, s.kind, s.status, s.version, s.position, s.open, s.started, s.merchant_no, s.terminal_sn,
    s.reason_code, s.public_reason_code, s.tier, s.held_fen, s.opened_at, s.closed_at, s.due_at, s.waiting_on,
    s.waiting_since, s.sentence_zh, s.sentence_en, {assignee}
from (
    select s.stream from journal.streams as s where s.stream = any(%(found)s)
    union
    (
        select s.stream
        from journal.streams as s
        where (s.stream = %(q)s or s.terminal_sn = %(q)s or s.merchant_no = %(q)s)
            and {filters}
            and (%(opened_at)s::timestamptz is null or (s.opened_at, s.stream) < (%(opened_at)s, %(after)s))
        order by s.opened_at desc, s.stream desc
        limit %(limit)s
    )
) as hits
join journal.streams as s on s.stream = hits.stream
order by s.opened_at desc, s.stream desc
limit %(limit)s

-- name: controls_of_terminal
-- What stands on a terminal, oldest first.
select control_id, case_id, terminal_sn, merchant_no, kind, reason_code, scope, held_fen, blocking, source,
    external_ref, placed_by, placed_at, state, attached
from journal.controls
where terminal_sn = %(terminal_sn)s and state = 'on'
order by placed_at, control_id

-- name: controls_of_case
-- All a case ever had, lifted ones too.
select control_id, case_id, terminal_sn, merchant_no, kind, reason_code, scope, held_fen, blocking, source,
    external_ref, placed_by, placed_at, state, attached
from journal.controls
where case_id = %(case_id)s
order by placed_at, control_id

-- name: open_on_terminal
-- The open cases of a terminal, of whatever kind.
select stream as case_id, kind, status, version, position, open, started, merchant_no, terminal_sn, reason_code,
    public_reason_code, tier, held_fen, opened_at, closed_at, due_at, waiting_on, waiting_since,
    sentence_zh, sentence_en, {assignee}
from journal.streams as s
where terminal_sn = %(terminal_sn)s and open
order by opened_at, stream
