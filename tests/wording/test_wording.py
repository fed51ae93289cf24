"""The words of notices: every notice in both languages, nothing missing, nothing secret."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

import policies
from domain import notices
from domain.commands import PEOPLES
from domain.one_time import one_time_password
from domain.text import Text
from policies import guidance
from wording import (
    CHANNELS,
    FOLDER,
    HIDDEN,
    LANGUAGES,
    MERCHANTS_COMMANDS,
    NOT_REACHED,
    POLICY_NOTICE,
    PROMISES,
    RELEASED,
    Letter,
    Places,
    Wording,
    when,
)
from workflows.ports import NoticeOrder, Order

POLICY = policies.load(policies.newest())
DUE = "2026-11-30T16:00:00.000000+00:00"
KEY = b"k" * 32
PORTAL = "https://thaw.example/portal"
FACTS = {
    "due": DUE,
    "held_fen": "8642000",
    "rejected_for": "F01",
    "actions": "reset_credentials",
    "days": "3",
    "day": "30",
    "code": "insufficient-held",
    "effect": "cancel_reservation",
    "why": "account-changed",
    "command": "withdraw",
    "source": "bank",
    "available_fen": "1200",
}
"""Every fact any notice is given."""
ITEMS = (("D06", Text("金额看不清。", "The amount is not legible.")),)


def owed() -> dict[str, str]:
    """Every notice the rules can owe, with its audience, read from the rules themselves."""
    found = {
        (node.elts[0].value, node.elts[1].value)
        for node in ast.walk(ast.parse(inspect.getsource(notices)))
        if isinstance(node, ast.Tuple)
        and len(node.elts) == 3
        and all(isinstance(part, ast.Constant) for part in node.elts[:2])
    }
    chosen = {
        node.value.value
        for node in ast.walk(ast.parse(inspect.getsource(notices._post_action)))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant)
    }
    return {str(name): str(audience) for name, audience in found} | dict.fromkeys(map(str, chosen), "merchant")


OWED = owed()
TO_MERCHANTS = sorted(name for name, audience in OWED.items() if audience == "merchant")
DECISIONS = (
    "freeze_notice",
    "control_added",
    "reason_confirmed",
    "supplement_requested",
    "rejected",
    "expired",
    "payout_account_refused",
    "post_action_overdue",
    "post_action_lapsed",
    "case_closed",
)

every_notice = pytest.mark.parametrize("notice", sorted(OWED))
to_merchants = pytest.mark.parametrize("notice", TO_MERCHANTS)
in_both_languages = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def wording() -> Wording:
    return Wording(Places(PORTAL, "https://thaw.example", KEY))


def order(notice: str, **fields: Any) -> NoticeOrder:
    standard: dict[str, Any] = {
        "key": "FA-1:notice:3:merchant",
        "notice": notice,
        "audience": OWED[notice],
        "case_id": "FA-1",
        "merchant_no": "898310154110001",
        "terminal_sn": "SN-1",
        "public_reason": "R01",
        "policy_version": POLICY.version,
        "facts": FACTS,
        "items": ITEMS,
    }
    return NoticeOrder(**standard | fields)


def whole(letter: Letter) -> str:
    return f"{letter.subject}\n{letter.text}"


@in_both_languages
def test_a_freeze_notice_says_what_it_means_for_settlement_deposit_and_plan(wording: Wording, language):
    held = whole(wording.notice(order("freeze_notice"), language, "company"))
    blocked = whole(wording.notice(order("freeze_notice", facts={"held_fen": "0"}), language, "company"))
    later, another_way, stays = {
        "zh": ("不按原定日期到账", "其他支付方式", "押金与资费方案不受影响"),
        "en": ("paid out later", "another way for your customers to pay", "deposit and your fee plan stay"),
    }[language]
    assert later in held
    assert another_way not in held
    assert another_way in blocked
    assert later not in blocked
    assert stays in held
    assert stays in blocked


def test_there_is_a_template_for_every_notice_in_both_languages_and_none_besides():
    there = {path.name for path in FOLDER.glob("[!_]*.txt") if ".short." not in path.name}

    assert there == {
        f"{name}.{language}.txt"
        for name in (*OWED, *PROMISES, POLICY_NOTICE, RELEASED, NOT_REACHED)
        for language in LANGUAGES
    }


@every_notice
@in_both_languages
@pytest.mark.parametrize("facts", [FACTS, {}], ids=["all facts", "no facts"])
def test_every_notice_reads_well_with_and_without_its_facts(wording, notice, language, facts):
    letter = wording.notice(order(notice, facts=facts, items=ITEMS if facts else ()), language, "company")

    assert 0 < len(letter.subject) < 120
    assert "SN-1" in whole(letter) or "FA-1" in whole(letter)
    for leftover in ("{{", "}}", "{%", "None", "\n\n\n", "[]"):
        assert leftover not in whole(letter)
    assert all(line == line.rstrip() for line in letter.text.splitlines())


@to_merchants
@in_both_languages
@pytest.mark.parametrize("channel", ["sms", "wechat"])
@pytest.mark.parametrize("facts", [FACTS, {}], ids=["all facts", "no facts"])
def test_a_telephone_shows_a_few_lines_that_name_the_case_and_lead_to_the_portal(
    wording, notice, language, channel, facts
):
    letter = wording.notice(order(notice, facts=facts, items=ITEMS if facts else ()), language, "company", channel)

    assert len(letter.text) < 500
    assert "FA-1" in letter.text
    assert PORTAL in letter.text
    for leftover in ("{{", "}}", "{%", "None", "\n\n\n", "[]", "  ", ".."):
        assert leftover not in letter.text


def test_a_short_template_is_there_in_both_languages_and_for_a_notice_there_is():
    short = {path.name.split(".")[0] for path in FOLDER.glob("*.short.*.txt")}

    assert short <= {*TO_MERCHANTS, POLICY_NOTICE, RELEASED}
    for name in short:
        assert all((FOLDER / f"{name}.short.{language}.txt").exists() for language in LANGUAGES)


def test_a_preview_hides_the_one_time_password():
    preview = Wording(Places(PORTAL, "https://thaw.example", None))

    for channel in CHANNELS:
        letter = preview.notice(order("actions_required"), "zh", "company", channel)
        assert HIDDEN in letter.text
        assert one_time_password(KEY, "FA-1") not in whole(letter)


@in_both_languages
@pytest.mark.parametrize("amounts", [(0, 0, 0), (8_642_000, 0, 0), (100, 20, 3)])
def test_a_release_says_what_becomes_of_the_money(wording, language, amounts):
    release_fen, penalty_fen, claims_fen = amounts
    told = Order("k", "FA-1", "M", "SN-1", release_fen=release_fen, penalty_fen=penalty_fen, claims_fen=claims_fen)

    text = wording.release(told, language).text

    assert ("¥" in text) is any(amounts)
    assert text.count("\n- ") == sum(amount > 0 for amount in amounts)
    assert "12363" in text


@in_both_languages
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_release_in_part_says_so_and_what_is_still_held(wording, language, channel):
    whole_ = wording.release(Order("k", "FA-1", "M", "SN-1", release_fen=100), language, channel)
    part = wording.release(Order("k", "FA-1", "M", "SN-1", release_fen=100, remaining_fen=590_000), language, channel)

    said = {"zh": "已部分", "en": "in part"}[language]
    assert said in whole(part)
    assert "5,900.00" in part.text
    assert said not in whole(whole_)


@in_both_languages
def test_a_closing_notice_says_what_is_still_held(wording, language):
    done = wording.notice(order("case_closed", facts={"remaining_fen": "0"}), language, "company").text
    part = wording.notice(order("case_closed", facts={"remaining_fen": "590000"}), language, "company").text

    nothing = {"zh": "您不需要再办理手续", "en": "nothing more you must do"}[language]
    assert nothing in done
    assert nothing not in part
    assert "5,900.00" in part


@in_both_languages
def test_a_release_says_how_to_keep_it_from_happening_again(wording, language):
    text = wording.release(Order("k", "FA-1", "M", "SN-1", public_reason="R06"), language).text

    for advice in guidance.against("R06"):
        assert f"\n- {advice.text.of(language)}\n" in text


@in_both_languages
def test_operations_learn_whom_a_notice_did_not_reach(wording, language):
    letter = wording.not_reached("rejected", "FA-1", "898310154110001", language)

    assert "898310154110001" in letter.text
    assert "rejected" in letter.text


@in_both_languages
@pytest.mark.parametrize("notice", PROMISES)
@pytest.mark.parametrize("case_id", ["FA-1", ""])
def test_staff_learn_which_merchant_was_promised_what_by_when(wording, notice, case_id, language):
    facts = {"due": DUE, "case_id": case_id} if case_id else {"due": DUE}
    told = replace(order("review_late"), notice=notice, case_id="PR-1", facts=facts, public_reason="")
    letter = wording.notice(told, language, "company")

    assert "898310154110001" in whole(letter)
    assert when(DUE, language) in letter.text
    assert ("FA-1" in letter.text) is bool(case_id)
    assert "\n\n\n" not in letter.text


@in_both_languages
@pytest.mark.parametrize("notice", DECISIONS)
def test_every_decision_says_how_to_disagree_and_where(wording, notice, language):
    text = wording.notice(order(notice), language, "company").text

    assert "12363" in text
    assert PORTAL in text
    assert "FA-1" in text


@in_both_languages
@pytest.mark.parametrize(
    "notice", ["reason_confirmed", "evidence_reminder", "supplement_requested", "actions_required", "rejected"]
)
def test_what_is_to_be_done_has_its_time_in_shanghai(wording, notice, language):
    text = wording.notice(order(notice, facts=FACTS | {"rejected_for": "R01"}), language, "company").text

    by = {"zh": "2026年11月30日 24:00（北京时间）", "en": "the end of 30 November 2026 (Shanghai time)"}
    assert by[language] in text


def test_a_time_in_the_middle_of_a_day_is_told_as_it_is():
    assert when("2026-11-09T01:30:00+00:00", "zh") == "2026年11月9日 09:30（北京时间）"
    assert when("2026-11-09T01:30:00+00:00", "en") == "9 November 2026, 09:30 (Shanghai time)"


@in_both_languages
def test_the_checklist_names_the_papers_of_this_kind_of_merchant(wording, language):
    company = wording.notice(order("reason_confirmed"), language, "company").text
    individual = wording.notice(order("reason_confirmed"), language, "individual").text

    licence = POLICY.documents["D01"].title.of(language)
    assert licence in company
    assert licence not in individual


@in_both_languages
def test_a_supplement_names_each_paper_with_its_reason(wording, language):
    text = wording.notice(order("supplement_requested"), language, "company").text

    assert POLICY.documents["D06"].title.of(language) in text
    assert ITEMS[0][1].of(language) in text


@in_both_languages
def test_a_reset_comes_with_its_one_time_password_and_nothing_else_does(wording, language):
    password = one_time_password(KEY, "FA-1")

    texts = {name: whole(wording.notice(order(name), language, "company")) for name in TO_MERCHANTS}
    signing = wording.notice(order("actions_required", facts={"actions": "sign_agreement"}), language, "company")

    assert [name for name, text in texts.items() if password in text] == ["actions_required"]
    assert password not in whole(signing)
    assert POLICY.actions["sign_agreement"].of(language) in signing.text


@in_both_languages
def test_a_rejection_that_may_not_be_taken_up_again_does_not_offer_it(wording, language):
    facts = {"due": DUE, "rejected_for": "R01"}
    final = wording.notice(order("rejected", facts=facts | {"reopenable": "no"}), language, "company").text
    open_ = wording.notice(order("rejected", facts=facts | {"reopenable": "yes"}), language, "company").text

    assert when(DUE, language) not in final
    assert when(DUE, language) in open_


# No tipping-off: an AML case reads as a routine review, byte for byte.


@to_merchants
@in_both_languages
@pytest.mark.parametrize("merchant_type", ["company", "individual", "sole_trader"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_secret_reason_reads_as_a_routine_review_byte_for_byte(wording, notice, language, merchant_type, channel):
    facts = {name: value for name, value in FACTS.items() if name != "actions"}
    secret = order(notice, public_reason="J02", facts=facts | {"rejected_for": "J02", "held_for": "J02"})
    routine = order(notice, public_reason="Q05", facts=facts | {"rejected_for": "Q05", "held_for": "Q05"})

    told, usual = (whole(wording.notice(each, language, merchant_type, channel)) for each in (secret, routine))

    assert told.encode() == usual.encode()


@to_merchants
@in_both_languages
def test_no_notice_names_a_reason_code_or_a_secret_paper(wording, notice, language):
    items = (*ITEMS, ("D25", Text("尽调表未填写。", "The form is empty.")))

    for code, channel in product(("R04", "R11", "J01", "J02"), CHANNELS):
        text = whole(wording.notice(order(notice, public_reason=code, items=items), language, "company", channel))
        for secret in (code, "D25", "尽调", "diligence", "反洗钱", "AML", "laundering", "The form is empty."):
            assert secret not in text


@every_notice
def test_internal_notices_lead_to_the_case_and_merchants_ones_to_the_portal(wording, notice):
    text = wording.notice(order(notice), "zh", "company").text

    assert (PORTAL in text) is (OWED[notice] == "merchant")
    assert "https://thaw.example" in text


def test_every_command_of_a_merchant_has_words_for_its_refusal():
    theirs = {name for name, turn in PEOPLES.items() if {"merchant", "agent"} & set(turn.roles)}

    assert set(MERCHANTS_COMMANDS) == theirs | {"post_message"}
