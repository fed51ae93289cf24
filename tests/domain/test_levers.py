"""Levers: a policy with some numbers moved is a version of its own, which says everything; two people move one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

import policies
from domain import levers
from domain.actors import Actor
from domain.policy_changes import (
    EVENTS,
    STREAM,
    Changes,
    Event,
    PolicyChangeConfirmed,
    PolicyChangeDropped,
    PolicyChangeProposed,
    confirm,
    draft,
    drop,
    in_force,
    moved_meanwhile,
    wrong_with,
)
from domain.refusals import Refused
from domain.stream import Head, seal
from policies import PolicyError
from policies.levers import lever
from policies.levers import levers as levers_of

BASE = policies.load("2026-11-01")
TODAY = date(2026, 11, 27)
LATER = date(2026, 12, 10)
SUPERVISOR, COMPLIANCE = Actor("supervisor1", ("supervisor",)), Actor("compliance1", ("compliance_head",))
EVIDENCE = PolicyChangeProposed("PC-1", "2026-11-01", "timers.evidence_bd", "10", "12", "slow couriers", "2026-12-10")


def changes(*events: tuple[Actor, Event]) -> Changes:
    """What stands after these acts."""
    made, head = Changes(), Head()
    for actor, event in events:
        (entry,) = seal(
            STREAM, head, [draft(event, head.position + 1)], occurred_at="2026-11-27T02:00:00.000000+00:00",
            actor=actor.signing_as(actor.roles), command_id=f"c{head.position}",
        )  # fmt: skip
        made, head = made.after([entry]), Head(entry.position, entry.hash)
    return made


def confirmed(*proposals: PolicyChangeProposed) -> Changes:
    """Proposals of a supervisor, each confirmed by the compliance head in its turn."""
    acts: list[tuple[Actor, Event]] = []
    for proposal in proposals:
        acts.append((SUPERVISOR, proposal))
        told = confirm(changes(*acts), proposal.change_id, BASE, COMPLIANCE, TODAY)
        assert isinstance(told, PolicyChangeConfirmed)
        acts.append((COMPLIANCE, told))
    return changes(*acts)


def wrong(**changed: str) -> list[tuple[str, str]]:
    proposal = replace(EVIDENCE, **changed)
    known = lever(BASE, proposal.lever)
    assert known is not None
    return [(one.field, one.text.en) for one in wrong_with(proposal, known, Changes(), BASE, TODAY)]


# --- versions -------------------------------------------------------------------------------------------------------


def test_a_version_spells_out_what_was_moved_and_is_read_from_nothing_else() -> None:
    version = levers.version_of("2026-11-01", 3, {"timers.quiet_from": "22:00", "timers.evidence_reminders_bd": "5;2"})
    assert version == "2026-11-01+3(timers.evidence_reminders_bd=5;2,timers.quiet_from=22:00)"
    policy = policies.load(version)
    assert (policy.timers.quiet_from, policy.timers.evidence_reminders_bd) == (time(22), (5, 2))
    assert (policy.version, policy.timers.evidence_bd) == (version, 10)
    assert policy.digest not in {BASE.digest, policies.load(version.replace("22:00", "22:30")).digest}
    assert (levers.short(version), policies.load(version) is policy) == ("2026-11-01+3", True)


def test_every_lever_moves_its_own_number_and_no_other() -> None:
    for one in levers_of(BASE):
        stands = levers.read(BASE, one.key)
        would = one.most if not isinstance(stands, tuple) else (one.most,)
        value = would if would != stands else one.least
        moved = policies.load(levers.version_of("2026-11-01", 1, {one.key: levers.written(value)}))
        assert [
            other.key for other in levers_of(BASE) if levers.read(moved, other.key) != levers.read(BASE, other.key)
        ] == [one.key]


@pytest.mark.parametrize(
    ("spelt", "complaint"),
    [
        ("timers.nothing=3", "2026-11-01 has no lever 'timers.nothing'"),
        ("timers.evidence_bd=soon", "'soon' is no whole number"),
        ("timers.quiet_from=25:00", "'25:00' is no time of day"),
        ("reviewers.L1=3", "has no lever"),
    ],
)
def test_a_version_that_cannot_be_is_refused_with_what_is_wrong(spelt: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        policies.load(f"2026-11-01+1({spelt})")


def test_the_levers_of_the_shipped_policy_contradict_nothing_and_have_names_of_their_own() -> None:
    assert list(levers.contradictions(BASE)) == []
    for titles in ([one.title.zh for one in levers_of(BASE)], [one.title.en for one in levers_of(BASE)]):
        assert len(set(titles)) == len(titles)


# --- proposals ------------------------------------------------------------------------------------------------------


def test_what_a_value_may_be_is_told_at_its_field() -> None:
    assert wrong(new="40") == [("new", "It must be from 5 to 30")]
    assert wrong(new="ten") == [("new", "Give a whole number")]
    assert wrong(new="10") == [("new", "This is what it stands at already")]
    assert wrong(effective="2026-11-26") == [("effective", "It must be from 2026-11-27 to 2027-05-26")]
    assert wrong(lever="tiers.l2_from_fen", old="5000000", new="999999999999") == [
        ("new", "It must be from ¥0.00 to ¥1,000,000.00")
    ]
    assert wrong(lever="timers.evidence_reminders_bd", old="3;1", new="x") == [
        ("new", "Give whole numbers with commas between, such as 3, 1")
    ]
    assert wrong() == []


def test_a_value_must_go_with_the_others_on_its_day_and_on_the_days_after() -> None:
    assert wrong(lever="timers.evidence_reminders_bd", old="3;1", new="10") == [
        ("new", "evidence reminders come from far to near, each below the 10 business days there are")
    ]
    shorter = confirmed(replace(EVIDENCE, new="5"))
    reminders = replace(
        EVIDENCE, change_id="PC-2", lever="timers.evidence_reminders_bd", old="3;1", new="7;1", effective="2026-11-28"
    )
    known = lever(BASE, reminders.lever)
    assert known is not None
    (one,) = wrong_with(reminders, known, shorter, BASE, TODAY)
    assert "below the 5 business days" in one.text.en, "it would not hold once the period is shorter"


# --- four eyes ------------------------------------------------------------------------------------------------------


def test_who_proposed_may_not_confirm_and_a_second_supervisor_is_not_enough() -> None:
    proposed = changes((SUPERVISOR, EVIDENCE))
    for actor, code in (
        (SUPERVISOR, "own-proposal"),
        (Actor("supervisor2", ("supervisor",)), "compliance-head-needed"),
    ):
        told = confirm(proposed, "PC-1", BASE, actor, TODAY)
        assert isinstance(told, Refused)
        assert (told.code, told.status) == (code, 403)
    both = Actor("both", ("compliance_head", "supervisor"))
    told = confirm(changes((both, EVIDENCE)), "PC-1", BASE, both, TODAY)
    assert isinstance(told, Refused), "one person with both roles is one person"
    by_head = changes((COMPLIANCE, EVIDENCE))
    assert isinstance(confirm(by_head, "PC-1", BASE, SUPERVISOR, TODAY), PolicyChangeConfirmed)


def test_a_confirmed_change_counts_from_its_day_or_from_the_day_it_is_confirmed() -> None:
    made = confirmed(EVIDENCE)
    assert in_force(made, BASE, TODAY) is BASE
    then = in_force(made, BASE, LATER)
    assert (then.version, then.timers.evidence_bd) == ("2026-11-01+1(timers.evidence_bd=12)", 12)
    told = confirm(changes((SUPERVISOR, EVIDENCE)), "PC-1", BASE, COMPLIANCE, date(2026, 12, 20))
    assert isinstance(told, PolicyChangeConfirmed)
    assert (told.effective, told.version, told.digest) == ("2026-12-20", then.version, then.digest)


def test_changes_add_up_in_the_order_of_their_days() -> None:
    tiers = replace(
        EVIDENCE, change_id="PC-2", lever="tiers.l2_from_fen", old="5000000", new="6000000", effective="2026-11-28"
    )
    made = confirmed(EVIDENCE, tiers)
    assert made.version_on("2026-11-01", date(2026, 11, 30)) == "2026-11-01+2(tiers.l2_from_fen=6000000)"
    assert made.version_on("2026-11-01", LATER) == "2026-11-01+1(tiers.l2_from_fen=6000000,timers.evidence_bd=12)"
    assert made.version_on("2027-01-01", LATER) == "2027-01-01", "a new dated policy begins with its own numbers"


def test_a_proposal_whose_lever_moved_meanwhile_is_stale() -> None:
    other = replace(EVIDENCE, change_id="PC-2", new="15")
    made = changes((SUPERVISOR, EVIDENCE), (SUPERVISOR, other))
    first = confirm(made, "PC-2", BASE, COMPLIANCE, TODAY)
    assert isinstance(first, PolicyChangeConfirmed)
    made = changes((SUPERVISOR, EVIDENCE), (SUPERVISOR, other), (COMPLIANCE, first))
    told = confirm(made, "PC-1", BASE, COMPLIANCE, TODAY)
    assert isinstance(told, Refused)
    assert told.text.en.startswith(
        "timers.evidence_bd is no longer 10 but 15 (policy 2026-11-01+1, moved by supervisor1)"
    )
    assert moved_meanwhile(replace(EVIDENCE, old="15"), made, BASE, LATER) is None


def test_what_was_settled_cannot_be_settled_again() -> None:
    dropped = drop(changes((SUPERVISOR, EVIDENCE)), "PC-1", "not now")
    assert isinstance(dropped, PolicyChangeDropped)
    made = changes((SUPERVISOR, EVIDENCE), (COMPLIANCE, dropped))
    for told in (confirm(made, "PC-1", BASE, COMPLIANCE, TODAY), drop(made, "PC-1", "again")):
        assert isinstance(told, Refused)
        assert told.code == "proposal-settled"
    assert made.version_on("2026-11-01", LATER) == "2026-11-01"


# --- the wire -------------------------------------------------------------------------------------------------------

WIRE: tuple[tuple[Event, str], ...] = (
    (
        EVIDENCE,
        (
            '{"base":"2026-11-01","change_id":"PC-1","effective":"2026-12-10","lever":"timers.evidence_bd","new":"12",'
            '"old":"10","reason":"slow couriers"}'
        ),
    ),
    (
        PolicyChangeConfirmed("PC-1", 1, "2026-12-10", "2026-11-01+1(timers.evidence_bd=12)", "ab"),
        (
            '{"change_id":"PC-1","digest":"ab","effective":"2026-12-10","number":1,'
            '"version":"2026-11-01+1(timers.evidence_bd=12)"}'
        ),
    ),
    (PolicyChangeDropped("PC-1", "not now"), '{"change_id":"PC-1","reason":"not now"}'),
)


@pytest.mark.parametrize(("event", "body"), WIRE, ids=[type(event).__name__ for event, _ in WIRE])
def test_an_event_is_written_as_its_example(event: Event, body: str) -> None:
    assert draft(event, 1).data == body, "a shipped form never changes"
    assert {type(one).__name__ for one, _ in WIRE} == set(EVENTS)
