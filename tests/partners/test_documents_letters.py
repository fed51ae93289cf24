"""What letters, plans, proofs and forms say is judged: each check fails, or is a doubt, in its own words."""

from dataclasses import replace
from datetime import datetime

import pytest

from partners.documents import readers
from partners.documents.camera_data import Taken
from partners.documents.checks import Terminal
from partners.documents.marks import Mark
from partners.documents.ocr import Page
from tests.partners.printing import FACTS, ON_FILE, TODAY, Print, line

HERE = (31.1883, 121.4365)
KNOWN = replace(
    ON_FILE,
    mcc="5411",
    ticket=FACTS.ticket,
    address=FACTS.premises,
    terminal=Terminal(FACTS.terminal_sn, FACTS.tusn, FACTS.terminal_id, FACTS.premises, HERE),
)
SIGNED = {"签章": FACTS.merchant_name, "日期": "2026年11月05日"}
LETTER = Print("D08", "情况说明", SIGNED, more=(line("上述交易均为真实消费，货物已交付顾客，无虚假交易。", 9),))
REPORT = Print(
    "D23",
    "终端维修报告",
    {
        "终端序列号": FACTS.terminal_sn,
        "工单号": FACTS.ticket,
        "检测结果": "固件已重装，自检通过",
        "签章": "维修工程师李建国",
        "日期": "2026年11月05日",
    },
)
LEASE = Print(
    "D13",
    "房屋租赁合同",
    {
        "承租方": FACTS.merchant_name,
        "房屋地址": FACTS.premises,
        "租赁期限": "2025年1月1日至2028年12月31日",
    },
)
PERMIT = Print(
    "D20",
    "食品经营许可证",
    {"经营者名称": FACTS.merchant_name, "经营项目": "预包装食品销售", "有效期至": "2028年06月30日"},
)
PROOF = Print("D11", "终端购机凭证", {"终端序列号": FACTS.terminal_sn, "终端唯一标识": FACTS.tusn})
GOOD = (LETTER, REPORT, LEASE, PERMIT)


def outcome(paper, code):
    return paper.outcomes(KNOWN)[code]


@pytest.mark.parametrize("paper", GOOD, ids=lambda paper: paper.doc_type)
def test_a_good_paper_passes(paper):
    assert set(paper.outcomes(KNOWN).values()) == {"pass"}


@pytest.mark.parametrize(
    ("paper", "changed", "code", "expected"),
    [
        (LETTER, {"签章": "杭州远帆贸易有限公司"}, "signed", "fail"),
        (LETTER, {"签章": None}, "signed", "unsure"),
        (LETTER, {"日期": "2027年01月05日"}, "signing_day", "fail"),
        (REPORT, {"终端序列号": "SN99999999"}, "terminal_matches", "fail"),
        (REPORT, {"工单号": "WO-77777777"}, "ticket_matches", "fail"),
        (REPORT, {"检测结果": "自检未通过"}, "finding", "unsure"),
        (REPORT, {"签章": "维修工程师（签字）"}, "technician_signed", "unsure"),
        (LEASE, {"房屋地址": "拉萨市城关区八廓街1号9幢909室"}, "address_matches", "fail"),
        (LEASE, {"租赁期限": "2020年1月1日至2023年12月31日"}, "validity", "fail"),
        (LEASE, {"承租方": "杭州远帆贸易有限公司"}, "name_matches", "fail"),
        (PERMIT, {"有效期至": "2026年10月01日"}, "validity", "fail"),
        (PERMIT, {"经营项目": None}, "permit_fits_trade", "pass"),
    ],
)
def test_each_check_has_its_own_outcome(paper, changed, code, expected):
    assert outcome(paper.saying(**changed), code) == expected


def test_a_letter_without_a_seal_goes_to_a_person():
    assert outcome(replace(LETTER, sealed=False), "signed") == "unsure"


def test_a_permit_for_a_category_that_needs_another_is_a_doubt():
    assert PERMIT.outcomes(replace(KNOWN, mcc="5912"))["permit_fits_trade"] == "unsure"
    assert PERMIT.outcomes(replace(KNOWN, mcc="7230"))["permit_fits_trade"] == "unsure"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((FACTS.terminal_sn,), "pass"),
        ((FACTS.terminal_sn, FACTS.tusn), "pass"),
        (("SN99999999",), "fail"),
        ((), "unsure"),
    ],
)
def test_a_terminals_bar_code_must_say_what_is_printed(texts, expected):
    page = replace(PROOF.page(), codes=tuple(Mark("Code128", text, (0, 0, 9, 9)) for text in texts))

    judged = {check.code: check.outcome for check in readers.read("D11", [page], KNOWN).checks}

    assert judged["barcode_agrees"] == expected
    assert judged["sn_matches"] == judged["tusn_matches"] == "pass"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("000011045N20260001", "unsure"),  # S taken for 5
        ("00001104SN2O26O001", "fail"),  # twice is no slip
        ("00001104SN20260002", "fail"),
    ],
)
def test_a_code_with_one_character_taken_for_its_look_alike_refutes_nothing(printed, expected):
    judged = PROOF.saying(终端唯一标识=printed).outcomes(KNOWN)
    assert judged["tusn_matches"] == expected


