-- The statements of the reporting service.

-- name: accept
INSERT INTO reports (report_ref, subject, subject_id, state, reason_code, case_id)
VALUES (%(report_ref)s, %(subject)s, %(id)s, %(state)s, %(reason_code)s, %(case_id)s)
RETURNING report_ref, subject, subject_id AS id, state, reason_code, case_id, accepted_at

-- name: reports_of_a_case
SELECT report_ref, subject, subject_id AS id, state, reason_code, case_id, accepted_at
  FROM reports WHERE case_id = %(case_id)s ORDER BY reports.id

-- name: newest_of_a_subject
SELECT report_ref, subject, subject_id AS id, state, reason_code, case_id, accepted_at
  FROM reports WHERE subject = %(subject)s AND subject_id = %(id)s ORDER BY reports.id DESC LIMIT 1
