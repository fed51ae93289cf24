"""Freeze appeals, named by the state they are in: R01 with ¥86,420.00 held, so tier L2 with two reviewers. A `small`
one has ¥30,000.00 held: tier L1, one reviewer."""

import pytest

from tests.domain.appeals import HELD, Appeal, a_control
from tests.domain.specification import Past

APPEAL = Appeal(a_control(held_fen=HELD))
SMALL = Appeal()


@pytest.fixture(scope="session")
def terminal_just_frozen() -> Past:
    return APPEAL.just_frozen()


@pytest.fixture(scope="session")
def terminal_frozen() -> Past:
    return APPEAL.frozen()


@pytest.fixture(scope="session")
def appeal_reason_confirmed() -> Past:
    return APPEAL.reason_confirmed()


@pytest.fixture(scope="session")
def appeal_in_draft() -> Past:
    return APPEAL.draft()


@pytest.fixture(scope="session")
def appeal_with_documents() -> Past:
    return APPEAL.with_documents()


@pytest.fixture(scope="session")
def appeal_submitted() -> Past:
    return APPEAL.submitted()


@pytest.fixture(scope="session")
def appeal_just_checked() -> Past:
    """The machine has read what it can; nobody has judged the rest."""
    return APPEAL.checked()


@pytest.fixture(scope="session")
def appeal_awaiting_supplement() -> Past:
    """Reviewer 1 asked for D06 anew."""
    return APPEAL.awaiting_supplement()


@pytest.fixture(scope="session")
def appeal_awaiting_first_review() -> Past:
    return APPEAL.awaiting_first_review()


@pytest.fixture(scope="session")
def appeal_awaiting_second_review() -> Past:
    return APPEAL.first_approved()


@pytest.fixture(scope="session")
def appeal_approved() -> Past:
    return APPEAL.approved()


@pytest.fixture(scope="session")
def appeal_executing() -> Past:
    return APPEAL.executing()


@pytest.fixture(scope="session")
def appeal_released() -> Past:
    return APPEAL.released()


@pytest.fixture(scope="session")
def appeal_rejected() -> Past:
    return APPEAL.rejected()


@pytest.fixture(scope="session")
def appeal_withdrawn() -> Past:
    return APPEAL.withdrawn()


@pytest.fixture(scope="session")
def appeal_expired() -> Past:
    return APPEAL.expired()


@pytest.fixture(scope="session")
def small_appeal_awaiting_review() -> Past:
    return SMALL.awaiting_first_review()


@pytest.fixture(scope="session")
def small_appeal_approved() -> Past:
    return SMALL.approved()
