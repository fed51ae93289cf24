"""Reading the bank's statement file, line by line; a line that cannot be read is told, and hides no other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from domain.reconciliation import BankLine, Difference

NEEDED = ("kind", "side", "amount_fen", "amount_yuan", "currency", "ref", "key", "case_id")


def read(text: str, day: str) -> tuple[tuple[BankLine, ...], tuple[Difference, ...]]:
    """The lines of the statement of `day`, and one difference for each that cannot be read.

    A file without the columns we need is one difference.
    """
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        return (), (_unreadable(day, 1, f"no column {', '.join(missing)}"),)
    lines, unread = [], []
    for number, row in enumerate(rows, start=2):
        why = "; ".join(_wrong(row))
        if why:
            unread.append(_unreadable(day, number, why))
        else:
            lines.append(_line(row, day, number))
    return tuple(lines), tuple(unread)


def _wrong(row: Mapping[str | None, str | None]) -> Iterator[str]:
    """What is wrong with a row, column by column."""
    if None in row or None in row.values():
        yield "not as many fields as columns"
        return
    if row["currency"] != "CNY":
        yield "currency is not CNY"
    if row["side"] not in {"debit", "credit"}:
        yield "side is neither debit nor credit"
    if not row["ref"]:
        yield "no ref"
    fen = str(row["amount_fen"])
    if not (fen.isascii() and fen.isdigit() and int(fen)):
        yield "amount_fen is no whole number above 0"
    elif row["amount_yuan"] != f"{int(fen) // 100}.{int(fen) % 100:02d}":
        yield "amount_yuan and amount_fen differ"


def _line(row: Mapping[str, str], day: str, number: int) -> BankLine:
    return BankLine(
        day=day,
        number=number,
        kind=row["kind"],
        side=row["side"],
        amount_fen=int(row["amount_fen"]),
        ref=row["ref"],
        key=row["key"],
        case_id=row["case_id"],
    )


def _unreadable(day: str, number: int, why: str) -> Difference:
    return Difference("unreadable-line", f"{day}:{number}", f"line {number} of the statement of {day}", why)
