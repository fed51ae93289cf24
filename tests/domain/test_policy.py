"""The policy of 2026-11-01 says what the specification's tables say."""

import csv
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest

import policies
from domain.policy import Policy, Requirement, highest

POLICY: Policy = policies.load("2026-11-01")
SPEC = Path(__file__).parent / "spec"


def table(name: str) -> Iterator[dict[str, str]]:
    with (SPEC / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(",")) if cell not in {"", "-"} else ()


def keys(requirements: tuple[Requirement, ...]) -> list[str]:
    return [requirement.key for requirement in requirements]


# What the specification's tables say


def test_every_day_of_the_specified_calendar_is_in_the_policy() -> None:
    days = {date.fromisoformat(row["date"]): row["type"] for row in table("calendar-2026.csv")}
    assert POLICY.calendar.holidays == {day for day, kind in days.items() if kind == "holiday"}
    assert POLICY.calendar.makeup_days == {day for day, kind in days.items() if kind == "workday"}
    assert (POLICY.calendar.day_start, POLICY.calendar.day_end) == (time(9), time(18))


def test_every_specified_document_is_in_the_policy() -> None:
    specified = [(row["code"], row["zh"], row["en"], row["automatic_checks"]) for row in table("documents.csv")]
    assert [(d.code, d.title.zh, d.name, d.checks) for d in POLICY.documents.values()] == specified
    assert all(document.title.en for document in POLICY.documents.values())


def test_every_specified_reason_is_in_the_policy_and_no_other() -> None:
    assert list(POLICY.reasons) == [row["code"] for row in table("reason-codes.csv")]


@pytest.mark.parametrize("row", [pytest.param(row, id=row["code"]) for row in table("reason-codes.csv")])
def test_a_reason_says_what_the_specification_says(row: dict[str, str]) -> None:
    reason = POLICY.reasons[row["code"]]
    assert (reason.title.zh, reason.title.en, reason.path) == (row["zh"], row["en"], row["path"])
    assert reason.raised_by == listed(row["raised_by"])
    assert reason.tier == row["tier"].partition(",")[0]
    assert (reason.actions_before, reason.actions_after) == (
        listed(row["actions_before"]),
        listed(row["actions_after"]),
    )
    if row["pcac"] != "01-47":
        assert reason.pcac == listed(row["pcac"])
    if row["evidence"] != "none":
        assert keys(reason.evidence) == [e.replace(" or ", "/").replace("OTP", "otp") for e in listed(row["evidence"])]
    if row["sla_bd"].isdecimal():
        assert (reason.sla_bd, reason.sla_from) == (int(row["sla_bd"]), "submitted")


def test_promises_that_are_no_number_of_days_say_what_they_count_from() -> None:
    unusual = {
        r.code: (r.sla_from, r.sla_bd, r.sla_minutes) for r in POLICY.reasons.values() if r.sla_from != "submitted"
    }
    assert unusual == {
        "M01": ("window_end", None, 30),
        "M02": ("window_end", None, 120),
        "P03": ("deadline", None, None),
        "N01": ("network_submission", 10, None),
        "J01": ("instrument", None, None),
    }


def test_a_risk_list_entry_may_carry_any_code_of_the_clearing_association() -> None:
    pcac = POLICY.reasons["N04"].pcac
    assert (pcac[0], pcac[-1], len(pcac)) == ("01", "47", 47)
    assert POLICY.reasons["R10"].pcac == ("06", "07", "08")


def test_the_timers_of_a_freeze_appeal_are_the_specified_ones() -> None:
    timers = POLICY.timers
    assert timers.freeze_notice_bd == 1
    assert (timers.evidence_bd, timers.evidence_reminders_bd) == (10, (3, 1))
    assert (timers.evidence_extensions, timers.evidence_extension_bd) == (1, 5)
    assert (timers.supplement_bd, timers.supplement_rounds) == (5, 3)
    assert (timers.auto_check_minutes, timers.manual_check_bd) == (10, 1)
    assert (timers.review_1_bd, timers.review_2_bd, timers.approval_validity_bd) == (3, 1, 5)
    assert (timers.hold_rejustify_days, timers.hold_l3_from_day, timers.hold_dispose_day) == (30, 90, 180)
    assert (timers.step_timeout_seconds, timers.step_backoff_first_seconds) == (20, 60)
    assert (timers.step_backoff_most_seconds, timers.step_alert_days, timers.step_alert_every_days) == (3600, 3, 1)
    assert (timers.post_action_days, timers.post_action_reminder_days) == (7, (3, 6))
    assert (timers.post_action_resuspend_day, timers.monitoring_days, timers.reopen_days) == (14, 30, 30)
    assert (timers.microdeposit_days, timers.microdeposit_tries) == (7, 3)
    assert (timers.field_accept_hours, timers.field_visit_city_bd, timers.field_visit_rural_bd) == (4, 2, 5)
    assert (timers.field_no_shows, timers.commitment_reminder_hours) == (2, 4)


