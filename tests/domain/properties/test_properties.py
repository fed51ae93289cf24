"""What must always hold, tried by people, partners and clocks doing whatever they like, thousands of times.

`World` checks it after every event against `Books`, which are kept from the raw entries alone; `Cooperation` shows that
from wherever a case got to, people and partners of good will can bring it to its end.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from domain import commands as c
from domain.actors import Actor
from domain.case import Status
from tests.domain.appeals import Appeal
from tests.domain.properties.cooperation import Cooperation
from tests.domain.properties.moves import Moves, an_appeal_of
from tests.domain.properties.world import World

STORIES = 150
MOVES = 120

dice = st.randoms(use_true_random=False)


def a_world(throw: random.Random) -> World:
    reason_code, control = an_appeal_of(throw)
    return World(Appeal.of(reason_code, merchant_type=throw.choice(("company", "individual")), **control))


@pytest.mark.parametrize("story", range(STORIES))
def test_whatever_happens_what_must_hold_holds_and_the_case_can_be_brought_to_its_end(story: int) -> None:
    throw = random.Random(story)
    world = a_world(throw)
    moves, good_will = Moves(world, throw), Cooperation(world)
    for _ in range(throw.choice((0, 0, 10, 20, 30, 40, 45))):
        if not good_will.over():
            good_will.next_act()
    share = throw.choice((10, 50, 80))
    for _ in range(MOVES):
        if good_will.over():
            break
        if moves.chance(share):
            good_will.next_act()
        else:
            moves.any_move()
    world.check_record()
    good_will.bring_to_an_end()
    world.check_record()
    if not world.case.standing_controls:
        assert world.case.finished


class AnyCase(RuleBasedStateMachine):
    """The same, with Hypothesis choosing: a failure is shrunk to the shortest story that shows it."""

    world: World

    @initialize(throw=dice, acts=st.sampled_from((0, 5, 15, 25, 35)))
    def a_terminal_is_frozen(self, throw: random.Random, acts: int) -> None:
        self.world = a_world(throw)
        self.good_will = Cooperation(self.world)
        for _ in range(acts):
            if not self.good_will.over():
                self.good_will.next_act()

    def moves(self, throw: random.Random) -> Moves:
        return Moves(self.world, throw)

    @rule(throw=dice)
    def a_person_acts(self, throw: random.Random) -> None:
        self.moves(throw).a_person_acts()

    @rule(throw=dice)
    def anyone_asks_anything(self, throw: random.Random) -> None:
        self.moves(throw).anyone_asks_anything()

    @rule(acts=st.integers(1, 6))
    def good_will_goes_on(self, acts: int) -> None:
        for _ in range(acts):
            if not self.good_will.over():
                self.good_will.next_act()

    @rule(throw=dice)
    def a_control_is_added(self, throw: random.Random) -> None:
        self.moves(throw).a_control_is_added()

    @rule(throw=dice)
    def a_control_is_enforced(self, throw: random.Random) -> None:
        self.moves(throw).a_control_is_enforced()

    @rule(throw=dice)
    def the_party_changes(self, throw: random.Random) -> None:
        self.moves(throw).the_party_changes()

    @precondition(lambda self: self.world.case.status in {Status.SUBMITTED, Status.PENDING_CHECK})
    @rule(throw=dice)
    def verification_answers(self, throw: random.Random) -> None:
        self.moves(throw).verification_answers()

    @precondition(lambda self: bool(self.world.case.release.steps) or self.world.case.status is Status.APPROVED)
    @rule(throw=dice)
    def the_release_goes_on(self, throw: random.Random) -> None:
        self.moves(throw).the_release_goes_on()

    @precondition(lambda self: bool(self.world.case.release.steps))
    @rule(throw=dice)
    def the_bank_speaks(self, throw: random.Random) -> None:
        self.moves(throw).the_bank_speaks()

    @precondition(lambda self: bool(self.world.case.release.steps))
    @rule(throw=dice)
    def a_step_is_meddled_with(self, throw: random.Random) -> None:
        self.moves(throw).a_step_is_meddled_with()

    @rule(throw=dice)
    def an_order_comes(self, throw: random.Random) -> None:
        self.moves(throw).an_order_comes()

    @precondition(lambda self: self.world.case.status is Status.SUSPENDED_LEGAL)
    @rule(throw=dice)
    def the_rest_is_let_go(self, throw: random.Random) -> None:
        self.moves(throw).the_rest_is_let_go()

    @precondition(lambda self: self.world.case.status is Status.POST_ACTIONS)
    @rule(throw=dice)
    def the_account_is_checked(self, throw: random.Random) -> None:
        self.moves(throw).the_account_is_checked()

    @rule(throw=dice)
    def a_deadline_passes(self, throw: random.Random) -> None:
        self.moves(throw).a_deadline_passes()

    @rule(throw=dice)
    def time_goes_by(self, throw: random.Random) -> None:
        self.moves(throw).time_goes_by()

    @rule(throw=dice)
    def a_notice_is_sent(self, throw: random.Random) -> None:
        self.moves(throw).a_notice_is_sent()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.check_record()
            self.good_will.bring_to_an_end()
            self.world.check_record()


AnyCase.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestAnyCase = AnyCase.TestCase


# --- that the books would object ------------------------------------------------------------------------------------


def brought_to(status: Status) -> tuple[World, Cooperation]:
    world = World(Appeal())
    good_will = Cooperation(world)
    while world.case.status is not status:
        good_will.next_act()
    return world, good_will


def test_the_books_object_when_one_reviewer_decides_alone_what_two_must() -> None:
    """The world is not blind: told that the case is of a higher tier than the rules think, it says so."""
    world, _ = brought_to(Status.APPROVED)
    world.books.floor = "L2"
    with pytest.raises(AssertionError, match="a release at L2 with 1 approvals"):
        world.ask(c.Execute())


def test_the_books_object_when_a_reviewer_uploaded_evidence() -> None:
    world, _ = brought_to(Status.IN_REVIEW_1)
    world.books.uploaders.add("reviewer-late")
    with pytest.raises(AssertionError, match="uploaded evidence"):
        world.ask(c.JudgeDocument(world.case.evidence.documents[-1].document_id, "accept", "x"), _late())


def test_the_books_object_to_a_release_of_more_than_is_held() -> None:
    world, good_will = brought_to(Status.APPROVED)
    assert world.books.first is not None
    world.books.controls["C1"].held -= 1
    with pytest.raises(AssertionError, match="approved of"):
        good_will.next_act()


def _late() -> Actor:
    return Actor("reviewer-late", ("reviewer",))
