"""Which papers are read by machine, and by what: one entry per document code. All others go to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from partners.documents import legibility, licence, resident_id
from partners.documents.checks import OnFile, Reading
from partners.documents.ocr import Page

Reader = Callable[[Sequence[Page], OnFile], Reading]

READERS: Mapping[str, Reader] = {
    "D01": licence.read,
    "D03": resident_id.read,
}


def read(doc_type: str, pages: Sequence[Page], on_file: OnFile) -> Reading:
    """The paper's fields and checks, the first of which says whether it can be read at all. KeyError without reader."""
    reading = READERS[doc_type](pages, on_file)
    return replace(reading, checks=(legibility.judge(pages), *reading.checks))
