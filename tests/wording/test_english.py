"""Whoever reads English reads nothing in Chinese: every sentence the product has in English, wherever it stands.

What people typed (names of persons and merchants, statements, references) is as they wrote it, and is no such sentence.
"""

from __future__ import annotations

import ast
import csv
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from desk.refusals import REFUSALS as OF_THE_DESK
from domain.refusals import REFUSALS as OF_THE_RULES
from policies import retention

HOME = Path(__file__).parents[2]
PACKAGES = ("activities", "desk", "domain", "journal", "partners", "policies", "wording", "workers", "workflows")
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
IN_THEIR_OWN_LANGUAGE = {"中文"}
"""What is offered to whoever reads Chinese is called as they call it."""


def files(ending: str) -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((HOME / package).rglob(f"*.{ending}"))


def chinese(sentences: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(place, text) for place, text in sentences if CHINESE.search(text) and text not in IN_THEIR_OWN_LANGUAGE]


def test_no_english_column_of_a_table_has_chinese() -> None:
    def cells() -> Iterator[tuple[str, str]]:
        for path in files("csv"):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    for column, text in row.items():
                        if column == "en" or str(column).endswith("_en"):
                            yield f"{path.name}: {column}", text or ""

    assert len(list(cells())) > 2000
    assert chinese(cells()) == []


def test_no_english_refusal_has_chinese() -> None:
    assert chinese((code, en) for code, (_, _, en) in {**OF_THE_RULES, **OF_THE_DESK}.items()) == []


def test_no_english_letter_has_chinese() -> None:
    letters = list(files("en.txt"))
    assert len(letters) > 30
    assert chinese((path.name, path.read_text(encoding="utf-8")) for path in letters) == []


def test_no_english_sentence_of_a_policy_has_chinese() -> None:
    def sentences(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from sentences(inner, name)
        elif isinstance(value, list):
            for inner in value:
                yield from sentences(inner, key)
        elif key == "en" or key.endswith("_en"):
            yield key, str(value)

    for path in files("toml"):
        assert chinese(sentences(tomllib.loads(path.read_text(encoding="utf-8")))) == [], path
    for version in retention.versions():
        assert chinese((one.name, one.source.en) for one in retention.load(version).periods) == []


TAKES_BOTH = re.compile(r"def (\w+)\(([^)]*)\bzh: str, en: str\b")


def takes_both(sources: Iterable[str]) -> dict[str, int]:
    """Whatever is called with a sentence in Chinese and then in English, and where the English one stands."""
    found = {"Text": 1}
    for source in sources:
        for name, before in TAKES_BOTH.findall(source):
            found[name] = before.replace("self,", "").count(",") + 1
    return found


def english_in(source: str, both: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Every piece of text in what is called with an English sentence, and the Chinese of a text in both languages."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        english = [word.value for word in node.keywords if word.arg == "en"]
        if name in both:
            english += node.args[both[name] : both[name] + 1]
        for part in (part for one in english for part in ast.walk(one)):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield f"line {node.lineno}", part.value
            if isinstance(part, ast.Attribute) and part.attr == "zh":
                yield f"line {node.lineno}", "中文 of a text in both languages"


def test_no_english_sentence_in_the_code_has_chinese() -> None:
    sources = {path: source for path in files("py") if CHINESE.search(source := path.read_text(encoding="utf-8"))}
    both = takes_both(sources.values())
    assert both["not_found"] == 1
    assert both["field_error"] == 2
    found = {path.name: list(english_in(source, both)) for path, source in sources.items()}
    assert sum(map(len, found.values())) > 300
    assert {name: wrong for name, told in found.items() if (wrong := chinese(iter(told)))} == {}
