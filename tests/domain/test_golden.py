"""Each event's form on the wire, fixed by an example in `golden/`. A shipped form never changes: another form of an
event is a new number, with a file of its own and an upcaster."""

import json
from pathlib import Path

import pytest

from domain.stream import canonical
from domain.wire import EVENTS, FORMS, NAMES, decode, encode

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = sorted(GOLDEN.glob("*.json"))


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_has_an_example_of_each_of_its_forms(name: str) -> None:
    forms = range(1, FORMS.newest(name) + 1)
    missing = [f"golden/{name}.{form}.json" for form in forms if not (GOLDEN / f"{name}.{form}.json").is_file()]
    assert missing == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_event_is_written_as_its_example(path: Path) -> None:
    example = json.loads(path.read_text(encoding="utf-8"))
    name, form = example["type"], example["form"]
    assert path.name == f"{name}.{form}.json"
    event = decode(name, form, canonical(example["data"]))
    assert NAMES[type(event)] == name
    if form == FORMS.newest(name):
        assert encode(event) == canonical(example["data"]), "a shipped form never changes"


def test_no_example_is_left_of_an_event_that_does_not_exist() -> None:
    assert {path.stem.partition(".")[0] for path in EXAMPLES} == set(EVENTS)
