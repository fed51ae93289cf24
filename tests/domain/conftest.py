"""Freeze appeals, named by the state they are in. The first appeal is tier L2: R01 with ¥86,420.00 held."""

import pytest

from tests.domain.appeals import Appeal, a_control
from tests.domain.specification import Past

HELD = 8_642_000
APPEAL = Appeal(a_control(held_fen=HELD))


@pytest.fixture(scope="session")
def terminal_just_frozen() -> Past:
    return APPEAL.just_frozen()
