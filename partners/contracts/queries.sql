-- The statements of contract signing besides those of courses.

-- name: by_link
-- The agreement that a link to sign leads to.
SELECT ref FROM courses
 WHERE right(facts ->> 'sign_url', length(%(token)s) + 6) = '/sign/' || %(token)s
