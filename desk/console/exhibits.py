"""A case's papers as a reviewer goes through them: which came last, what they took the place of, and what the machine
read on them, laid over the page and compared with the paper before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.console import names
from desk.console.casefacts import CasePage
from desk.console.checklist import Paper
from desk.language import Language

DOUBTFUL = 0.8
"""Below this confidence a field is marked: the reviewer should read it themselves."""
GRID = 1000
"""Boxes are given in thousandths of the page's sides."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A paper in its place in the review. `number` is its key (1 to 9); `former` the paper it took the place of."""

    number: int
    paper: Paper
    former: Paper | None
    fresh: bool
    """Whether it came in after the last time papers were asked for."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a field stands on its page, in thousandths, and its number in the list beside it."""

    number: int
    label: str
    left: int
    top: int
    width: int
    height: int
    doubtful: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A field that was read: its confidence in percent, and what stood on the former paper where that differs."""

    number: int
    label: str
    value: str
    confidence: int
    page: int
    doubtful: bool
    changed: bool
    former: str | None


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison the machine made: `standing` is passed, failed or unsure."""

    standing: str
    text: str


@dataclass(frozen=True, slots=True)
class Read:
    """A paper as the machine read it."""

    lines: tuple[Line, ...] = ()
    checks: tuple[Check, ...] = ()
    boxes: Mapping[int, tuple[Box, ...]] | None = None

    def on(self, page: int) -> tuple[Box, ...]:
        return (self.boxes or {}).get(page, ())


def exhibits(page: CasePage, asked_at: str | None) -> list[Exhibit]:
    """The papers to look at, in the order of the checklist: each newest one, superseded ones behind it."""
    papers = [paper for line in page.wanted for paper in line.papers] + list(page.others)
    papers = list({paper.document_id: paper for paper in papers}.values())
    shown = [paper for paper in papers if not _superseded(paper, papers)]
    return [
        Exhibit(number, paper, _former(paper, papers), asked_at is not None and paper.added_at > asked_at)
        for number, paper in enumerate(shown, start=1)
    ]


def _out(paper: Paper) -> bool:
    return paper.asked_anew or paper.state in {"rejected", "failed"}


def _superseded(paper: Paper, papers: Sequence[Paper]) -> bool:
    """Whether another of its type came after it was refused."""
    return _out(paper) and any(p.doc_type == paper.doc_type and p.added_at > paper.added_at for p in papers)


def _former(paper: Paper, papers: Sequence[Paper]) -> Paper | None:
    """The refused paper of its type that came last before it."""
    before = [p for p in papers if p.doc_type == paper.doc_type and p.added_at < paper.added_at and _out(p)]
    return max(before, key=lambda p: p.added_at, default=None)


def shown(found: Sequence[Exhibit], document_id: str) -> Exhibit | None:
    """The paper asked for; else the first that still wants a verdict, fresh ones first; else the first."""
    for exhibit in found:
        if exhibit.paper.document_id == document_id:
            return exhibit
    order = sorted(found, key=lambda e: (settled(e), not e.fresh))
    return order[0] if order else None


def settled(exhibit: Exhibit) -> bool:
    """Whether the paper needs no verdict any more."""
    return exhibit.paper.judge is None or exhibit.paper.state in {"passed", "accepted", "on_file", "rejected"}


def read(reading: Mapping[str, Any] | None, former: Mapping[str, Any] | None, language: Language) -> Read:
    """What the machine read, beside what it had read on the former paper."""
    if reading is None:
        return Read()
    old = {field["name"]: field["value"] for field in (former or {}).get("fields", ())}
    lines: list[Line] = []
    boxes: dict[int, tuple[Box, ...]] = {}
    for number, field in enumerate(reading.get("fields", ()), start=1):
        line = _line(number, field, old if former else None, language)
        lines.append(line)
        if field.get("box"):
            boxes[line.page] = (*boxes.get(line.page, ()), _box(line, field["box"]))
    return Read(tuple(lines), tuple(_check(check, language) for check in reading.get("checks", ())), boxes)


def _line(number: int, field: Mapping[str, Any], old: Mapping[str, str] | None, language: Language) -> Line:
    confidence = float(field.get("confidence") or 0)
    changed = old is not None and old.get(field["name"]) != field["value"]
    return Line(
        number=number,
        label=names.read_field(field["name"], language),
        value=str(field["value"]),
        confidence=round(100 * confidence),
        page=int(field.get("page") or 1),
        doubtful=confidence < DOUBTFUL,
        changed=changed,
        former=old.get(field["name"]) if old is not None and changed else None,
    )


def _box(line: Line, box: Sequence[float]) -> Box:
    left, top, right, bottom = (round(GRID * share) for share in box)
    return Box(line.number, line.label, left, top, right - left, bottom - top, line.doubtful, line.changed)


def _check(check: Mapping[str, Any], language: Language) -> Check:
    standing = {"pass": "passed", "fail": "failed"}.get(check["outcome"], "unsure")
    return Check(standing, str(check["en" if language == "en" else "zh"]))
