"""What the console says: every label, name and sentence in zh and en, by group and key.

They are data, in `words/<group>.csv`; a key without a text in one of the languages is refused when they are read.
What the policies name (reasons, documents, actions) is taken from the policies.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from domain.text import Text

_HOME = Path(__file__).parent / "words"


class WordsError(ValueError):
    """A file of words that cannot be used; says which line."""


@cache
def words(group: str) -> Mapping[str, Text]:
    """The texts of a group by key. Raises WordsError, and FileNotFoundError for no such group."""
    path = _HOME / f"{group}.csv"
    found: dict[str, Text] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, strict=True), start=2):
            key, zh, en = (row.get(name) or "" for name in ("key", "zh", "en"))
            if not (key and zh and en) or None in row or key in found:
                raise WordsError(f"{path.name}, line {number}: each line is a new key with its zh and en")
            found[key] = Text(zh, en)
    return found


def groups() -> tuple[str, ...]:
    """The groups there are."""
    return tuple(sorted(path.stem for path in _HOME.glob("*.csv")))


def word(group: str, key: str) -> Text:
    """One text. Raises KeyError for one that is missing: the tests see to it that none is."""
    try:
        return words(group)[key]
    except KeyError:
        raise KeyError(f"no words for {group}.{key}") from None
