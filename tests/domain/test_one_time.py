"""The one-time password: six digits that key and case alone decide."""

from hypothesis import given
from hypothesis import strategies as st

from domain.one_time import is_one_time_password, one_time_key, one_time_password

KEY = one_time_key("22" * 32)


@given(st.text(min_size=1))
def test_it_is_six_digits_and_the_same_for_whoever_computes_it(case_id):
    password = one_time_password(KEY, case_id)

    assert len(password) == 6
    assert password.isascii()
    assert password.isdigit()
    assert is_one_time_password(one_time_key("22" * 32), case_id, f" {password} ")


def test_it_never_changes_for_a_case_that_was_told_one():
    assert one_time_password(KEY, "FA-20261109-AAAAAAAA") == "115243"


def test_another_case_another_key_or_another_guess_does_not_open():
    password = one_time_password(KEY, "FA-20261109-AAAAAAAA")

    assert not is_one_time_password(KEY, "FA-20261109-AAAAAAAB", password)
    assert not is_one_time_password(one_time_key("23" * 32), "FA-20261109-AAAAAAAA", password)
    assert not is_one_time_password(KEY, "FA-20261109-AAAAAAAA", "")
    assert not is_one_time_password(KEY, "FA-20261109-AAAAAAAA", "一二三四五六")