def plan(*rows, doc_type="D14", title="整改方案"):
    heads = (line("整改事项", 1, 0), line("负责人", 1, 3), line("完成期限", 1, 5))
    cells = [
        line(text, 2 + number, column)
        for number, row in enumerate(rows)
        for text, column in zip(row, (0, 3, 5), strict=True)
        if text
    ]
    foot = (line("签章:" + FACTS.merchant_name, 9), line("日期:2026年11月05日", 10))
    page = Page(1, 2000, 2600, lines=(line(title, 0), *heads, *cells, *foot), seals=((500.0, 620.0, 700.0, 800.0),))
    return {check.code: check for check in readers.read(doc_type, [page], KNOWN).checks}


def test_a_plan_whose_items_have_owner_and_due_date_passes():
    judged = plan(("核对交易", "王思远", "2026-12-20"), ("培训收银员", "陈晓雯", "2026-12-31"))

    assert {check.outcome for check in judged.values()} == {"pass"}
    assert judged["items"].en == "All 2 items have an owner and a due date"


def test_an_item_without_owner_or_due_date_is_named():
    assert plan(("核对交易", "王思远", "2026-12-20"), ("培训收银员", "", "2026-12-31"))["items"].en == (
        "Item 2 has no legible owner"
    )
    assert plan(("核对交易", "王思远", ""))["items"].zh == "第1项缺少完成期限或无法识别"


def test_a_plan_whose_day_has_passed_fails():
    assert plan(("核对交易", "王思远", "2026-09-01"))["due_in_future"].outcome == "fail"


def test_a_plan_without_a_table_is_a_doubt():
    assert plan()["items"].outcome == "unsure"


def test_whether_a_rectification_was_done_a_person_judges():
    judged = plan(("核对交易", "王思远", "2026-12-20"), doc_type="D15", title="整改完成证明")

    assert {code for code, check in judged.items() if check.outcome != "pass"} == {"items_done"}


@pytest.mark.parametrize("doc_type", ["D16", "D22", "D24", "D25"])
def test_what_people_decide_on_never_passes_and_says_what_is_missing(doc_type):
    outcomes = Print(doc_type, "材料", {}).outcomes(KNOWN)

    assert outcomes["needs_a_person"] == "unsure"
    assert outcomes["required_fields"] == "unsure"
    assert "fail" not in outcomes.values()


def photo(taken, *texts):
    page = Page(1, 1280, 960, lines=tuple(line(text, 1) for text in texts), taken=taken)
    return {check.code: check.outcome for check in readers.read("D12", [page], KNOWN).checks}


def test_a_photo_taken_there_lately_with_the_shops_name_on_it_passes():
    taken = Taken(HERE[0] + 0.003, HERE[1], datetime.fromisoformat("2026-11-10T09:00"))

    assert set(photo(taken, FACTS.merchant_name).values()) == {"pass"}


def test_a_photo_taken_elsewhere_or_long_ago_fails():
    judged = photo(Taken(39.9, 116.4, datetime.fromisoformat("2026-03-01T09:00")), FACTS.merchant_name)

    assert (judged["taken_there"], judged["taken_recently"]) == ("fail", "fail")


def test_a_photo_whose_file_says_nothing_is_a_doubt_and_never_fails():
    assert photo(Taken()) == {
        "unedited": "pass",
        "taken_there": "unsure",
        "taken_recently": "unsure",
        "shows_name": "unsure",
    }


def test_a_photo_from_the_future_is_a_doubt():
    future = datetime.fromisoformat(f"{TODAY.year + 1}-01-01T00:00")

    assert photo(Taken(*HERE, future), FACTS.merchant_name)["taken_recently"] == "unsure"


def test_a_work_proof_names_who_works_there():
    proof = Print("D19", "工作证明", {"姓名": FACTS.legal_representative, "职务": "店长"} | SIGNED)

    assert set(proof.outcomes(KNOWN).values()) == {"pass"}
    assert outcome(proof.saying(姓名="欧阳明远"), "name_matches") == "fail"


def test_a_cardholders_letter_is_about_a_sale_that_is_asked_about():
    letter = Print(
        "D21",
        "持卡人确认函",
        {
            "交易时间": f"{FACTS.paid_at:%Y-%m-%d %H:%M:%S}",
            "交易金额": "86,420.00",
            "卡号后四位": FACTS.card_last4,
            "终端编号": FACTS.terminal_id,
        }
        | SIGNED,
    )

    assert {code for code, found in letter.outcomes(KNOWN).items() if found != "pass"} == {"signed_by_cardholder"}
    assert outcome(letter.saying(交易金额="96,420.00"), "amount_matches") == "fail"
