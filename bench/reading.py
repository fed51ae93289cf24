"""Papers of the corpus read and judged by one warm process per core; what was made and read is kept on the way."""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

from bench import corpus
from bench.corpus import Paper
from bench.kept import kept
from partners.documents import camera_data, readers
from partners.documents.checks import Reading, verdict_of
from partners.documents.layout import plain
from partners.documents.ocr import Page, Reader, pictures
from partners.documents.traces import Traces

_SAMPLES = ["camera", "certificates", "edited", "facts", "letters", "numbers", "papers", "photos", "receipts", "sheet"]
MAKING = (*(f"samples/{name}.py" for name in _SAMPLES), "bench/corpus.py", "requirements/*.txt")
READING = (*MAKING, *(f"partners/documents/{name}.py" for name in ("ocr", "marks", "camera_data")))
TRACING = (*READING, *(f"partners/documents/{name}.py" for name in ("traces", "compression", "copies", "patches")))
"""Which files papers, what stands on them, and the traces of edits follow from."""

Ask = tuple[Literal["paper", "edit"], int, int]
"""What to read: a paper of the corpus or an edited picture, its number, and the seed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A paper of the corpus and what came of it."""

    paper: Paper
    verdict: str
    read: dict[str, str]
    doubts: tuple[str, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """The fields that were read otherwise than they are printed."""
        says = self.paper.says
        return tuple(name for name, value in self.read.items() if name in says and _bare(value) != _bare(says[name]))

    @property
    def falsely_passed(self) -> bool:
        """Whether it passed with a planted fault or with a field read wrong."""
        return self.verdict == "passed" and (self.paper.fault is not None or bool(self.wrong))


def outcomes(asked: Sequence[Ask]) -> Iterator[Outcome]:
    """What came of each, in order, by as many processes as there are cores."""
    with ProcessPoolExecutor(
        os.cpu_count(), mp_context=multiprocessing.get_context("spawn"), initializer=_warm
    ) as processes:
        for number, outcome in enumerate(processes.map(_asked, asked), start=1):
            if number % 26 == 0:
                print(f"documents: {number} of {len(asked)} papers", file=sys.stderr)
            yield replace(outcome, paper=replace(outcome.paper, data=b""))


def judged(reader: Reader, paper: Paper) -> Outcome:
    """Read and judge one paper as the document service does; what has no reader goes to a person."""
    if paper.doc_type not in readers.READERS:
        return Outcome(paper, "unsure", {}, ("needs_a_person",))
    return _judged(paper, reader.read(paper.data, _media_type(paper)))


_readers: list[Reader] = []


def _warm() -> None:
    _readers.append(Reader(threads=1))


def _asked(ask: Ask) -> Outcome:
    what, number, seed = ask
    name = f"{what}-{seed}-{number}"
    made = corpus.paper_at if what == "paper" else corpus.edit_at
    paper = made(number, seed, lambda make: kept(name, MAKING, make))
    if paper.doc_type not in readers.READERS:
        return Outcome(paper, "unsure", {}, ("needs_a_person",))
    read = kept(f"{name}-read", READING, lambda: _pages(paper))
    looks = kept(f"{name}-traces", TRACING, lambda: _traces(paper))
    return _judged(paper, [replace(page, traces=look) for page, look in zip(read, looks, strict=True)])


def _pages(paper: Paper) -> list[Page]:
    taken = camera_data.taken(paper.data)
    found = enumerate(pictures(paper.data, _media_type(paper)), start=1)
    return [replace(_readers[0].page(number, sent.working_size()), taken=taken) for number, sent in found]


def _traces(paper: Paper) -> list[Traces]:
    return [sent.traces() for sent in pictures(paper.data, _media_type(paper))]


def _judged(paper: Paper, pages: Sequence[Page]) -> Outcome:
    reading = readers.read(paper.doc_type, pages, paper.on_file)
    doubts = tuple(check.code for check in reading.checks if check.outcome != "pass")
    return Outcome(paper, verdict_of(reading.checks), _first_of_each(reading), doubts)


def _media_type(paper: Paper) -> str:
    return "image/png" if paper.data.startswith(b"\x89PNG") else "image/jpeg"


def _first_of_each(reading: Reading) -> dict[str, str]:
    read: dict[str, str] = {}
    for field in reading.fields:
        read.setdefault(field.name, field.value)
    return read


def _bare(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z\u4e00-\u9fff]", "", plain(text)).upper()
