"""Pictures of papers for the screen: a page of a PDF or a photo, redrawn here, so that no visitor's browser opens the
merchant's file itself."""

from __future__ import annotations

import asyncio
from io import BytesIO

import pypdfium2
from PIL import Image, ImageOps

from desk.papers import one_at_a_time

WIDEST = 1400
"""Pixels across and down at most."""


class NoSuchPageError(LookupError):
    """The paper has no such page, or cannot be drawn."""


async def page_count(content: bytes, media_type: str) -> int:
    """How many pages a paper has; 1 for a photo."""
    if media_type != "application/pdf":
        return 1
    async with one_at_a_time:
        return await asyncio.to_thread(_count, content)


async def picture(content: bytes, media_type: str, number: int) -> bytes:
    """Page `number` (from 1) as a JPEG. Raises NoSuchPageError."""
    async with one_at_a_time:
        return await asyncio.to_thread(_draw, content, media_type, number)


def _count(content: bytes) -> int:
    document = pypdfium2.PdfDocument(content)
    try:
        return len(document)
    finally:
        document.close()


def _draw(content: bytes, media_type: str, number: int) -> bytes:
    try:
        drawn = _pdf_page(content, number) if media_type == "application/pdf" else _photo(content, number)
    except (pypdfium2.PdfiumError, OSError, SyntaxError, ValueError) as error:
        raise NoSuchPageError(f"page {number}") from error
    out = BytesIO()
    drawn.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def _pdf_page(content: bytes, number: int) -> Image.Image:
    document = pypdfium2.PdfDocument(content)
    try:
        if not 1 <= number <= len(document):
            raise NoSuchPageError(f"page {number} of {len(document)}")
        page = document[number - 1]
        try:
            scale = min(4.0, WIDEST / max(page.get_width(), page.get_height(), 1.0))
            picture_: Image.Image = page.render(scale=scale).to_pil()
            return picture_
        finally:
            page.close()
    finally:
        document.close()


def _photo(content: bytes, number: int) -> Image.Image:
    if number != 1:
        raise NoSuchPageError(f"page {number} of a photo")
    with Image.open(BytesIO(content), formats=["PNG", "JPEG", "WEBP"]) as opened:
        opened.draft("RGB", (WIDEST, WIDEST))
        upright = ImageOps.exif_transpose(opened)
        if upright.mode in {"RGBA", "LA", "P"}:
            upright = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
        upright.thumbnail((WIDEST, WIDEST))
        return upright
