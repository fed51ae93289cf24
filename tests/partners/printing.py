"""Papers as lines of print, as the OCR engine would give them: no picture is drawn or read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from partners.documents import readers
from partners.documents.checks import Account, OnFile, Reading, Registered, Terminal, Transaction
from partners.documents.ocr import Line, Page
from samples.facts import PaperFacts

FACTS = PaperFacts()
TODAY = date(2026, 11, 20)
SALE = Transaction("T1", 8_642_000, FACTS.paid_at, FACTS.card_last4, FACTS.terminal_id)
ON_FILE = OnFile(
    merchant_no=FACTS.merchant_no,
    merchant_type="company",
    today=TODAY,
    name=FACTS.merchant_name,
    uscc=FACTS.uscc,
    representative=FACTS.legal_representative,
    resident_id=FACTS.resident_id,
    case_id="FA-20261109-AAAAAAAA",
    account=Account(FACTS.merchant_name, "6222024317884456934", FACTS.bank),
    terminal=Terminal(FACTS.terminal_sn, FACTS.tusn, FACTS.terminal_id),
    transactions=(SALE,),
    registered=Registered(FACTS.merchant_name, FACTS.new_representative, "存续"),
)
"""What is on file about the merchant of the papers below; its name at the registry is the new representative's."""


def line(text: str, row: float, column: float = 0, *, confidence: float = 0.99) -> Line:
    """A line of print 30 pixels high at a row and column of a coarse grid."""
    x, y = 100 + 200 * column, 100 + 60 * row
    spaces = [at for at, char in enumerate(text) if char == " "]
    gaps = frozenset(at - count for count, at in enumerate(spaces))
    bare = text.replace(" ", "")
    return Line(bare, (confidence,) * len(bare), (x, y, x + 30 * len(text), y + 30), gaps)


@dataclass(frozen=True)
class Print:
    """A paper: its title, what stands beside each label, further lines, and whether a seal stands at its foot."""

    doc_type: str
    title: str
    rows: dict[str, str]
    more: tuple[Line, ...] = ()
    sealed: bool = True
    confidence: dict[str, float] = field(default_factory=dict)

    def saying(self, **changed: str | None) -> Print:
        """The same paper with other values beside its labels; None leaves the row out."""
        rows = {label: value for label, value in (self.rows | changed).items() if value is not None}
        return replace(self, rows=rows)

    def faint(self, *labels: str) -> Print:
        """The same paper with these values hard to read."""
        return replace(self, confidence=dict.fromkeys(labels, 0.7))

    def page(self) -> Page:
        lines = [line(self.title, 0)]
        for row, (label, value) in enumerate(self.rows.items(), start=1):
            lines += [line(label, row), line(value, row, 2, confidence=self.confidence.get(label, 0.99))]
        foot = 100.0 + 60 * len(self.rows)
        seals = ((500.0, foot - 20, 660.0, foot + 140),) if self.sealed else ()
        return Page(1, 2000, 2600, lines=(*lines, *self.more), seals=seals)

    def read(self, on_file: OnFile = ON_FILE) -> Reading:
        return readers.read(self.doc_type, [self.page()], on_file)

    def outcomes(self, on_file: OnFile = ON_FILE) -> dict[str, str]:
        return {check.code: check.outcome for check in self.read(on_file).checks}


def doubts(reading: Reading) -> set[str]:
    """The codes of the checks that did not pass."""
    return {check.code for check in reading.checks if check.outcome != "pass"}
