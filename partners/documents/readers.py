"""Which papers are read by machine, and by what: one entry per document code. All others go to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from partners.documents import (
    account_proof,
    authorization,
    bank_statement,
    edits,
    for_people,
    guardian,
    invoice,
    legibility,
    licence,
    new_representative,
    photos,
    plans,
    premises,
    release_form,
    resident_id,
    sales_slip,
    signed_letters,
    tax_certificate,
    terminal_proof,
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
    "D08": signed_letters.read_explanation,
    "D09": release_form.read,
    "D10": authorization.read,
    "D11": terminal_proof.read,
    "D12": photos.read,
    "D13": premises.read_lease,
    "D14": plans.read_plan,
    "D15": plans.read_evidence,
    "D17": guardian.read,
    "D18": new_representative.read,
    "D19": signed_letters.read_work_proof,
    "D20": premises.read_permit,
    "D21": signed_letters.read_confirmation,
    "D23": signed_letters.read_repair_report,
    **{doc_type: partial(for_people.read, doc_type) for doc_type in for_people.FORMS},
}

NOT_PRINTED = frozenset({"D12"})
"""Types that need not have print on them."""


def read(doc_type: str, pages: Sequence[Page], on_file: OnFile) -> Reading:
    """The paper's fields and checks; the first say whether it can be read at all and looks as it was taken.

    KeyError for a type without reader.
    """
    reading = READERS[doc_type](pages, on_file)
    legible = () if doc_type in NOT_PRINTED else (legibility.judge(pages),)
    return replace(reading, checks=(*legible, edits.judge(pages, doc_type), *reading.checks))
