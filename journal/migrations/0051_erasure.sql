-- What erasing a person's data asks of the journal: what still stands for a merchant, and whose copies are left.

create index controls_standing_by_merchant on journal.controls (merchant_no) where state = 'on';
create index terminals_by_merchant on journal.terminals (merchant_no);
create index vault_subjects_forgotten on journal.vault_subjects (subject) where wrapped_key is null;
