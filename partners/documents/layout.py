"""Pairs printed labels (名称, 营业期限, 姓名 …) with their values by where the boxes stand, not by reading order.

A value stands in the label's own line of text, to its right in the same row, or below it; it may go on in lines below.
Every piece of text belongs to at most one label.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from partners.documents.ocr import Line, Page

ROW_OVERLAP = 0.5
"""Share of the lower of two boxes' heights that makes them one row."""
NEXT_IN_ROW = 2.2
"""Most line heights between pieces of one value in a row."""
FIRST_IN_ROW = 14.0
"""Most line heights between a label and its value in the same row."""
LINE_BELOW = 1.1
"""Most line heights between lines of one value, and from a label to a value below it."""
COLONS = ":："
_TRIM = " :：;；,，.。·|丨-—_"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one line with its own box: a label, or a part of a value."""

    text: str
    confidences: tuple[float, ...]
    box: tuple[float, float, float, float]
    label: str | None = None

    @property
    def height(self) -> float:
        """Height of the box in pixels."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True, slots=True)
class Value:
    """What stands beside a label: its text, the confidence of each character, its box and page."""

    text: str
    confidences: tuple[float, ...]
    box: tuple[float, float, float, float]
    page: int
    parts: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """The mean over the characters, 0 to 1."""
        return fmean(self.confidences) if self.confidences else 0.0

    @property
    def weakest(self) -> float:
        """The confidence of the character read worst."""
        return min(self.confidences, default=0.0)

    def cut(self, start: int, end: int) -> Value:
        """The characters from `start` up to `end`, with the box of the whole."""
        return replace(self, text=self.text[start:end], confidences=self.confidences[start:end])


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a kind of paper: spelling → field. `inside` are also looked for in the middle of a line."""

    spellings: Mapping[str, str]
    inside: frozenset[str] = frozenset()
    never_values: frozenset[str] = frozenset()
    """Titles and other print that belongs to no label."""
    several_lines: frozenset[str] = frozenset()
    """Fields whose value may go on in further lines."""


def labels(
    spellings: Mapping[str, str], *, inside: Iterable[str] = (), titles: Iterable[str] = (), several: Iterable[str] = ()
) -> Labels:
    """Labels from spelling → field, longer spellings looked for first; `titles` belong to no label."""
    longest_first = dict(sorted(spellings.items(), key=lambda item: -len(item[0])))
    return Labels(longest_first, frozenset(inside), frozenset({"样本SPECIMEN", *titles}), frozenset(several))


@dataclass(slots=True)
class _Block:
    label: Piece
    pieces: list[Piece] = field(default_factory=list)


def plain(text: str) -> str:
    """Full-width letters, digits and signs as half-width ones, of the same length."""
    folded = (unicodedata.normalize("NFKC", char) for char in text)
    return "".join(new if len(new) == 1 else old for old, new in zip(text, folded, strict=True))


def values(page: Page, labels: Labels) -> dict[str, list[Value]]:
    """Every value found on the page, by field; best placed first."""
    pieces = _joined_labels([piece for line in page.lines for piece in _split(line, labels)], labels)
    blocks = [_Block(piece) for piece in pieces if piece.label]
    loose = [piece for piece in pieces if not piece.label and piece.text.strip(_TRIM)]
    loose = [piece for piece in loose if piece.text not in labels.never_values]
    loose = _take_rows(blocks, loose)
    _take_lines_beside(blocks, loose, labels)
    found: dict[str, list[Value]] = {}
    for block in blocks:
        if block.pieces and block.label.label:
            found.setdefault(block.label.label, []).append(_value(block, page.number))
    return found


def whole(line: Line, page: int) -> Value:
    """A whole line as a value, for what is found by its form and not by a label."""
    return Value(plain(line.text), line.confidences, line.box, page, (line.text,))


def _split(line: Line, labels: Labels) -> list[Piece]:
    """The line cut at the labels in it; what follows a label in the same line is its own piece."""
    text = plain(line.text)
    marks = _marks(text, line.gaps, labels)
    if not marks:
        return [Piece(text, line.confidences, line.box)]
    pieces = []
    if marks[0][0]:
        pieces.append(_piece(line, text, 0, marks[0][0]))
    for (start, end, name), following in zip(marks, [*marks[1:], (len(text), 0, "")], strict=True):
        pieces.append(replace(_piece(line, text, start, end), label=name))
        value_start = end
        while value_start < following[0] and text[value_start] in COLONS:
            value_start += 1
        if value_start < following[0]:
            pieces.append(_piece(line, text, value_start, following[0]))
    return pieces


def _marks(text: str, gaps: Iterable[int], labels: Labels) -> list[tuple[int, int, str]]:
    """(start, end, field) of each label in the text, in order; in mid-line it needs a colon or a space before it."""
    breaks = set(gaps)
    marks: list[tuple[int, int, str]] = []
    position = 0
    while position < len(text):
        spelling = _label_at(text, position, breaks, labels)
        if spelling is not None:
            end = position + len(spelling)
            closed = text[end : end + 1] in COLONS and end < len(text)
            named = len(spelling) >= 3 or closed or spelling in labels.inside
            if position == 0 or spelling in labels.inside or (named and (closed or position in breaks)):
                marks.append((position, end, labels.spellings[spelling]))
                position = end
                continue
        position += 1
    return marks


def _label_at(text: str, position: int, breaks: set[int], labels: Labels) -> str | None:
    """The longest label there; in mid-line a space inside it means that two things only happen to stand together."""
    for spelling in labels.spellings:
        if text.startswith(spelling, position):
            inside = range(position + 1, position + len(spelling))
            if position == 0 or position in breaks or breaks.isdisjoint(inside):
                return spelling
    return None


def _piece(line: Line, text: str, start: int, end: int) -> Piece:
    left, top, right, bottom = line.box
    widths = [1.0 if ord(char) > 0x2E7F else 0.55 for char in text]
    total = sum(widths) + len(line.gaps) * 0.5 or 1.0
    before = sum(widths[:start]) + sum(0.5 for gap in line.gaps if gap <= start)
    inside = sum(widths[start:end]) + sum(0.5 for gap in line.gaps if start < gap < end)
    box = (
        left + (right - left) * before / total,
        top,
        left + (right - left) * min(1.0, (before + inside) / total),
        bottom,
    )
    return Piece(text[start:end], line.confidences[start:end], box)


def _joined_labels(pieces: Sequence[Piece], labels: Labels) -> list[Piece]:
    """Labels printed with wide spaces come as several boxes (名　称): put them together again."""
    rest = sorted(pieces, key=lambda piece: piece.box[0])
    result: list[Piece] = []
    while rest:
        first = rest.pop(0)
        result.append(first)
        if first.label or len(first.text) > 4:
            continue
        chain = [first]
        while (following := _follower(chain, rest, labels)) is not None:
            chain.append(following)
            text = "".join(piece.text for piece in chain)
            if spelling := next((word for word in labels.spellings if text.startswith(word)), None):
                for piece in chain[1:]:
                    rest.remove(piece)
                result[-1] = replace(_union(chain), text=spelling, label=labels.spellings[spelling])
                if tail := text[len(spelling) :].lstrip(COLONS):
                    last = chain[-1]
                    share = len(tail) / max(1, len(last.text))
                    box = (last.box[2] - (last.box[2] - last.box[0]) * share, *last.box[1:])
                    result.append(Piece(tail, last.confidences[-len(tail) :], box))
                break
    return result


def _follower(chain: Sequence[Piece], rest: Sequence[Piece], labels: Labels) -> Piece | None:
    """The next piece to the right in the chain's row, if with it the chain begins a label."""
    last = chain[-1]
    text = "".join(piece.text for piece in chain)
    for piece in rest:
        gap = piece.box[0] - last.box[2]
        if piece.label or not _same_row(last, piece) or gap < -last.height / 2:
            continue
        if gap > 4 * last.height:
            return None
        joined = text + piece.text
        fits = any(word.startswith(joined) or joined.startswith(word) for word in labels.spellings)
        return piece if fits else None
    return None


