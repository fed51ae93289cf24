"""Rendered papers read by the OCR engine: upright, turned, askew, worn, as PDF, in parts, and not readable at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from desk.plan_paper import Plan, PlanItem, drawn
from partners.documents import edits, readers
from partners.documents.checks import Account, OnFile, Reading, Registered, Terminal, Transaction, verdict_of
from partners.documents.files import inspect
from partners.documents.ocr import Reader
from samples.facts import made_up
from samples.numbers import resident_id_of, with_wrong_check_digit
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
    account=Account(FACTS.merchant_name, FACTS.account_number, FACTS.bank),
    terminal=Terminal(FACTS.terminal_sn, FACTS.tusn, FACTS.terminal_id),
    transactions=(
        Transaction(FACTS.transaction_ref, FACTS.amount_fen, FACTS.paid_at, FACTS.card_last4, FACTS.terminal_id),
    ),
    registered=Registered(FACTS.merchant_name, FACTS.new_representative, "存续"),
)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    return Reader()


def read(reader: Reader, doc_type: str, data: bytes, on_file: OnFile = ON_FILE) -> Reading:
    pages = reader.read(data, inspect(data).media_type)
    return readers.read(doc_type, pages, on_file)


def passed_but_for_wear(reading: Reading) -> bool:
    """Whether nothing is doubted but what a picture worn by compression cannot show: that nobody edited it."""
    return verdict_of(check for check in reading.checks if check.code != edits.CODE) == "passed"


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
    reading = read(reader, "D01", scanned(render("D01", FACTS), turn=turn, quality=92))

    assert verdict_of(reading.checks) == "passed"


def test_a_licence_askew_and_worn_is_read(reader):
    reading = read(reader, "D01", scanned(render("D01", FACTS), skew=4, quality=40, grain=20))

    assert passed_but_for_wear(reading)


def test_a_watermark_across_a_resident_id_does_not_disturb(reader):
    reading = read(reader, "D03", watermarked(render("D03", FACTS), "仅供审核使用"))

    assert passed_but_for_wear(reading)


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

    assert passed_but_for_wear(reading)
    assert values(reading)["number"] == FACTS.resident_id
    assert values(reading)["address"] == FACTS.home_address


def test_both_sides_on_two_pages_of_a_pdf_pass(reader):
    reading = read(reader, "D03", render("D03", FACTS, form="pdf"))

    assert verdict_of(reading.checks) == "passed"
    assert reading.valid_until == FACTS.id_valid_until


def test_the_front_alone_is_a_doubt_that_names_the_validity(reader):
    reading = read(reader, "D03", render("D03", FACTS, sides=("front",)))

    assert [check.code for check in reading.checks if check.outcome != "pass"] == ["validity", "both_sides"]


@pytest.mark.parametrize("doc_type", ["D04", "D05", "D06", "D10"])
def test_every_other_paper_that_fits_passes(reader, doc_type):
    reading = read(reader, doc_type, scanned(render(doc_type, FACTS), skew=1, quality=90))

    assert [check for check in reading.checks if check.outcome != "pass"] == []


def test_a_delivery_note_proves_a_sale_as_an_invoice_does(reader):
    reading = read(reader, "D07", render("D07", replace(FACTS, sale_paper="delivery_note"), form="pdf"))

    assert [check for check in reading.checks if check.outcome != "pass"] == []


def test_a_minors_guardian_is_read_from_card_and_proof(reader):
    ward = resident_id_of(1, born=date(2009, 6, 1))

    reading = read(reader, "D17", render("D17", replace(FACTS, resident_id=ward)), replace(ON_FILE, resident_id=ward))

    assert [check for check in reading.checks if check.outcome != "pass"] == []
    assert values(reading)["number"] == FACTS.guardian_resident_id


def test_what_a_slip_and_an_invoice_say_wrongly_is_named(reader):
    slip = read(reader, "D06", render("D06", replace(FACTS, amount_fen=FACTS.amount_fen + 100)))
    assert [check.code for check in slip.checks if check.outcome != "pass"] == ["amount_matches"]
    assert outcome(slip, "amount_matches") == "fail"
    invoice = render("D07", replace(FACTS, sum_in_words_fen=100))
    assert outcome(read(reader, "D07", invoice), "words_match_figures") == "fail"


@pytest.mark.parametrize(
    ("wear", "sentence"),
    [({"blur": 9}, "too blurred"), ({"light": 0.12, "grain": 60}, "too dark")],
)
def test_a_paper_that_cannot_be_read_is_a_doubt_that_says_what_to_do_better(reader, wear, sentence):
    reading = read(reader, "D06", scanned(render("D06", FACTS), **wear))

    assert outcome(reading, "legible") == "unsure"
    assert sentence in reading.checks[0].en
    assert verdict_of(reading.checks) == "unsure"


def test_a_slip_sent_as_a_licence_does_not_pass(reader):
    assert verdict_of(read(reader, "D01", render("D06", FACTS)).checks) == "unsure"


def test_a_plan_written_in_the_portal_is_read_item_by_item(reader):
    items = [
        PlanItem(item, FACTS.legal_representative, date(2026, 12, 20)) for item in ("更正商户类别码", "培训收银员")
    ]
    plan = Plan(FACTS.merchant_name, "FA-20261120-ABCDEFGH", items, FACTS.legal_representative, date(2026, 11, 20))

    reading = read(reader, "D14", drawn(plan))

    assert outcome(reading, "items") == "pass"
    assert values(reading)["item_2"] == "培训收银员"
    assert outcome(reading, "signed") == "unsure"  # no seal: a person looks
