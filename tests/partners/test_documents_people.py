"""Papers about who acts for a merchant, judged on their print: cards, authorisations, forms, guardians, successors."""

from dataclasses import replace
from datetime import date

import pytest

from partners.documents import authorization
from partners.documents.checks import OnFile, verdict_of
from samples.numbers import resident_id_of, with_wrong_check_digit
from tests.partners.printing import FACTS, ON_FILE, Print, doubts, line

MINOR = resident_id_of(1, born=date(2009, 6, 1), female=False)
WARD: OnFile = replace(ON_FILE, resident_id=MINOR)


def card(name: str, number: str) -> dict[str, str]:
    """Both sides of a resident id."""
    born = f"{number[6:10]}年{int(number[10:12])}月{int(number[12:14])}日"
    return {
        "姓名": name,
        "出生": born,
        "公民身份号码": number,
        "签发机关": FACTS.id_authority,
        "有效期限": "2019.05.01-2039.05.01",
    }


CARD = Print("D03", "居民身份证", card(FACTS.legal_representative, FACTS.resident_id))
TAX = Print(
    "D02",
    "税务登记信息",
    {"纳税人名称": FACTS.merchant_name, "纳税人识别号": FACTS.uscc, "登记状态": "正常"},
)
FORM = Print(
    "D09",
    "解除管控申请表",
    {
        "商户名称": FACTS.merchant_name,
        "商户编号": FACTS.merchant_no,
        "终端序列号": FACTS.terminal_sn,
        "案件编号": "FA-20261109-AAAAAAAA",
        "联系电话": FACTS.phone,
        "冻结原因": "交易触发风险控制",
        "申请事项": "解除对上述终端的管控",
        "签章": FACTS.merchant_name,
        "日期": "2026年11月05日",
    },
)
LETTER = Print(
    "D10",
    "授权委托书",
    {
        **card(FACTS.agent_name, FACTS.agent_resident_id),
        "商户名称": FACTS.merchant_name,
        "经办人": FACTS.agent_name,
        "经办人身份证号": FACTS.agent_resident_id,
        "授权期限": "2026年11月05日起一年",
        "签章": f"{FACTS.merchant_name}{FACTS.legal_representative}",
        "日期": "2026年11月05日",
    },
)
GUARDIAN = Print(
    "D17",
    "监护关系证明",
    {
        **card(FACTS.guardian_name, FACTS.guardian_resident_id),
        "监护人": FACTS.guardian_name,
        "被监护人": FACTS.legal_representative,
        "被监护人身份证号": MINOR,
        "与被监护人关系": "父子",
    },
)
SUCCESSOR = Print(
    "D18",
    "准予变更登记通知书",
    {
        **card(FACTS.new_representative, FACTS.new_representative_id),
        "企业名称": FACTS.merchant_name,
        "统一社会信用代码": FACTS.uscc,
        "变更前法定代表人": FACTS.legal_representative,
        "变更后法定代表人": FACTS.new_representative,
    },
)


@pytest.mark.parametrize(
    ("paper", "on_file"),
    [(CARD, ON_FILE), (TAX, ON_FILE), (FORM, ON_FILE), (LETTER, ON_FILE), (GUARDIAN, WARD), (SUCCESSOR, ON_FILE)],
    ids=lambda one: getattr(one, "title", ""),
)
def test_a_good_paper_passes(paper, on_file):
    reading = paper.read(on_file)

    assert doubts(reading) == set()
    assert verdict_of(reading.checks) == "passed"