def _take_rows(blocks: Sequence[_Block], loose: list[Piece]) -> list[Piece]:
    """Give each label what stands to its right in its row; answers what is left over."""
    left_over: list[Piece] = []
    for piece in sorted(loose, key=lambda piece: piece.box[0]):
        best: tuple[float, _Block] | None = None
        for block in blocks:
            end = block.pieces[-1] if block.pieces else block.label
            gap = piece.box[0] - end.box[2]
            reach = (NEXT_IN_ROW if block.pieces else FIRST_IN_ROW) * min(piece.height, end.height)
            if not _same_row(end, piece) or not -0.6 * piece.height <= gap <= reach:
                continue
            if not _label_between(blocks, end, piece) and (best is None or gap < best[0]):
                best = (gap, block)
        if best is None:
            left_over.append(piece)
        else:
            best[1].pieces.append(piece)
    return left_over


def _label_between(blocks: Sequence[_Block], end: Piece, piece: Piece) -> bool:
    return any(
        block.label is not end and _same_row(block.label, piece) and end.box[2] - 1 <= block.label.box[0] < piece.box[0]
        for block in blocks
    )


def _take_lines_beside(blocks: Sequence[_Block], loose: list[Piece], labels: Labels) -> None:
    """Give each value its further lines, and each label without a value what stands below it."""
    rest = sorted(loose, key=lambda piece: piece.box[1])
    took = True
    while took and rest:
        took = False
        for piece in rest:
            owner = _owner(piece, blocks, labels)
            if owner is not None:
                owner.pieces.append(piece)
                rest.remove(piece)
                took = True
                break


