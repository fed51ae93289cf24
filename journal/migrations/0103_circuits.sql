-- Whether each partner answers, as the processes that call them saw it last: for people and monitors, who cannot call
-- them. It is no event of any case: the cases' own delays are in their streams.
create table journal.circuits (
    partner     text collate "C" primary key,
    state       text        not null check (state in ('closed', 'open')),
    since       timestamptz,                      -- of the first of the calls that failed, while it is open
    why         text        not null default '',  -- how the last of them failed, in one word
    held        integer     not null default 0 check (held >= 0),  -- calls that wait for it
    next_try_at timestamptz,
    answered_at timestamptz,                      -- when it last answered
    noted_at    timestamptz not null
) with (fillfactor = 50);
