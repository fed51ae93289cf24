"""What a paper's print amounts to: judged on lines of text, as the OCR engine would give them."""

from datetime import date

import pytest
from stdnum.cn import uscc

from partners.documents import licence, resident_id
from partners.documents.checks import OnFile, verdict_of
from partners.documents.marks import Mark
from partners.documents.ocr import Line, Page
from samples.facts import PaperFacts
from samples.numbers import resident_id_of, with_wrong_check_digit
from tests.partners.printing import line

FACTS = PaperFacts()
TODAY = date(2026, 11, 20)
ON_FILE = OnFile(
    merchant_no=FACTS.merchant_no,
    merchant_type="company",
    today=TODAY,
    name=FACTS.merchant_name,
    uscc=FACTS.uscc,
    representative=FACTS.legal_representative,
    resident_id=FACTS.resident_id,
)


def page(*lines, number=1, qr=None):
    codes = (Mark("QRCode", f"https://registry.example/?uniscid={qr}", (1700, 100, 1900, 300)),) if qr else ()
    return Page(number, 2000, 1400, lines=tuple(lines), codes=codes)


def licence_page(*, confidence=0.99, qr=FACTS.uscc, **printed):
    """A licence with each label beside its value; `printed` replaces values, None leaves the row out."""
    rows = {
        "统一社会信用代码": FACTS.uscc,
        "名称": FACTS.merchant_name,
        "法定代表人": FACTS.legal_representative,
        "成立日期": "2016年06月01日",
        "营业期限": "2016年06月01日至2036年05月31日",
    } | printed
    lines = [line("营业执照", 0)]
    for row, (label, value) in enumerate(rows.items(), start=1):
        if value is not None:
            lines += [line(label, row), line(value, row, 2, confidence=confidence)]
    return page(*lines, qr=qr)


def card_page(*, confidence=0.99, **printed):
    rows = {
        "姓名": FACTS.legal_representative,
        "性别": "男",
        "出生": "1985年3月7日",
        "公民身份号码": FACTS.resident_id,
        "签发机关": FACTS.id_authority,
        "有效期限": "2019.05.01-2039.05.01",
    } | printed
    lines = [line("居民身份证", 0)]
    for row, (label, value) in enumerate(rows.items(), start=1):
        if value is not None:
            lines += [line(label, row), line(value, row, 2, confidence=confidence)]
    return page(*lines)


def judged(reading):
    return {check.code: check.outcome for check in reading.checks}


def read_licence(on_file=ON_FILE, **printed):
    return licence.read([licence_page(**printed)], on_file)


def read_card(on_file=ON_FILE, **printed):
    return resident_id.read([card_page(**printed)], on_file)


def on_file(**changed):
    return OnFile(**{name: getattr(ON_FILE, name) for name in OnFile.__slots__} | changed)


# The licence


def test_a_licence_that_fits_what_is_on_file_passes():
    reading = read_licence()

    assert verdict_of(reading.checks) == "passed"
    assert reading.valid_until == date(2036, 5, 31)
    assert {field.name: field.value for field in reading.fields}["name"] == FACTS.merchant_name


@pytest.mark.parametrize("until", ["2016年06月01日至长期", "长期"])
def test_a_licence_without_an_end_passes(until):
    reading = read_licence(营业期限=until)

    assert verdict_of(reading.checks) == "passed"
    assert reading.valid_until is None


def test_a_licence_is_valid_through_its_last_day():
    assert judged(read_licence(on_file(today=date(2036, 5, 31))))["validity"] == "pass"
    assert judged(read_licence(on_file(today=date(2036, 6, 1))))["validity"] == "fail"


def test_an_end_before_another_date_on_the_paper_is_a_doubt():
    reading = read_licence(on_file(today=date(2036, 6, 1)), 核准日期="2041年06月01日")

    assert judged(reading)["validity"] == "unsure"


def test_a_watermark_beside_a_name_does_not_make_it_another_name():
    reading = licence.read([page(*licence_page().lines, line("仅供审核使用样本", 2, 4))], ON_FILE)

    assert judged(reading)["name_matches"] != "fail"


def test_what_does_not_look_like_a_name_contradicts_none():
    assert judged(read_licence(法定代表人="仅供办理收款业务"))["representative_matches"] == "unsure"


def test_a_name_on_file_that_is_printed_elsewhere_on_the_paper_is_not_contradicted():
    reading = licence.read(
        [page(*licence_page(法定代表人="赵海燕").lines, line(f"原负责人员{FACTS.legal_representative}", 9))], ON_FILE
    )

    assert judged(reading)["representative_matches"] == "unsure"


def test_a_wrong_check_digit_fails():
    reading = read_licence(统一社会信用代码=with_wrong_check_digit(FACTS.uscc))

    assert judged(reading)["uscc_check_digit"] == "fail"
    assert verdict_of(reading.checks) == "failed"


