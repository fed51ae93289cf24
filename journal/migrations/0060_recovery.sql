-- Recovery of thousands of cases: in the order in which their time runs out, and read as their workflows are given them.

drop index journal.streams_unstarted;
create index streams_unstarted on journal.streams (due_at, opened_at, stream) where live and not started;

-- A stream's entries as one JSON text, the form in which a workflow starts (`domain.wire.entries_json`).
create function journal.entries_json(of text) returns text language sql stable as $$
    select '[' || string_agg(row_to_json(e)::text, ',' order by e.position) || ']'
    from (
        select stream, position, version, type, form, occurred_at, actor, command_id, data::text as data,
            encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
        from journal.events
        where stream = of
    ) as e
$$;
