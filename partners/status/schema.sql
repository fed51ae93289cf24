-- Reports of a merchant's or a terminal's state to the network and the risk-information system.
-- Safe to run at every start.

-- Append-only: a report is corrected by a later one. The newest row of a subject is its state.
CREATE TABLE IF NOT EXISTS reports (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_ref  text NOT NULL UNIQUE,
    subject     text NOT NULL CHECK (subject IN ('merchant', 'terminal')),
    subject_id  text NOT NULL,
    state       text NOT NULL,
    reason_code text NOT NULL,
    case_id     text NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS reports_of_a_case ON reports (case_id, id);
CREATE INDEX IF NOT EXISTS reports_of_a_subject ON reports (subject, subject_id, id DESC);

-- What was reported stays reported.
CREATE OR REPLACE FUNCTION keep_reports() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a report is never changed or removed; send another';
END $$;
CREATE OR REPLACE TRIGGER reports_are_kept BEFORE UPDATE OR DELETE ON reports
    FOR EACH STATEMENT EXECUTE FUNCTION keep_reports();