def test_a_wrong_check_digit_that_was_hard_to_read_is_a_doubt():
    reading = read_licence(统一社会信用代码=with_wrong_check_digit(FACTS.uscc), confidence=0.85)

    assert verdict_of(reading.checks) == "unsure"


def test_a_code_one_look_alike_away_from_the_one_on_file_is_a_doubt():
    held = "91310104MA1F800QX" + uscc.calc_check_digit("91310104MA1F800QX")
    seen = held.replace("F8", "FB")

    assert judged(read_licence(on_file(uscc=held), 统一社会信用代码=seen))["uscc_check_digit"] == "unsure"


def test_a_letter_that_no_code_has_is_read_as_its_digit():
    printed_wrongly = FACTS.uscc.replace("0", "O")

    assert judged(read_licence(统一社会信用代码=printed_wrongly))["uscc_matches"] == "pass"


def test_a_qr_code_that_names_another_code_fails_and_one_unread_is_a_doubt():
    assert judged(read_licence(qr="91110105MA449KBCLR"))["qr_matches_uscc"] == "fail"
    assert judged(read_licence(qr=None))["qr_matches_uscc"] == "unsure"
    assert judged(read_licence(qr="91110105MA449KBCLR", confidence=0.7))["qr_matches_uscc"] == "unsure"


def test_another_merchants_code_fails():
    assert judged(read_licence(on_file(uscc="91110105MA449KBCLR")))["uscc_matches"] == "fail"


def test_another_name_fails_and_one_differing_character_is_a_doubt():
    assert judged(read_licence(on_file(name="上海远航贸易有限公司")))["name_matches"] == "fail"
    assert judged(read_licence(on_file(name="上海星海商贸有限公司")))["name_matches"] == "unsure"


def test_brackets_and_spaces_in_a_name_do_not_count():
    reading = read_licence(on_file(name="星河（上海） 商贸有限公司"), 名称="星河(上海)商贸有限公司")

    assert judged(reading)["name_matches"] == "pass"


def test_the_traditional_form_of_a_character_is_the_same_character():
    reading = read_licence(on_file(representative="周志强"), 法定代表人="周志強")

    assert judged(reading)["representative_matches"] == "pass"


def test_a_clearly_different_name_that_was_hard_to_read_is_a_doubt():
    assert judged(read_licence(on_file(name="上海远航贸易有限公司"), confidence=0.85))["name_matches"] == "unsure"


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("统一社会信用代码", "uscc_check_digit"),
        ("名称", "name_matches"),
        ("法定代表人", "representative_matches"),
        ("营业期限", "validity"),
    ],
)
def test_what_could_not_be_read_is_named_and_leaves_a_doubt(missing, code):
    reading = read_licence(**{missing: None})

    assert judged(reading)[code] == "unsure"
    assert verdict_of(reading.checks) == "unsure"


def test_what_is_not_on_file_cannot_pass_silently():
    assert judged(read_licence(on_file(uscc=None)))["uscc_matches"] == "unsure"
    assert judged(read_licence(on_file(name=None)))["name_matches"] == "unsure"


def test_a_founding_date_in_the_future_fails():
    assert judged(read_licence(成立日期="2027年06月01日"))["established_in_the_past"] == "fail"


def test_a_resident_id_sent_as_a_licence_is_the_wrong_paper():
    assert judged(licence.read([card_page()], ON_FILE))["kind_of_paper"] == "fail"


def test_a_page_without_any_print_leaves_every_doubt():
    reading = licence.read([page()], ON_FILE)

    assert set(judged(reading).values()) == {"unsure"}


def test_two_licences_in_one_file_leave_a_doubt():
    other = licence_page(名称="上海远航贸易有限公司")
    second = page(*other.lines, number=2)

    assert judged(licence.read([licence_page(), second], ON_FILE))["one_paper"] == "unsure"


# Where labels and values stand


def test_labels_and_values_in_one_line_are_told_apart():
    lines = [
        line("营业执照", 0),
        line(f"统一社会信用代码：{FACTS.uscc}", 1),
        line(f"名 称：{FACTS.merchant_name} 类型：{FACTS.company_type}", 2),
        line(f"法定代表人 {FACTS.legal_representative}", 3),
        line("营业期限:2016-06-01至2036-05-31", 4),
    ]

    assert verdict_of(licence.read([page(*lines, qr=FACTS.uscc)], ON_FILE).checks) == "passed"


def test_a_label_in_pieces_is_put_together():
    parts = [line("名", 2), Line("称", (0.99,), (200, 220, 230, 250)), line(FACTS.merchant_name, 2, 2)]
    rest = [one for one in licence_page(名称=None).lines if one.text != "名称"]

    assert judged(licence.read([page(*rest, *parts)], ON_FILE))["name_matches"] == "pass"


