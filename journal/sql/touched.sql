-- What a changed rule would be about.

-- name: counts
-- Open cases, those among them that the rule concerns, and how many cases were opened since a moment.
select
    count(*) filter (where open)::integer as open,
    count(*) filter (
        where open
            and (cardinality(%(statuses)s::text[]) = 0 or status = any(%(statuses)s))
            and (%(reason)s::text is null or reason_code = %(reason)s)
            and (%(from_fen)s::bigint is null or (held_fen >= %(from_fen)s and held_fen < %(below_fen)s))
    )::integer as concerned,
    count(*) filter (where opened_at >= %(since)s)::integer as lately
from journal.streams
where opened_at is not null and (open or opened_at >= %(since)s);
