"""A sheet to draw on: text, fields, tables, a seal, the specimen mark, and its bytes as PNG, JPEG or PDF.

Lengths are pixels; a sheet of A4 is 1240 x 1754 (150 dpi). The font is Noto Sans CJK (simplified Chinese).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Literal

import numpy as np
import zxingcpp
from noto_cjk_sans_otc import FONT_PATH
from PIL import Image, ImageDraw, ImageFont

from samples.camera import as_taken, photographed

Form = Literal["png", "pdf", "jpeg"]

INK = (28, 28, 32)
FAINT = (150, 150, 155)
SEAL_RED = (190, 40, 40)
SPECIMEN = "样本 SPECIMEN"
PRINTS = "prints"
Print = tuple[str, tuple[int, int, int, int]]
"""A line of text with the box (left, top, right, bottom) that its ink takes."""


FACES = {"plain": 2, "japanese": 0, "monospaced": 7}
"""Faces of the collection by what is different about them; all of them hold the signs that papers print."""


@dataclass(slots=True)
class Style:
    """What a printer chooses: the face, how much larger the print is, and the air between lines and in cells."""

    face: str = "plain"
    size: float = 1.0
    air: float = 1.0


_STYLE = Style()


@contextmanager
def printed_as(style: Style) -> Iterator[None]:
    """Sheets drawn meanwhile are printed in this style."""
    global _STYLE  # noqa: PLW0603 - a setting of the printer, not of each call
    before, _STYLE = _STYLE, style
    try:
        yield
    finally:
        _STYLE = before


def font(size: int) -> ImageFont.FreeTypeFont:
    """The font of the style in a size in pixels."""
    return _font(_STYLE.face, round(size * _STYLE.size))


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_PATH), size, index=FACES[face])


class Sheet:
    """A white page with a cursor (`y`) that text and tables push down."""

    def __init__(self, width: int = 1240, height: int = 1754, *, paper: tuple[int, int, int] = (255, 255, 255)) -> None:
        self.image = Image.new("RGB", (width, height), paper)
        self.draw = ImageDraw.Draw(self.image)
        self.width, self.height = width, height
        self.margin = width // 11
        self.y = self.margin
        self.prints: list[Print] = []
        self.image.info[PRINTS] = self.prints

    def put(self, xy: tuple[int, int], text: str, size: int = 28, colour: tuple[int, int, int] = INK) -> None:
        """One line of text with its left upper corner at `xy`; the cursor stays."""
        self.draw.text(xy, text, font=font(size), fill=colour)
        left, top, right, bottom = self.draw.textbbox(xy, text, font=font(size))
        self.prints.append((text, (int(left), int(top), int(right), int(bottom))))

    def centred(self, text: str, size: int, colour: tuple[int, int, int] = INK, *, gap: float = 1.6) -> None:
        """One line in the middle of the page, and the cursor below it."""
        self.put((int(self.width - font(size).getlength(text)) // 2, self.y), text, size, colour)
        self.y += int(size * gap)

    def wrapped(self, xy: tuple[int, int], text: str, width: int, size: int = 28, *, gap: float = 1.5) -> int:
        """Text broken into lines of at most `width`; gives the y below the last line."""
        x, y = xy
        for line in broken(text, width, size):
            self.put((x, y), line, size)
            y += int(size * gap * _STYLE.size)
        return y

    def paragraph(self, text: str, size: int = 28, *, indent: bool = True) -> None:
        """A paragraph from margin to margin at the cursor."""
        full = self.width - 2 * self.margin
        self.y = self.wrapped((self.margin, self.y), ("　　" if indent else "") + text, full, size) + size // 2

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[float], *, size: int = 24) -> None:
        """A ruled table from margin to margin; `widths` are shares of the page, cells wrap."""
        full = self.width - 2 * self.margin
        columns = [int(full * share / sum(widths)) for share in widths]
        for row in rows:
            cells = [broken(cell, width - size, size) for cell, width in zip(row, columns, strict=True)]
            height = max(len(lines) for lines in cells) * int(size * 1.4 * _STYLE.size) + int(size * _STYLE.air)
            x = self.margin
            for lines, width in zip(cells, columns, strict=True):
                self.draw.rectangle((x, self.y, x + width, self.y + height), outline=FAINT, width=2)
                for at, line in enumerate(lines):
                    self.put(
                        (x + size // 2, self.y + int(size * _STYLE.air) // 2 + at * int(size * 1.4 * _STYLE.size)),
                        line,
                        size,
                    )
                x += width
            self.y += height
        self.y += size

    def seal(self, centre: tuple[int, int], radius: int = 95) -> None:
        """A round red seal with a star; the name of its owner stands beside it, where it can be read."""
        x, y = centre
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=SEAL_RED, width=5)
        self.draw.regular_polygon((x, y, radius // 3), 3, fill=SEAL_RED)
        self.draw.regular_polygon((x, y, radius // 3), 3, rotation=180, fill=SEAL_RED)

    def qr_code(self, xy: tuple[int, int], text: str, side: int) -> None:
        """A QR code with its left upper corner at `xy`."""
        self._code(xy, zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode), (side, side))

    def bar_code(self, xy: tuple[int, int], text: str, size: tuple[int, int]) -> None:
        """A bar code (Code 128) with its left upper corner at `xy`."""
        self._code(xy, zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128), size)

    def _code(self, xy: tuple[int, int], code: zxingcpp.Barcode, size: tuple[int, int]) -> None:
        drawn = Image.fromarray(np.asarray(zxingcpp.write_barcode_to_image(code, scale=4))).convert("RGB")
        self.image.paste(drawn.resize(size, Image.Resampling.NEAREST), xy)

    def specimen(self) -> None:
        """Says in small grey print at the lower edge that this is a sample."""
        size = max(14, self.height // 70)
        self.put((self.margin, self.height - size * 2), SPECIMEN, size, FAINT)


def prints_of(image: Image.Image) -> list[Print]:
    """The lines of text that were put on a sheet's picture."""
    found: list[Print] = image.info[PRINTS]
    return found


def broken(text: str, width: int, size: int) -> list[str]:
    """`text` in lines of at most `width` pixels, cut between any two characters as Chinese text is."""
    lines = [""]
    for char in text:
        if char == "\n" or (lines[-1] and font(size).getlength(lines[-1] + char) > width):
            lines.append("")
        if char != "\n":
            lines[-1] += char
    return lines


def file_of(pages: Sequence[Image.Image], form: Form, *, seed: str, dpi: int = 150) -> bytes:
    """The pages as photographed, in one file; a picture (PNG, JPEG) holds them one above the other.

    The same `seed` gives the same grain.
    """
    out = BytesIO()
    if form == "pdf":
        first, *others = (photographed(page, f"{seed}:{number}") for number, page in enumerate(pages))
        first.save(out, "PDF", save_all=True, append_images=others, resolution=dpi, quality=92)
        return out.getvalue()
    picture = photographed(pages[0] if len(pages) == 1 else _stacked(pages), seed)
    if form == "jpeg":
        return as_taken(picture, 92, dpi=dpi)
    picture.save(out, "PNG", dpi=(dpi, dpi), compress_level=1)
    return out.getvalue()


def _stacked(pages: Sequence[Image.Image], gap: int = 60) -> Image.Image:
    width = max(page.width for page in pages) + 2 * gap
    height = sum(page.height for page in pages) + gap * (len(pages) + 1)
    table = Image.new("RGB", (width, height), (236, 236, 232))
    y = gap
    for page in pages:
        table.paste(page, ((width - page.width) // 2, y))
        y += page.height + gap
    return table
