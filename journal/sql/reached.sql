-- At which addresses a merchant is known to be reached.

-- name: of_merchant
select address_ref, channel, how, reached_at from journal.reached_contacts where merchant_no = %(merchant_no)s;

-- name: put
insert into journal.reached_contacts (address_ref, merchant_no, channel) values (%(ref)s, %(merchant_no)s, %(channel)s);

-- name: reach
-- The first word counts, until it is taken back.
update journal.reached_contacts set how = %(how)s, reached_at = %(at)s where address_ref = %(ref)s and reached_at is null;

-- name: lose
update journal.reached_contacts set how = null, reached_at = null where address_ref = %(ref)s;
