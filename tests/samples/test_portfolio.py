"""The portfolio: the committed files are what is made up, every number is valid, all kinds of merchant are there."""

from stdnum import luhn
from stdnum.cn import ric, uscc

from samples.portfolio import FOLDER, A, B, C, merchants, sample_papers, terminals
from samples.portfolio.made import files


def test_the_committed_files_are_those_that_are_made_up():
    assert {name: (FOLDER / name).read_text(encoding="utf-8") for name in files()} == files()


def test_there_are_a_dozen_merchants_of_all_three_types_and_the_scenarios_merchants():
    known = merchants()

    assert len(known) == 12
    assert {merchant.kind for merchant in known.values()} == {"company", "sole_trader", "individual"}
    codes = [known[no].row["uscc"] for no in (A, B, C)]
    assert codes == ["91310115MA1K0XQ7HQ", "92440300MA5G8TNR4K", "91110108MA01TQ8P2Y"]


def test_every_number_has_a_right_check_digit():
    for merchant in merchants().values():
        row = merchant.row
        assert uscc.is_valid(row["uscc"]) if merchant.kind != "individual" else not row["uscc"]
        assert ric.is_valid(row["legal_representative_id"] or row["resident_id"])
        assert luhn.is_valid(row["account_number"])
        assert row["contact_email"]
        assert row["contact_phone"]


def test_every_terminal_has_a_number_of_its_own_and_a_merchant_of_the_portfolio():
    rows = terminals()

    assert {row["merchant_no"] for row in rows} == set(merchants())
    for column in ("terminal_sn", "tusn", "terminal_id"):
        assert len({row[column] for row in rows}) == len(rows)


def test_a_merchants_papers_say_what_its_row_says():
    for merchant in merchants().values():
        papers = merchant.papers(terminal_sn="SN-1")
        assert (papers.uscc, papers.merchant_no) == (merchant.row["uscc"], merchant.no)
        assert papers.terminal_sn == "SN-1"
        assert papers.sex in "男女"


def test_a_merchants_sample_papers_are_about_its_first_terminal_and_a_sale_of_its_own():
    papers = [sample_papers(no) for no in merchants()]

    assert [paper.terminal_sn for paper in papers][:2] == ["SN-DEMO-0001", "SN20260200"]
    assert len({paper.transaction_ref for paper in papers}) == len({paper.amount_fen for paper in papers}) == 12
    assert all(paper.items == (("商品销售", paper.amount_fen),) for paper in papers)