# Releases that are not the desk's to decide


def test_some_reasons_are_never_released_and_some_only_by_their_authority() -> None:
    other = {r.code: (r.release, r.instruments) for r in POLICY.reasons.values() if r.release != "allowed"}
    assert other == {
        "R07": ("never", ()),
        "R09": ("never", ()),
        "R10": ("on_instrument", ("D24",)),
        "Q06": ("never", ()),
        "N04": ("on_instrument", ("D24",)),
        "J01": ("on_instrument", ("D24",)),
        "J02": ("aml", ()),
        "F01": ("never", ()),
    }


def test_false_documents_judicial_aml_and_skimming_cases_are_not_reopened() -> None:
    assert [r.code for r in POLICY.reasons.values() if not r.reopenable] == ["R10", "J01", "J02", "F01"]


def test_judicial_aml_and_skimming_money_is_never_disposed_of() -> None:
    assert [r.code for r in POLICY.reasons.values() if not r.disposable] == ["R10", "J01", "J02"]


def test_an_aml_case_shows_exactly_as_a_routine_review() -> None:
    aml, routine = POLICY.reasons["J02"], POLICY.reasons["Q05"]
    assert not aml.disclosable
    assert POLICY.public_reason("J02") is routine
    assert aml.merchant_text == routine.merchant_text
    assert keys(POLICY.public_requirements("J02", "company")) == ["D03", "D12"]
    assert [r.code for r in POLICY.reasons.values() if not r.disclosable] == ["J02"]


@pytest.mark.parametrize("code", POLICY.reasons)
def test_the_due_diligence_form_is_never_listed(code: str) -> None:
    for merchant_type in ("individual", "sole_trader", "company"):
        public = POLICY.public_requirements(code, merchant_type)
        assert all("D25" not in requirement.any_of for requirement in public)


def test_the_due_diligence_form_is_still_required() -> None:
    assert keys(POLICY.requirements("R04", "company")) == ["D05", "D06", "D07", "D14", "D25"]
    assert keys(POLICY.requirements("J02", "company")) == ["D25"]


@pytest.mark.parametrize("code", POLICY.reasons)
def test_every_reason_is_told_to_the_merchant_in_both_languages(code: str) -> None:
    text = POLICY.reasons[code].merchant_text
    assert text.zh.endswith("。")
    assert text.en.endswith(".")
    assert "J02" not in text.en
    assert "laundering" not in text.en
    assert "洗钱" not in text.zh


# Who brings what


def test_a_requirement_with_alternatives_is_met_by_any_of_them() -> None:
    (requirement,) = POLICY.requirements("Q01", "company")
    assert requirement.key == "D01/D03/D20"
    assert requirement.met_by({"D20"})
    assert not requirement.met_by({"D02"})


def test_paying_what_is_due_is_an_alternative_to_a_paper() -> None:
    (requirement,) = POLICY.requirements("A02", "company")
    assert requirement.met_by({"paid"})
    assert POLICY.proofs["paid"].en == "the amount due was paid"


@pytest.mark.parametrize(
    ("reason", "company", "individual"),
    [
        ("R01", ["D01", "D03", "D06", "D07"], ["D03", "D12", "D06", "D07"]),
        ("R08", ["D01", "D12", "D14"], ["D03", "D12", "D14"]),
        ("Q02", ["D01", "D02", "D03"], ["D03", "D12"]),
        ("Q01", ["D01/D03/D20"], ["D03/D20"]),
        ("R02", ["D06", "D08"], ["D06", "D08"]),
        ("R07", [], []),
    ],
)
def test_for_an_individual_identity_card_and_shop_photos_stand_in_for_the_licence(
    reason: str, company: list[str], individual: list[str]
) -> None:
    assert keys(POLICY.requirements(reason, "company")) == company
    assert keys(POLICY.requirements(reason, "sole_trader")) == company
    assert keys(POLICY.requirements(reason, "individual")) == individual


def test_licence_and_identity_card_are_read_by_machine() -> None:
    assert [d.code for d in POLICY.documents.values() if d.machine_read] == ["D01", "D03"]


def test_the_policy_that_names_all_that_is_read_by_machine_lets_the_robot_decide_no_more() -> None:
    after = policies.load("2026-11-27")

    read = {code for code, document in after.documents.items() if document.machine_read}
    assert read == {f"D{n:02d}" for n in (*range(1, 15), *range(17, 21), 23)}
    assert after.robot_rules == POLICY.robot_rules
    assert (after.reasons, after.tiers, after.timers) == (POLICY.reasons, POLICY.tiers, POLICY.timers)


