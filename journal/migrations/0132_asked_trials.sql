-- When someone asked that a partner which is left alone be tried at once, and who.
alter table journal.circuits add column asked_at timestamptz, add column asked_by text;
