"""Validity periods as they are printed; a period without an end is told from one that was not read."""

from datetime import date

import pytest

from partners.documents.dates import period_in

START, END = date(2019, 5, 1), date(2039, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "2019.05.01-2039.05.01",
        "2019.05.012039.05.01",
        "2019年05月01日至2039年05月01日",
        "自2019年5月1日至2039年5月1日",
        "2019-05-01 至 2039-05-01",
        "2019-05-01-2039-05-01",
        "2019/5/1~2039/5/1",
        "20190501-20390501",
        "2O19.05.01-2039.O5.01",
        "二〇一九年五月一日至二〇三九年五月一日",
    ],
)
def test_a_period_of_two_dates(text):
    period = period_in(text)

    assert (period.start, period.end, period.known) == (START, END, True)


@pytest.mark.parametrize(
    "text", ["2019.05.01-长期", "2019年05月01日至长期", "2019年5月1日至无固定期限", "2019-05-01至永久"]
)
def test_a_period_without_end(text):
    period = period_in(text)

    assert (period.start, period.end, period.known) == (START, None, True)


def test_a_period_that_only_says_it_has_no_end():
    assert period_in("长期").known


@pytest.mark.parametrize("text", ["至2039年05月01日", "2039.05.01止"])
def test_only_the_last_day(text):
    assert period_in(text).end == END


@pytest.mark.parametrize(
    "text", ["", "2019.05.01-", "2019年05月01日至", "2019年05月01日", "2019.0?.01-20", "2019.13.41"]
)
def test_a_period_whose_end_was_not_read_is_not_known(text):
    assert not period_in(text).known


def test_a_single_date_after_a_label_that_means_until_is_the_end():
    assert period_in("2039年05月01日", single_is_end=True).end == END


def test_more_dates_than_two_are_no_period():
    assert not period_in("2013年09月19日2013年09月19日至2043年08月31日").known


def test_digits_of_a_code_are_no_date():
    assert not period_in("91310104MA1FR00QXY至长").known


def test_dates_in_the_wrong_order_are_no_period():
    assert not period_in("2039.05.01-2019.05.01").known
