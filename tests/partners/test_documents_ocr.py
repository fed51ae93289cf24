"""Rendered papers read by the OCR engine: upright, turned, askew, worn, as PDF, in parts, and not readable at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from partners.documents import licence, resident_id
from partners.documents.checks import OnFile, Reading, verdict_of
from partners.documents.files import inspect
from partners.documents.ocr import Reader
from samples.facts import made_up
from samples.numbers import with_wrong_check_digit
from samples.papers import render
from samples.scans import scanned, watermarked

FACTS = made_up(2)
ON_FILE = OnFile(
    merchant_no=FACTS.merchant_no,
    merchant_type="company",
    today=date(2026, 11, 20),
    name=FACTS.merchant_name,
    uscc=FACTS.uscc,
    representative=FACTS.legal_representative,
    resident_id=FACTS.resident_id,
)
READERS = {"D01": licence.read, "D03": resident_id.read}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    return Reader()


def read(reader: Reader, doc_type: str, data: bytes) -> Reading:
    pages = reader.read(data, inspect(data).media_type)
    return READERS[doc_type](pages, ON_FILE)


def outcome(reading: Reading, code: str) -> str:
    return next(check.outcome for check in reading.checks if check.code == code)


def values(reading: Reading) -> dict[str, str]:
    return {field.name: field.value for field in reading.fields}


def test_a_licence_is_read_and_passes_and_its_boxes_are_where_the_print_is(reader):
    reading = read(reader, "D01", render("D01", FACTS))

    assert verdict_of(reading.checks) == "passed"
    assert reading.valid_until == FACTS.licence_valid_until
    found = values(reading)
    assert found["uscc"] == FACTS.uscc
    assert found["name"] == FACTS.merchant_name
    assert found["premises"] == FACTS.premises
    left, top, right, bottom = next(field.box for field in reading.fields if field.name == "uscc")
    assert left == pytest.approx(120 / 1684, abs=0.01)
    assert 168 / 1190 < (top + bottom) / 2 < 215 / 1190
    assert right < 0.4


@pytest.mark.parametrize("turn", [90, 180])
def test_a_licence_on_its_side_or_upside_down_is_read(reader, turn):
    reading = read(reader, "D01", scanned(render("D01", FACTS), turn=turn))

    assert verdict_of(reading.checks) == "passed"


def test_a_licence_askew_and_worn_is_read(reader):
    reading = read(reader, "D01", scanned(render("D01", FACTS), skew=4, quality=40, grain=20))

    assert verdict_of(reading.checks) == "passed"


def test_a_watermark_across_a_resident_id_does_not_disturb(reader):
    reading = read(reader, "D03", watermarked(render("D03", FACTS), "仅供审核使用"))

    assert verdict_of(reading.checks) == "passed"


def test_a_licence_without_an_end_passes_as_pdf(reader):
    reading = read(reader, "D01", render("D01", replace(FACTS, licence_valid_until=None), form="pdf"))

    assert verdict_of(reading.checks) == "passed"
    assert reading.valid_until is None


def test_a_licence_with_a_wrong_check_digit_fails(reader):
    wrong = replace(FACTS, uscc=with_wrong_check_digit(FACTS.uscc))

    assert outcome(read(reader, "D01", render("D01", wrong)), "uscc_check_digit") == "fail"


def test_an_expired_licence_of_another_company_fails_on_both(reader):
    other = replace(FACTS, licence_valid_until=date(2026, 11, 19), merchant_name="杭州远帆贸易有限公司")

    reading = read(reader, "D01", render("D01", other))

    assert outcome(reading, "validity") == "fail"
    assert outcome(reading, "name_matches") == "fail"


def test_an_unreadable_licence_is_a_doubt_and_never_a_failure(reader):
    reading = read(reader, "D01", scanned(render("D01", FACTS), blur=9, quality=20))

    assert verdict_of(reading.checks) == "unsure"


def test_both_sides_of_a_resident_id_in_one_picture_pass(reader):
    reading = read(reader, "D03", scanned(render("D03", FACTS), skew=-3, quality=60))

    assert verdict_of(reading.checks) == "passed"
    assert values(reading)["number"] == FACTS.resident_id
    assert values(reading)["address"] == FACTS.home_address


def test_both_sides_on_two_pages_of_a_pdf_pass(reader):
    reading = read(reader, "D03", render("D03", FACTS, form="pdf"))

    assert verdict_of(reading.checks) == "passed"
    assert reading.valid_until == FACTS.id_valid_until


def test_the_front_alone_is_a_doubt_that_names_the_validity(reader):
    reading = read(reader, "D03", render("D03", FACTS, sides=("front",)))

    assert [check.code for check in reading.checks if check.outcome != "pass"] == ["validity"]


def test_a_slip_sent_as_a_licence_does_not_pass(reader):
    assert verdict_of(read(reader, "D01", render("D06", FACTS)).checks) == "unsure"