def test_papers_about_one_event_do_not_stand_for_later_cases() -> None:
    assert POLICY.documents["D01"].reusable
    assert not POLICY.documents["D06"].reusable
    assert not POLICY.documents["D08"].reusable


def test_a_verified_document_stands_for_twelve_months() -> None:
    assert POLICY.on_file_from(date(2026, 11, 23)) == date(2025, 11, 23)


def test_only_the_named_sources_may_raise_a_reason() -> None:
    assert POLICY.may_raise("risk", "R01")
    assert not POLICY.may_raise("officer", "R01")
    assert POLICY.may_raise("aml", "J02")
    assert not POLICY.may_raise("risk", "J02")
    assert not POLICY.may_raise("", "R01")


def test_a_freeze_appeal_knows_the_risk_security_judicial_and_false_document_reasons() -> None:
    own = [code for code, reason in POLICY.reasons.items() if "K1" in reason.case_kinds]
    assert own == [code for code in POLICY.reasons if code[0] in "RSJ" or code == "F01"]
    assert POLICY.reasons["M01"].case_kinds == ()


def test_field_service_may_be_sent_for_a_moved_or_an_attacked_terminal() -> None:
    assert [r.code for r in POLICY.reasons.values() if r.field_service] == ["R06", "S02"]


# Who decides


@pytest.mark.parametrize(
    ("reason", "held_fen", "tier"),
    [
        ("S03", 0, "L0"),
        ("R01", 4_999_999, "L1"),
        ("R01", 5_000_000, "L2"),
        ("R03", 0, "L2"),
        ("N02", 0, "L2"),  # the network's reasons need four eyes, whatever their own tier
        ("R10", 5_000_000, "L3"),
    ],
)
def test_the_tier_is_the_reasons_own_unless_amount_or_kind_raise_it(reason: str, held_fen: int, tier: str) -> None:
    assert POLICY.tier_of(reason, held_fen) == tier


def test_a_penalty_a_waiver_a_changed_payee_or_a_reopening_needs_four_eyes() -> None:
    assert POLICY.tier_of("R02", 100) == "L1"
    assert POLICY.tier_of("R02", 100, penalty_fen=1) == "L2"
    assert POLICY.tier_of("R02", 100, waived=True) == "L2"
    assert POLICY.tier_of("R02", 100, payee_changed=True) == "L2"
    assert POLICY.tier_of("R02", 100, reopened=True) == "L2"
    assert POLICY.tier_of("R10", 100, reopened=True) == "L3"
    assert highest("L1", "L3", "L2") == "L3"


def test_at_l3_a_supervisor_decides_first_and_then_the_compliance_head() -> None:
    assert POLICY.tiers.roles("L3", 1) == ("supervisor",)
    assert POLICY.tiers.roles("L3", 2) == ("compliance_head",)
    assert "reviewer" in POLICY.tiers.roles("L2", 2)
    assert POLICY.tiers.roles("L1", 2) == ()
    assert [tier for tier in POLICY.tiers.reviewers if "robot" in POLICY.tiers.roles(tier, 1)] == ["L0"]


def test_the_robot_lifts_a_lock_out_when_the_identity_card_passed_and_nothing_else_is_open() -> None:
    rule = POLICY.robot_rule(reason="S03", tier="L0", passed={"D03"}, other_open_controls=0, held_fen=0)
    assert rule is not None
    assert (rule.name, rule.decision) == ("L0-S03-identity", "approve")


@pytest.mark.parametrize(
    "other",
    [
        {"reason": "S01"},
        {"tier": "L1"},
        {"passed": set()},
        {"other_open_controls": 1},
        {"held_fen": 1},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_person_decides_when_any_condition_of_the_robot_fails(other: dict[str, object]) -> None:
    fits: dict[str, object] = {
        "reason": "S03",
        "tier": "L0",
        "passed": {"D03"},
        "other_open_controls": 0,
        "held_fen": 0,
    }
    assert POLICY.robot_rule(**(fits | other)) is None


def test_higher_tiers_and_larger_amounts_rank_earlier() -> None:
    queue = POLICY.queue
    assert queue.lease_minutes == 15
    assert queue.tier_boost_minutes["L1"] < queue.tier_boost_minutes["L2"] < queue.tier_boost_minutes["L3"]
    assert queue.amount_boost(999_999) == 0
    assert queue.amount_boost(1_000_000) < queue.amount_boost(5_000_000) < queue.amount_boost(50_000_000)
