"""Papers about money, judged on their print: account proofs, statements, slips, invoices, notes and contracts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from partners.documents import sales_slip
from partners.documents.amounts import amounts_in, words_in
from partners.documents.checks import verdict_of
from partners.documents.ocr import Page
from samples.receipts import in_words
from tests.partners.printing import FACTS, ON_FILE, SALE, Print, doubts, line

NUMBER = "6222024317884456934"

PROOF = Print(
    "D04",
    "结算账户证明",
    {
        "户名": FACTS.merchant_name,
        "账号": NUMBER,
        "开户银行": "中国工商银行股份有限公司",
        "账户状态": "正常",
        "出具日期": "2026年11月05日",
    },
)
STATEMENT = Print(
    "D05",
    "中国工商银行账户交易明细",
    {"户名": FACTS.merchant_name, "账号": NUMBER, "起止日期": "2026-08-10至2026-11-10"},
    more=tuple(
        one
        for row, (day, moved, balance) in enumerate(
            [
                ("2026-08-12", "1,000.00", "11,000.00"),
                ("2026-09-12", "500.00", "10,500.00"),
                ("2026-10-12", "2,000.00", "12,500.00"),
            ]
        )
        for one in (line(day, 10 + row), line(moved, 10 + row, 3), line(balance, 10 + row, 6))
    ),
)
SLIP = Print(
    "D06",
    "银联POS签购单",
    {
        "商户名称": FACTS.merchant_name,
        "商户编号": FACTS.merchant_no,
        "终端编号": FACTS.terminal_id,
        "卡号": "622202******4821",
        "交易类型": "消费SALE",
        "日期时间": "2026/11/0214:32:05",
        "参考号": "20261102143205000127",
        "金额": "RMB86,420.00",
    },
)
INVOICE = Print(
    "D07",
    "电子发票(普通发票)",
    {
        "发票号码": "20261102143205000127",
        "开票日期": "2026年11月02日",
        "销售方": FACTS.merchant_name,
        "价税合计(大写)": "捌万陆仟肆佰贰拾元整",
        "(小写)": "¥86,420.00",
    },
    more=(line("金额(元)", 1, 6), line("86,420.00", 2, 6)),
)
NOTE = Print(
    "D07",
    "送货单",
    {"送货单号": "N1", "送货日期": "2026年11月02日", "供货单位": FACTS.merchant_name, "合计金额": "¥86,420.00"},
    more=(line("金额(元)", 1, 6), line("40,000.00", 2, 6), line("46,420.00", 3, 6)),
)
CONTRACT = Print(
    "D07",
    "购销合同",
    {"合同编号": "K1", "签订日期": "2026年11月02日", "卖方": FACTS.merchant_name, "合同金额": "¥86,420.00"},
)


@pytest.mark.parametrize("paper", [PROOF, STATEMENT, SLIP, INVOICE, NOTE, CONTRACT], ids=lambda paper: paper.title)
def test_a_good_paper_passes(paper):
    reading = paper.read()

    assert doubts(reading) == set()
    assert verdict_of(reading.checks) == "passed"


@pytest.mark.parametrize(
    ("paper", "code", "outcome"),
    [
        # account proof
        (PROOF.saying(户名="上海远航贸易有限公司"), "holder_matches", "fail"),
        (PROOF.saying(户名="上海星海商贸有限公司"), "holder_matches", "unsure"),
        (PROOF.saying(户名=None), "holder_matches", "unsure"),
        (PROOF.saying(账号="6222024317884456935"), "account_check_digit", "fail"),
        (PROOF.saying(账号="6222024317884456935").faint("账号"), "account_check_digit", "unsure"),
        (PROOF.saying(账号="6222021001112223334"), "account_matches", "unsure"),
        (PROOF.saying(开户银行="招商银行"), "bank_named", "fail"),
        (PROOF.saying(开户银行=None), "bank_named", "unsure"),
        (PROOF.saying(账户状态="已销户"), "account_live", "fail"),
        (PROOF.saying(出具日期="2027年11月05日"), "issued", "fail"),
        (PROOF.saying(出具日期=None), "issued", "unsure"),
        (replace(PROOF, title="租赁合同"), "kind_of_paper", "unsure"),
        # statement
        (STATEMENT.saying(户名="上海远航贸易有限公司"), "holder_matches", "fail"),
        (STATEMENT.saying(账号="6222021001112223334"), "account_matches", "fail"),
        (STATEMENT.saying(账号="6222024317884456935"), "account_matches", "unsure"),
        (STATEMENT.saying(起止日期="2026-09-10至2026-11-10"), "period_covered", "fail"),
        (STATEMENT.saying(起止日期="2026-05-10至2026-08-10"), "period_covered", "fail"),
        (STATEMENT.saying(起止日期="2026-09-10至2026-11-10").faint("起止日期"), "period_covered", "unsure"),
        (STATEMENT.saying(起止日期=None), "period_covered", "unsure"),
        # slip
        (SLIP.saying(商户编号="898310058120009"), "merchant_no_matches", "fail"),
        (SLIP.saying(金额="RMB96,420.00"), "amount_matches", "fail"),
        (SLIP.saying(金额="RMB96,420.00").faint("金额"), "amount_matches", "unsure"),
        (SLIP.saying(金额="RMB86420"), "amount_matches", "unsure"),
        (SLIP.saying(日期时间="2026/11/0215:32:05"), "time_matches", "fail"),
        (SLIP.saying(卡号="622202******4822"), "last4_matches", "fail"),
        (SLIP.saying(卡号="622202"), "last4_matches", "unsure"),
        (SLIP.saying(终端编号="31000002"), "terminal_matches", "fail"),
        (SLIP.saying(交易类型="退货REFUND"), "is_a_sale", "fail"),
        (SLIP.saying(交易类型=None), "is_a_sale", "unsure"),
        (
            SLIP.saying(金额="RMB1.00", 日期时间="2026/10/0214:32:05", 卡号="622202******1111", 终端编号="9"),
            "transaction_found",
            "fail",
        ),
        # invoice, delivery note, contract
        (INVOICE.saying(销售方="杭州远帆贸易有限公司"), "seller_is_merchant", "fail"),
        (INVOICE.saying(销售方=None), "seller_is_merchant", "unsure"),
        (NOTE.saying(合计金额="¥96,420.00"), "sum_fits_sale", "fail"),
        (NOTE.saying(合计金额="¥40,000.00"), "sum_fits_sale", "unsure"),
        (NOTE.saying(合计金额="¥40,000.00"), "items_add_up", "unsure"),
        (INVOICE.saying(**{"价税合计(大写)": "玖万陆仟肆佰贰拾元整"}), "words_match_figures", "fail"),
        (INVOICE.saying(**{"价税合计(大写)": "陆仟肆佰贰拾元"}), "words_match_figures", "unsure"),
        (INVOICE.saying(**{"价税合计(大写)": None}), "words_match_figures", "unsure"),
        (INVOICE.saying(开票日期="2027年11月02日"), "dated", "fail"),
        (replace(NOTE, title="情况说明"), "kind_of_paper", "fail"),
    ],
)
def test_what_is_wrong_is_named_by_its_own_check(paper, code, outcome):
    reading = paper.read()
    judged = {check.code: check for check in reading.checks}

    assert judged[code].outcome == outcome
    assert judged[code].zh
    assert judged[code].en
    assert verdict_of(reading.checks) != "passed"


def test_an_account_that_cannot_be_a_card_has_no_check_digit():
    assert "account_check_digit" not in PROOF.saying(账号="1001200109000123456").outcomes()


def test_a_statement_whose_balances_do_not_follow_goes_to_a_person():
    edited = replace(STATEMENT, more=(*STATEMENT.more[:-1], line("92,500.00", 12, 6)))

    assert edited.outcomes()["balances_add_up"] == "unsure"


def test_bookings_outside_the_printed_period_are_a_doubt():
    assert STATEMENT.saying(起止日期="2026-08-15至2026-11-18").outcomes()["period_covered"] != "pass"


def test_a_slip_without_recorded_transactions_goes_to_a_person():
    nothing_known = replace(ON_FILE, transactions=())

    assert SLIP.outcomes(nothing_known)["transaction_found"] == "unsure"
    assert INVOICE.outcomes(nothing_known)["sum_fits_sale"] == "unsure"


def test_a_slip_is_compared_with_the_transaction_it_fits_best():
    other = replace(SALE, ref="T2", amount_fen=100, last4="0001")
    alike = replace(SALE, ref="T3", at=SALE.at + timedelta(minutes=1))

    assert doubts(SLIP.read(replace(ON_FILE, transactions=(other, SALE)))) == {"every_sale_has_its_slip"}
    assert "transaction_found" in doubts(SLIP.read(replace(ON_FILE, transactions=(alike, SALE))))


def test_every_questioned_sale_needs_a_slip_of_its_own_and_one_slip_serves_one():
    other = replace(SALE, ref="T2", amount_fen=100, last4="0001", at=SALE.at + timedelta(days=1))
    asked = replace(ON_FILE, transactions=(SALE, other))

    outcomes = SLIP.outcomes(asked)

    assert outcomes["every_sale_has_its_slip"] == "unsure"
    assert outcomes["amount_matches"] == "pass"
    assert SLIP.outcomes(replace(ON_FILE, transactions=(SALE,)))["every_sale_has_its_slip"] == "pass"


def test_the_clocks_of_terminal_and_switch_may_differ_by_two_minutes():
    late, later = (replace(SALE, at=SALE.at + timedelta(seconds=seconds)) for seconds in (120, 121))

    assert SLIP.outcomes(replace(ON_FILE, transactions=(late,)))["time_matches"] == "pass"
    assert SLIP.outcomes(replace(ON_FILE, transactions=(later,)))["time_matches"] == "fail"


@pytest.mark.parametrize(
    ("printed", "outcome"),
    [("90,741.00", "pass"), ("90,741.01", "fail"), ("82,099.00", "pass"), ("82,098.99", "unsure")],
)
def test_a_sum_may_lie_five_percent_from_the_sale(printed, outcome):
    assert CONTRACT.saying(合同金额=f"¥{printed}").outcomes()["sum_fits_sale"] == outcome


def test_a_sum_may_be_that_of_all_questioned_sales():
    halves = tuple(replace(SALE, ref=ref, amount_fen=4_321_000) for ref in ("T1", "T2"))

    assert CONTRACT.outcomes(replace(ON_FILE, transactions=halves))["sum_fits_sale"] == "pass"


def test_two_slips_for_one_transaction_are_a_doubt():
    first = SLIP.page()
    second = Page(2, first.width, first.height, lines=first.lines)

    reading = sales_slip.read([first, second], ON_FILE)

    assert doubts(reading) == {"slips_differ"}


@pytest.mark.parametrize("fen", [100, 10_000, 101_000, 1_000_500, 8_642_000, 2_645_395, 10_000_005, 1_234_567_890])
def test_amounts_in_words_are_read_back(fen):
    assert words_in(f"人民币{in_words(fen)}") == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [("¥86,420.00", 8_642_000), ("RMB86.420.00", 8_642_000), ("1,234,567.89元", 123_456_789), ("15元", 1500)],
)
def test_amounts_in_figures_are_read(text, fen):
    assert [amount.fen for amount in amounts_in(text)] == [fen]


def test_a_statement_by_its_bookings_alone_must_show_three_months():
    without = STATEMENT.saying(起止日期=None)

    assert without.outcomes(replace(ON_FILE, today=date(2026, 11, 12)))["period_covered"] == "pass"
    assert without.outcomes(replace(ON_FILE, today=date(2026, 11, 11)))["period_covered"] == "unsure"
