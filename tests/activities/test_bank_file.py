"""The bank's statement file is read line by line; nothing that cannot be read is passed over."""

from __future__ import annotations

import pytest

from activities.bank_file import read
from domain.reconciliation import BankLine

DAY = "2026-11-26"
HEAD = "booked_at,kind,side,amount_fen,amount_yuan,currency,ref,key,case_id,counterparty,account_last4,reason"
GOOD = "2026-11-26T10:00:00.000+08:00,payout,debit,500,5.00,CNY,BP1,FA-1:step:4,FA-1,李**,4444,"


def test_a_line_is_read_with_its_day_and_number():
    lines, unread = read(f"{HEAD}\r\n{GOOD}\r\n", DAY)

    assert lines == (BankLine(DAY, 2, "payout", "debit", 500, "BP1", "FA-1:step:4", "FA-1"),)
    assert unread == ()


def test_a_day_without_bookings_has_no_lines():
    assert read(f"{HEAD}\r\n", DAY) == ((), ())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (GOOD.replace(",500,", ",501,"), "amount_yuan and amount_fen differ"),
        (GOOD.replace(",500,", ",-5,"), "amount_fen is no whole number above 0"),
        (GOOD.replace(",500,", ",5e2,"), "amount_fen is no whole number above 0"),
        (GOOD.replace(",500,5.00,", ",0,0.00,"), "amount_fen is no whole number above 0"),
        (GOOD.replace("CNY", "USD"), "currency is not CNY"),
        (GOOD.replace("debit", "both"), "side is neither debit nor credit"),
        (GOOD.replace("BP1", ""), "no ref"),
        ("torn off", "not as many fields as columns"),
        (GOOD + ",one more", "not as many fields as columns"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number_and_hides_no_other(line, why):
    lines, unread = read("\r\n".join([HEAD, line, GOOD, ""]), DAY)

    assert [one.number for one in lines] == [3]
    assert [(one.kind, one.recorded, one.claimed) for one in unread] == [
        ("unreadable-line", f"line 2 of the statement of {DAY}", why)
    ]


@pytest.mark.parametrize("text", ["", "<html>Bad gateway</html>", HEAD.replace("amount_fen,", "")])
def test_a_file_that_is_no_statement_is_one_difference(text):
    lines, unread = read(text, DAY)

    assert lines == ()
    assert [one.kind for one in unread] == ["unreadable-line"]
    assert unread[0].claimed.startswith("no column ")
