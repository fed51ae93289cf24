-- The case list: read from the row each append leaves behind. Absent filters are null, and PostgreSQL drops them when
-- it plans (these statements are planned for the values at hand).

-- name: find
select stream as case_id, kind, status, version, position, open, started, merchant_no, terminal_sn, reason_code,
    public_reason_code, tier, held_fen, opened_at, closed_at, due_at, waiting_on, waiting_since,
    sentence_zh, sentence_en, assignee
from journal.streams
where stream = %(case_id)s and opened_at is not null

-- name: page
select stream as case_id, kind, status, version, position, open, started, merchant_no, terminal_sn, reason_code,
    public_reason_code, tier, held_fen, opened_at, closed_at, due_at, waiting_on, waiting_since,
    sentence_zh, sentence_en, assignee
from journal.streams
where opened_at is not null
    and (%(kind)s::text is null or kind = %(kind)s)
    and (%(status)s::text is null or status = %(status)s)
    and (%(open)s::boolean is null or open = %(open)s)
    and (%(reason)s::text is null or case when %(public)s then public_reason_code else reason_code end = %(reason)s)
    and (%(tier)s::text is null or tier = %(tier)s)
    and (%(assignee)s::text is null or assignee = %(assignee)s)
    and (%(merchant_no)s::text is null or merchant_no = %(merchant_no)s)
    and (%(terminal_sn)s::text is null or terminal_sn = %(terminal_sn)s)
    and (%(due_before)s::timestamptz is null or due_at < %(due_before)s)
    and (%(q)s::text is null or stream = %(q)s or terminal_sn = %(q)s or merchant_no = %(q)s)
    and (%(opened_at)s::timestamptz is null or (opened_at, stream) < (%(opened_at)s, %(after)s))
order by opened_at desc, stream desc
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
    sentence_zh, sentence_en, assignee
from journal.streams
where terminal_sn = %(terminal_sn)s and open
order by opened_at, stream