def _owner(piece: Piece, blocks: Sequence[_Block], labels: Labels) -> _Block | None:
    best: tuple[float, _Block] | None = None
    for block in blocks:
        distance = _distance_to_value(piece, block) if block.pieces else _distance_below_label(piece, block.label)
        if block.pieces and block.label.label not in labels.several_lines:
            continue
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, block)
    return best[1] if best else None


def _distance_to_value(piece: Piece, block: _Block) -> float | None:
    distances = []
    for taken in block.pieces:
        height = min(piece.height, taken.height)
        gap = piece.box[1] - taken.box[3]
        if abs(piece.box[0] - taken.box[0]) <= 1.6 * height and -0.5 * height <= gap <= LINE_BELOW * height:
            distances.append(max(0.0, gap))
    return min(distances, default=None)


def _distance_below_label(piece: Piece, label: Piece) -> float | None:
    height = min(piece.height, label.height)
    gap = piece.box[1] - label.box[3]
    overlaps = min(piece.box[2], label.box[2]) - max(piece.box[0], label.box[0])
    if overlaps > 0.5 * height and -0.4 * height <= gap <= LINE_BELOW * 1.5 * height:
        return max(0.0, gap)
    return None


def _same_row(one: Piece, other: Piece) -> bool:
    overlap = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return overlap >= ROW_OVERLAP * min(one.height, other.height)


def _union(pieces: Sequence[Piece]) -> Piece:
    lefts, tops, rights, bottoms = zip(*(piece.box for piece in pieces), strict=True)
    return Piece(
        "".join(piece.text for piece in pieces),
        tuple(score for piece in pieces for score in piece.confidences),
        (min(lefts), min(tops), max(rights), max(bottoms)),
    )


def _value(block: _Block, page: int) -> Value:
    ordered: list[Piece] = []
    rest = sorted(block.pieces, key=lambda piece: piece.box[1])
    while rest:
        row = [piece for piece in rest if _same_row(rest[0], piece)]
        ordered += sorted(row, key=lambda piece: piece.box[0])
        rest = [piece for piece in rest if piece not in row]
    union = _union(ordered)
    return Value(union.text, union.confidences, union.box, page, tuple(piece.text for piece in ordered))
