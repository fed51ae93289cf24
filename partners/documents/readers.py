"""Which papers are read by machine, and by what: one entry per document code. All others go to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from partners.documents import (
    account_proof,
    authorization,
    bank_statement,
    guardian,
    invoice,
    legibility,
    licence,
    new_representative,
    release_form,
    resident_id,
    sales_slip,
    tax_certificate,
)
from partners.documents.checks import OnFile, Reading
from partners.documents.ocr import Page

Reader = Callable[[Sequence[Page], OnFile], Reading]

READERS: Mapping[str, Reader] = {
    "D01": licence.read,
    "D02": tax_certificate.read,
    "D03": resident_id.read,
    "D04": account_proof.read,
    "D05": bank_statement.read,
    "D06": sales_slip.read,
    "D07": invoice.read,
    "D09": release_form.read,
    "D10": authorization.read,
    "D17": guardian.read,
    "D18": new_representative.read,
}


def read(doc_type: str, pages: Sequence[Page], on_file: OnFile) -> Reading:
    """The paper's fields and checks, the first of which says whether it can be read at all. KeyError without reader."""
    reading = READERS[doc_type](pages, on_file)
    return replace(reading, checks=(legibility.judge(pages), *reading.checks))