def test_a_value_below_its_label_and_one_over_two_lines_are_found():
    lines = [
        line("统一社会信用代码", 0),
        Line(FACTS.uscc, (0.99,) * 18, (100, 136, 600, 166)),
        line("名称", 2),
        line(FACTS.merchant_name[:6], 2, 2),
        Line(FACTS.merchant_name[6:], (0.99,) * 4, (500, 258, 620, 288)),
        line("法定代表人", 4),
        line(FACTS.legal_representative, 4, 2),
        line("营业期限", 5),
        line("长期", 5, 2),
    ]

    assert verdict_of(licence.read([page(*lines, qr=FACTS.uscc)], ON_FILE).checks) == "passed"


def test_two_columns_do_not_run_into_each_other():
    lines = [
        *licence_page(法定代表人=None).lines,
        line("法定代表人", 8),
        line(FACTS.legal_representative, 8, 2),
        line("注册资本", 8, 4),
        line("人民币壹佰万元整", 8, 5),
    ]

    found = {field.name: field.value for field in licence.read([page(*lines)], ON_FILE).fields}

    assert found["representative"] == FACTS.legal_representative
    assert found["capital"] == "人民币壹佰万元整"


def test_boxes_are_shares_of_the_page_as_it_was_sent():
    upright = licence_page()
    lying = Page(1, upright.width, upright.height, turned=90, lines=upright.lines)

    name = next(field for field in licence.read([lying], ON_FILE).fields if field.name == "name")

    left, top, right, bottom = name.box
    assert (left, right) == (round(220 / 1400, 4), round(250 / 1400, 4))
    assert (top, bottom) == (round(1 - 800 / 2000, 4), round(1 - 500 / 2000, 4))


# The resident id


def test_a_resident_id_that_fits_what_is_on_file_passes():
    reading = read_card()

    assert verdict_of(reading.checks) == "passed"
    assert reading.valid_until == date(2039, 5, 1)


def test_a_resident_id_with_a_wrong_check_digit_fails():
    assert (
        judged(read_card(公民身份号码=with_wrong_check_digit(FACTS.resident_id)))["resident_id_check_digit"] == "fail"
    )


def test_an_expired_resident_id_fails_from_the_day_after():
    assert judged(read_card(on_file(today=date(2039, 5, 1))))["validity"] == "pass"
    assert judged(read_card(on_file(today=date(2039, 5, 2))))["validity"] == "fail"


def test_a_birth_date_in_the_future_is_refused_though_the_check_digit_is_right():
    number = resident_id_of(1, born=date(2030, 1, 1), female=False)

    reading = read_card(on_file(resident_id=number), 公民身份号码=number, 出生="2030年1月1日")

    assert judged(reading)["resident_id_check_digit"] == "pass"
    assert judged(reading)["birth_date"] == "fail"


def test_a_printed_birth_date_that_contradicts_the_number_fails():
    assert judged(read_card(出生="1985年3月8日"))["birth_date"] == "fail"


def test_a_printed_sex_that_contradicts_the_number_fails():
    assert judged(read_card(性别="女"))["sex_matches_number"] == "fail"


def test_another_persons_card_fails_on_name_and_number():
    reading = read_card(on_file(representative="赵海燕", resident_id=resident_id_of(9)))

    assert judged(reading)["name_matches"] == "fail"
    assert judged(reading)["resident_id_matches"] == "fail"


def test_the_front_alone_leaves_the_validity_in_doubt():
    reading = read_card(签发机关=None, 有效期限=None)

    assert [code for code, outcome in judged(reading).items() if outcome != "pass"] == ["validity", "both_sides"]


def test_the_back_alone_leaves_name_and_number_in_doubt():
    reading = read_card(姓名=None, 性别=None, 出生=None, 公民身份号码=None)

    assert judged(reading)["name_matches"] == "unsure"
    assert judged(reading)["resident_id_check_digit"] == "unsure"
    assert judged(reading)["validity"] == "pass"


def test_front_and_back_on_two_pages_are_one_card():
    front = card_page(签发机关=None, 有效期限=None)
    back = page(*card_page(姓名=None, 性别=None, 出生=None, 公民身份号码=None).lines, number=2)

    assert verdict_of(resident_id.read([front, back], ON_FILE).checks) == "passed"


def test_a_number_of_no_known_province_is_a_doubt():
    number = resident_id_of(1, born=date(1985, 3, 7), female=False, district="990101")

    assert judged(read_card(on_file(resident_id=number), 公民身份号码=number))["resident_id_district"] == "unsure"


def test_a_licence_sent_as_a_resident_id_is_the_wrong_paper():
    assert judged(resident_id.read([licence_page()], ON_FILE))["kind_of_paper"] == "fail"
