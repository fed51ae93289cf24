-- Search: every case with the words it may be found by, in lower case: its id, merchant, terminals, controls and
-- reasons (code and names), its status in words, and what people and machines wrote in it in the clear.
-- What lies in the vault is not here: no name, number or paper of a person, no merchant's statement.

-- name: table
create table {table} (
    case_id   text collate "C" primary key,
    opened_at timestamptz not null,
    words     text        not null
) with (parallel_workers = 2)  -- however small it is: its index is what takes time

-- name: apply
with last as (
    select distinct on (stream) stream, status
    from (select e.stream, e.position, {status} as status from {events} as e) as statuses
    where status is not null
    order by stream, position desc
), bodies as materialized (
    select e.stream, e.type, e.data::jsonb as body
    from {events} as e
    where e.type not in (
        'StepStarted', 'StepDone', 'StepUndone', 'StepUnknown', 'StepDelayed', 'ExecutionStarted', 'ExecutionFailed',
        'ExecutionCompensated', 'NoticeSent', 'DocumentAdded', 'ControlEnforced', 'ChecksPassed', 'CaseSubmitted',
        'EvidenceResubmitted', 'ReleaseExecuted', 'CaseClosed', 'CommandRefused', 'AppealOpened', 'CallbackIgnored',
        'EvidenceReminded', 'ActionsRequired', 'ActionDone', 'MonitoringEnded', 'TransactionsQuestioned'
    ) and (e.type <> 'DocumentChecked' or e.data ->> 'findings' <> '[]')
), said as (
    select stream, string_agg(distinct words, ' ') as words
    from (
        select stream, case
            when type = 'DocumentChecked' then
                nullif(jsonb_path_query_array(body -> 'findings', '$[*].*')::text, '[]')
            when body ? 'control' then concat_ws(' ',
                body ->> 'merchant_no', body #>> '{control,terminal_sn}', body #>> '{control,control_id}',
                body #>> '{control,external_ref}', body #>> '{control,detail}', body #>> '{control,reason_code}',
                %(words)s::jsonb #>> array['reasons', body #>> '{control,reason_code}'])
            else concat_ws(' ',
                body ->> 'merchant_no', body ->> 'terminal_sn', body ->> 'note', body ->> 'reason', body ->> 'detail',
                body ->> 'reason_code', %(words)s::jsonb #>> array['reasons', body ->> 'reason_code'],
                jsonb_path_query_array(body -> 'items', '$[*].reason.*')::text,
                body #>> '{finding,zh}', body #>> '{finding,en}')
        end as words
        from bodies
    ) as parts
    where words <> ''
    group by stream
)
insert into {table} as t (case_id, opened_at, words)
select s.stream, s.opened_at, lower(normalize(concat_ws(' ', s.stream, said.words,
    %(words)s::jsonb #>> array['kinds', s.kind],
    %(words)s::jsonb #>> array['statuses', coalesce(r.status, last.status)]), NFKC))
from last
join journal.streams as s on s.stream = last.stream and s.opened_at is not null
left join said on said.stream = last.stream
left join jsonb_to_recordset(%(turned)s) as r (case_id text, status text) on r.case_id = last.stream
on conflict (case_id) do update
set words = excluded.words
where t.words <> excluded.words

-- name: indexes
-- No statistics of grams: they cost as much again as the index, and search does not leave its plan to them.
create index on {table} (opened_at desc, case_id desc);
create index on {table} using gin (words public.gin_trgm_ops, (views.grams(words)));
analyze {table} (case_id, opened_at, words)
