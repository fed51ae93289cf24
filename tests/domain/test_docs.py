"""The pages of docs/ that are drawn from the code say what the code says."""

import re
from pathlib import Path

import pytest

from docs.generate import PAGES, stale
from domain.refusals import REFUSALS, refuse
from domain.wire import EVENTS

ROOT = Path(__file__).parents[2]


def test_the_generated_pages_are_up_to_date() -> None:
    assert stale() == [], "run make docs"


def test_every_generated_page_is_there() -> None:
    assert all((ROOT / "docs" / name).is_file() for name in PAGES)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_says_in_words_what_happened(name: str) -> None:
    assert not (EVENTS[name].__doc__ or "").startswith(f"{name}("), "write a docstring: docs/events.md shows it"


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_speaks_both_languages_of_the_same_facts(code: str) -> None:
    status, zh, en = REFUSALS[code]
    assert status in {403, 409}
    assert re.search(r"[一-鿿]", zh)
    assert not re.search(r"[一-鿿]", en)
    facts = set(re.findall(r"\{(\w+)\}", zh))
    assert facts == set(re.findall(r"\{(\w+)\}", en))
    assert "{" not in refuse(code, **dict.fromkeys(facts, "x")).text.zh


def test_every_refusal_is_given_somewhere() -> None:
    sources = [path for room in ("domain", "workflows", "journal", "desk") for path in (ROOT / room).rglob("*.py")]
    said = " ".join(path.read_text(encoding="utf-8") for path in sources if path.name != "refusals.py")
    assert [code for code in REFUSALS if f'"{code}"' not in said] == []
