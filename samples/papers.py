"""Sample papers as files: `render("D01", facts, form="png")`. All on them is invented; each says 样本 SPECIMEN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PIL import Image

from samples import certificates, letters, receipts
from samples.facts import PaperFacts
from samples.sheet import Form, file_of

Side = Literal["front", "back"]

_SINGLE: dict[str, Callable[[PaperFacts], Image.Image]] = {
    "D01": certificates.licence,
    "D04": receipts.account_proof,
    "D05": receipts.bank_statement,
    "D06": receipts.sales_slip,
    "D07": receipts.proof_of_sale,
}
_SIDES: dict[Side, Callable[[PaperFacts], Image.Image]] = {
    "front": certificates.resident_id_front,
    "back": certificates.resident_id_back,
}

DOC_TYPES = tuple(sorted((*_SINGLE, "D03", *letters.PAPERS)))
"""The document types there are samples of."""


def sheets(doc_type: str, facts: PaperFacts, *, sides: Sequence[Side] = ("front", "back")) -> list[Image.Image]:
    """The paper's pages as they are printed. KeyError for a type without sample.

    `sides` are those of the resident id (D03), a page each.
    """
    if doc_type == "D03":
        return [_SIDES[side](facts) for side in sides]
    if doc_type in _SINGLE:
        return [_SINGLE[doc_type](facts)]
    return [letters.letter(doc_type, facts)]


def render(doc_type: str, facts: PaperFacts, *, form: Form = "png", sides: Sequence[Side] = ("front", "back")) -> bytes:
    """A photographed paper as the bytes of a file; the same facts give the same picture. KeyError for a type without
    sample.

    `sides` are those of the resident id (D03): one above the other in a picture, a page each in a PDF.
    """
    dpi = 300 if doc_type == "D03" else 150
    return file_of(sheets(doc_type, facts, sides=sides), form, seed=f"{doc_type}:{facts}", dpi=dpi)
