"""Made-up numbers: repeatable, and their check digits are right."""

import pytest
from stdnum import luhn
from stdnum.cn import ric, uscc

from samples import numbers
from samples.facts import made_up

SEEDS = range(50)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_made_up_number_has_a_right_check_digit(seed):
    assert uscc.is_valid(numbers.uscc_of(seed))
    assert ric.is_valid(numbers.resident_id_of(seed))
    assert luhn.is_valid(numbers.account_number_of(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wrong_check_digit_is_wrong(seed):
    assert not uscc.is_valid(numbers.with_wrong_check_digit(numbers.uscc_of(seed)))
    assert not ric.is_valid(numbers.with_wrong_check_digit(numbers.resident_id_of(seed)))


def test_the_same_seed_makes_the_same_merchant_and_another_seed_another():
    assert made_up(3) == made_up(3)
    assert made_up(3).uscc != made_up(4).uscc


def test_numbers_have_the_lengths_the_network_prescribes():
    assert len(numbers.merchant_no_of(1)) == 15
    assert len(numbers.terminal_id_of(1)) == 8
    assert len(numbers.account_number_of(1)) == 19


@pytest.mark.parametrize(("female", "sex"), [(True, "女"), (False, "男")])
def test_the_sex_asked_for_is_in_the_resident_id(female, sex):
    for seed in SEEDS:
        digit = int(numbers.resident_id_of(seed, female=female)[16])
        assert ("男" if digit % 2 else "女") == sex