@pytest.mark.parametrize(
    ("paper", "code", "outcome"),
    [
        (CARD.saying(签发机关=None, 有效期限=None), "both_sides", "unsure"),
        (CARD.saying(姓名=None, 公民身份号码=None), "both_sides", "unsure"),
        (CARD.saying(有效期限="2016.05.01-2026.05.01"), "validity", "fail"),
        # tax certificate
        (TAX.saying(纳税人识别号="91110105MA449KBCLR"), "tax_number_is_uscc", "fail"),
        (TAX.saying(纳税人识别号="310104772123456"), "tax_number_is_uscc", "unsure"),
        (TAX.saying(纳税人名称="上海远航贸易有限公司"), "name_matches", "fail"),
        (TAX.saying(登记状态="注销"), "tax_state", "fail"),
        # application form
        (FORM.saying(联系电话=None), "required_fields", "unsure"),
        (FORM.saying(申请事项="____"), "required_fields", "unsure"),
        (FORM.saying(商户编号="898310058120009"), "merchant_no_matches", "fail"),
        (FORM.saying(终端序列号="SN20269999"), "terminal_matches", "fail"),
        (FORM.saying(案件编号="FA-20261109-BBBBBBBB"), "case_matches", "fail"),
        (FORM.saying(日期="2027年11月05日"), "signing_day", "fail"),
        (FORM.saying(日期=None), "signing_day", "unsure"),
        # authorisation
        (LETTER.saying(授权期限="2025年11月05日起一年"), "validity", "fail"),
        (LETTER.saying(授权期限="2026年12月05日起一年"), "validity", "fail"),
        (LETTER.saying(授权期限=None), "validity", "unsure"),
        (LETTER.saying(授权期限="长期"), "validity", "unsure"),
        (LETTER.saying(有效期限="2016.11.10-2026.11.10"), "card_validity", "fail"),
        (LETTER.saying(经办人身份证号=with_wrong_check_digit(FACTS.agent_resident_id)), "agent_identified", "fail"),
        (LETTER.saying(公民身份号码=FACTS.guardian_resident_id), "agent_identified", "fail"),
        (LETTER.saying(姓名="赵海燕"), "agent_identified", "unsure"),
        (LETTER.saying(公民身份号码=None), "agent_identified", "unsure"),
        (LETTER.saying(签章=f"{FACTS.merchant_name}赵海燕"), "signer_is_representative", "fail"),
        (LETTER.saying(签章=FACTS.merchant_name), "signer_is_representative", "unsure"),
        (replace(LETTER, sealed=False), "signer_is_representative", "unsure"),
        # guardian
        (GUARDIAN.saying(监护人="赵海燕"), "guardian_is_holder", "fail"),
        (GUARDIAN.saying(被监护人="赵海燕"), "ward_matches", "fail"),
        (GUARDIAN.saying(被监护人身份证号=FACTS.agent_resident_id), "ward_id_matches", "fail"),
        (GUARDIAN.saying(与被监护人关系=None), "relation_named", "unsure"),
        (GUARDIAN.saying(公民身份号码=resident_id_of(5, born=date(2010, 1, 1)), 出生=None), "guardian_of_age", "fail"),
        (GUARDIAN.saying(有效期限="2016.05.01-2026.05.01"), "validity", "fail"),
        (GUARDIAN, "ward_is_minor", "unsure"),
        (replace(GUARDIAN, title="居民身份证"), "kind_of_paper", "fail"),
        # new representative
        (SUCCESSOR.saying(变更后法定代表人="赵国强"), "successor_is_holder", "fail"),
        (SUCCESSOR.saying(变更前法定代表人="赵国强"), "predecessor_matches", "fail"),
        (SUCCESSOR.saying(统一社会信用代码="91110105MA449KBCLR"), "uscc_matches", "fail"),
        (SUCCESSOR.saying(统一社会信用代码=with_wrong_check_digit(FACTS.uscc)), "uscc_matches", "unsure"),
        (SUCCESSOR.saying(企业名称="上海远航贸易有限公司"), "company_matches", "fail"),
        (SUCCESSOR.saying(姓名="赵国强", 变更后法定代表人="赵国强"), "registry_shows_representative", "fail"),
        (
            SUCCESSOR.saying(公民身份号码=with_wrong_check_digit(FACTS.new_representative_id)),
            "resident_id_check_digit",
            "fail",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_own_check(paper, code, outcome):
    reading = paper.read(ON_FILE if paper.doc_type != "D17" or code == "ward_is_minor" else WARD)
    judged = {check.code: check for check in reading.checks}

    assert judged[code].outcome == outcome
    assert judged[code].zh
    assert judged[code].en
    assert verdict_of(reading.checks) != "passed"


def test_a_minor_owes_a_guardians_papers():
    number = resident_id_of(2, born=date(2008, 11, 21))
    young = Print("D03", "居民身份证", card(FACTS.legal_representative, number))
    eve, birthday = (replace(ON_FILE, resident_id=number, today=date(2026, 11, day)) for day in (20, 21))

    assert young.read(eve).owed == ("D17",)
    assert doubts(young.read(eve)) == {"of_age"}
    assert young.read(birthday).owed == ()
    assert doubts(young.read(birthday)) == set()


def test_an_authority_ends_with_the_earlier_of_its_term_and_the_agents_card():
    assert LETTER.read().valid_until == date(2027, 11, 4)
    assert LETTER.saying(有效期限="2019.05.01-2027.05.01").read().valid_until == date(2027, 5, 1)


@pytest.mark.parametrize(
    ("term", "until"),
    [
        ("2026年11月05日起六个月", date(2027, 5, 4)),
        ("2026年11月05日起6个月", date(2027, 5, 4)),
        ("2026年11月05日起若干月", None),
        ("2026年11月05日起90天", date(2027, 2, 2)),
        ("2026年11月05日起半年", date(2027, 5, 4)),
        ("2026年11月05日至2026年12月31日", date(2026, 12, 31)),
    ],
)
def test_terms_of_authority_are_understood_or_left_open(term, until):
    paper = LETTER.saying(授权期限=term, 有效期限="2019.05.01-长期")

    assert paper.read().valid_until == until


def test_the_emblem_of_the_agents_card_is_no_seal():
    page = replace(LETTER.page(), seals=((100.0, 2400.0, 240.0, 2540.0),))

    assert "signer_is_representative" in doubts(authorization.read([page], ON_FILE))


def test_a_name_that_goes_on_in_the_next_line_is_another_name():
    branch = replace(TAX, more=(line("朝阳分公司", 1.7, 2),))

    assert branch.outcomes()["name_matches"] != "pass"


def test_a_registry_that_was_not_asked_leaves_a_doubt():
    assert SUCCESSOR.outcomes(replace(ON_FILE, registered=None))["registry_shows_representative"] == "unsure"
