-- Whose commands were stored, newest first: each author's own list.
create index commands_of_author on journal.commands ((substr(actor, strpos(actor, ':') + 1)), sequence desc);
