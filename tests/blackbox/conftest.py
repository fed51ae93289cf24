"""One whole stack for all tests here: started by the command anyone types, in a folder of its own, closed at the end.

Nothing but `stack.json`, the API's contract and the sample files is used.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from samples.portfolio import MERCHANTS, TERMINALS
from tests.blackbox.desk import Case, Desk, run_thaw
from workers.stack.ports import USUAL, is_free

LAST = ("test_books.py", "test_personal_data.py", "test_closing_the_desk.py")
"""They look at what all others left behind; the tests of the very last stop the stack."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests that look back, or stop the stack, behind all others of this folder."""
    here = Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    ordered = iter(sorted(ours, key=lambda item: LAST.index(item.path.name) if item.path.name in LAST else -1))
    items[:] = [next(ordered) if here in item.path.parents else item for item in items]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk, with the sample portfolio imported."""
    folder = tmp_path_factory.mktemp("a desk") / ".thaw"
    _take_unusual_ports(folder)
    up = run_thaw(folder, "up", "--detach")
    try:
        assert up.returncode == 0, f"{up.stdout}\n{up.stderr}"
        imported = run_thaw(folder, "import", str(MERCHANTS), str(TERMINALS), "--json")
        assert imported.returncode == 0, f"{imported.stdout}\n{imported.stderr}"
        desk = Desk(folder)
        with desk.http:
            yield desk
    finally:
        run_thaw(folder, "down")


def _take_unusual_ports(folder: Path) -> None:
    """Ports nobody else is likely to choose at the same moment: the usual ones belong to a desk someone opens
    meanwhile, the highest to outgoing connections."""
    folder.mkdir()
    free = (port for port in random.sample(range(20_000, 32_000), 200) if is_free(port))
    (folder / "ports.json").write_text(json.dumps({name: next(free) for name in USUAL}))


@pytest.fixture
def appeal(desk: Desk) -> Case:
    """A small appeal of the demo merchant (R02: two papers, one reviewer) in its first review."""
    return desk.freeze().ready()
